/** The right side of the KV view: facts of the entry, its value in some format, or what its changes changed. Pure. */
import { framed, innerSize } from '../../components/frame.ts';
import { linkBadge, linkExplanation } from '../../components/link.ts';
import { bytes, count, timeOfDay } from '../../format.ts';
import type { Resource } from '../../models/resource.ts';
import type { KvEntry } from '../../source/queries.ts';
import { fitLine, type Line, pad, sanitize, span, truncateStart } from '../../text.ts';
import { signs } from '../../theme.ts';
import type { Size } from '../view.ts';
import type { DiffLine } from './diff.ts';
import { drawDiff } from './diff-lines.ts';
import type { ValueLines } from './value.ts';

/** Facts about the entry above its value, with a line between. */
export const headLines = 5;

export interface KeyChange {
  readonly atMs: number;
  readonly modifyIndex: number;
  readonly lines: readonly DiffLine[];
}

export interface ValuePane extends Size {
  readonly key: string;
  readonly entry: Resource<KvEntry | undefined>;
  readonly lines: (value: Uint8Array, width: number) => ValueLines;
  readonly focused: boolean;
  readonly scroll: number;
  /** Newest first; undefined while the key is not followed. */
  readonly changes: readonly KeyChange[] | undefined;
  readonly nowMs: number;
}

export function valuePane({ key, entry, lines, focused, scroll, changes, nowMs, width, height }: ValuePane): Line[] {
  const size = { width, height };
  const inner = innerSize(width, height);
  const title = [span(truncateStart(sanitize(key), Math.max(8, inner.width - 22)), 'plain', { bold: true })];
  if (entry.value === undefined) {
    const gone = entry.link.kind === 'live' ? [span(`${signs.off} this key is gone`, 'warn')] : undefined;
    const body = gone ?? linkExplanation(entry, nowMs) ?? [span(`${signs.busy} reading …`, 'muted')];
    return framed([body, [], ...(changes === undefined ? [] : changeLines(changes, inner.width))], {
      title,
      ...size,
      focused,
    });
  }
  const value = lines(entry.value.value, inner.width);
  const head = [...entryFacts(entry.value, value, inner.width), [span('─'.repeat(inner.width), 'border')]];
  const following = changes === undefined ? [] : [span(`${signs.pin} following  `, 'accent')];
  const note = [...following, linkBadge(entry.link, nowMs)];
  if (changes !== undefined) {
    return framed([...head, ...changeLines(changes, inner.width)], { title, note, ...size, focused });
  }
  const room = Math.max(0, inner.height - headLines);
  const start = Math.max(0, Math.min(scroll, value.count - room));
  const body = Array.from({ length: Math.min(room, value.count - start) }, (_, row) => value.line(start + row));
  const hidden = value.count - start - room;
  return framed([...head, ...body], {
    title,
    note,
    footnote: hidden > 0 ? [span(`↓ ${count(hidden)} more`, 'muted')] : [],
    ...size,
    focused,
  });
}

function changeLines(changes: readonly KeyChange[], width: number): Line[] {
  if (changes.length === 0) return [[span(`${signs.busy} waiting for the next change …`, 'muted')]];
  return changes.flatMap(({ atMs, modifyIndex, lines }) => [
    [span(timeOfDay(atMs), 'accent', { bold: true }), span(`  index ${count(modifyIndex)}`, 'muted')],
    ...drawDiff(lines, width),
    [],
  ]);
}

function entryFacts(entry: KvEntry, { format }: ValueLines, width: number): Line[] {
  const half = Math.min(26, Math.floor(width / 2));
  const fact = (label: string, text: string): Line => fitLine([span(`${pad(label, 8)} `, 'muted'), span(text)], half);
  const lock =
    entry.session === ''
      ? span(`${signs.off} free`, 'muted')
      : span(`${signs.good} ${sanitize(entry.session)}`, 'good');
  return [
    [...fact('Modified', count(entry.modifyIndex)), ...fact('Size', bytes(entry.value.length))],
    [...fact('Created', count(entry.createIndex)), ...fact('Flags', entry.flags)],
    [...fact('Locked', `${count(entry.lockIndex)} ×`), ...fact('Shown as', format)],
    [span('Held by  ', 'muted'), lock],
  ];
}
