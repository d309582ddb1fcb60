/** View 3: the KV tree at the left, the value under the cursor at the right. Enter goes into the value, esc back. */
import { framed, innerSize } from '../../components/frame.ts';
import { linkBadge, linkExplanation } from '../../components/link.ts';
import { positionNote } from '../../components/scroll-note.ts';
import { selected } from '../../components/table.ts';
import { parseFilter } from '../../filter.ts';
import { bytes, count } from '../../format.ts';
import type { Command } from '../../keys.ts';
import { createList, visibleRows } from '../../list.ts';
import type { KvModel, KvRow, KvSnapshot } from '../../models/kv.ts';
import type { KvEntry } from '../../models/source.ts';
import { createStore } from '../../models/store.ts';
import { kvRow } from '../../rows/kv-row.ts';
import { fitLine, type Line, pad, sanitize, span, truncateStart } from '../../text.ts';
import { signs } from '../../theme.ts';
import { beside, type Drawing, type Size, subscribeAll, type View } from '../view.ts';
import { type ValueFormat, type ValueLines, valueFormats, valueLines } from './value.ts';

/** Facts about the entry above its value, with a line between. */
const headLines = 5;

export function kvView(kv: KvModel): View {
  const filter = createStore('');
  const list = createList<KvRow>({ keyOf: ({ key }) => key });
  /** The value has the keys, and its first line shown is `scroll`. */
  const reading = createStore({ focused: false, scroll: 0 });
  const format = createStore<ValueFormat>('auto');
  let shown: { rows: readonly KvRow[]; filter: string } | undefined;
  let rendered: { value: Uint8Array; format: ValueFormat; width: number; lines: ValueLines } | undefined;

  function refresh(): void {
    const { rows } = kv.get();
    const text = filter.get();
    if (shown?.rows === rows && shown?.filter === text) return;
    shown = { rows, filter: text };
    list.setRows(filterRows(rows, text));
    select();
  }

  function select(): void {
    const row = list.current();
    kv.select(row?.kind === 'key' ? row.key : undefined);
  }

  function lines(value: Uint8Array, width: number): ValueLines {
    const wanted = format.get();
    const same = rendered?.value === value && rendered.format === wanted && rendered.width === width;
    if (!same || rendered === undefined) {
      rendered = { value, format: wanted, width, lines: valueLines(value, wanted, width) };
    }
    return rendered.lines;
  }

  function toggle(row: KvRow): void {
    if (row.kind === 'folder') {
      if (kv.isOpen(row.key)) kv.close(row.key);
      else kv.open(row.key);
    } else if (row.kind === 'key') {
      reading.set({ focused: true, scroll: 0 });
    }
  }

  /** Closes the folder under the cursor, or goes to the one that holds it. */
  function collapse(row: KvRow): void {
    if (row.kind === 'folder' && kv.isOpen(row.key)) {
      kv.close(row.key);
      return;
    }
    const parent = parentOf(row);
    const index = list.get().rows.findIndex(({ key }) => key === parent);
    if (index !== -1) list.moveTo(index);
  }

  function handleReading(command: Command, size: Size): boolean {
    const { scroll } = reading.get();
    const inner = innerSize(paneWidths(size.width).value, size.height);
    const room = Math.max(1, inner.height - headLines);
    const entry = kv.get().entry.value;
    const limit = Math.max(0, (entry === undefined ? 0 : lines(entry.value, inner.width).count) - room);
    const scrollTo = (to: number) => reading.set({ focused: true, scroll: Math.max(0, Math.min(to, limit)) });
    switch (command) {
      case 'back':
      case 'collapse':
        reading.set({ focused: false, scroll: 0 });
        return true;
      case 'up':
        scrollTo(scroll - 1);
        return true;
      case 'down':
        scrollTo(scroll + 1);
        return true;
      case 'page-up':
        scrollTo(scroll - room);
        return true;
      case 'page-down':
        scrollTo(scroll + room);
        return true;
      case 'first':
        scrollTo(0);
        return true;
      case 'last':
        scrollTo(limit);
        return true;
      default:
        return command === 'enter' || command === 'expand';
    }
  }

  kv.subscribe(refresh);
  filter.subscribe(refresh);
  refresh();

  return {
    id: 'kv',
    title: 'KV',
    scopes: ['kv', 'open', 'list'],
    filter,
    subscribe: subscribeAll([kv, list, reading, format, filter]),
    run: kv.run,
    handle(command, size) {
      if (command === 'value-format') {
        format.update((was) => valueFormats[(valueFormats.indexOf(was) + 1) % valueFormats.length]!);
        reading.update((state) => ({ ...state, scroll: 0 }));
        return true;
      }
      if (reading.get().focused) return handleReading(command, size);
      const row = list.current();
      if (command === 'enter' || command === 'expand') {
        if (row !== undefined && (command === 'enter' || row.kind !== 'folder' || !row.open)) toggle(row);
        return true;
      }
      if (command === 'collapse') {
        if (row !== undefined) collapse(row);
        select();
        return true;
      }
      if (!list.handle(command, size.height - 2)) return false;
      select();
      return true;
    },
    draw(drawing) {
      const { width, height } = drawing;
      const widths = paneWidths(width);
      return beside(
        treePane({ width: widths.tree, height }),
        valuePane({ width: widths.value, height, nowMs: drawing.nowMs }),
      );
    },
  };

  function treePane(size: Size): Line[] {
    const { counts } = kv.get();
    const inner = innerSize(size.width, size.height);
    const state = list.get();
    const { offset, rows } = visibleRows(state, inner.height);
    const focused = !reading.get().focused;
    const drawn = rows.map((row, position) => {
      const line = fitLine(kvRow(row, counts.get(row.key)), inner.width);
      return offset + position !== state.index ? line : focused ? selected(line) : bold(line);
    });
    if (drawn.length === 0) drawn.push([span('no key passes the filter', 'muted')]);
    return framed(drawn, {
      title: [span('Keys', 'plain', { bold: true })],
      note: positionNote(state),
      ...size,
      focused,
    });
  }

  function valuePane({ width, height, nowMs }: Drawing): Line[] {
    const snapshot = kv.get();
    const { selected: key, entry } = snapshot;
    const { focused, scroll } = reading.get();
    const size = { width, height };
    if (key === undefined)
      return framed(aboutRow(list.current(), snapshot, nowMs), { title: [span('Value', 'muted')], ...size });
    const inner = innerSize(width, height);
    const title = [span(truncateStart(sanitize(key), Math.max(8, inner.width - 10)), 'plain', { bold: true })];
    if (entry.value === undefined) {
      const gone = entry.link.kind === 'live' ? [span(`${signs.off} this key is gone`, 'warn')] : undefined;
      const body = gone ?? linkExplanation(entry, nowMs) ?? [span(`${signs.busy} reading …`, 'muted')];
      return framed([body], { title, ...size, focused });
    }
    const value = lines(entry.value.value, inner.width);
    const room = Math.max(0, inner.height - headLines);
    const start = Math.max(0, Math.min(scroll, value.count - room));
    const head = entryFacts(entry.value, value, inner.width);
    const body = Array.from({ length: Math.min(room, value.count - start) }, (_, row) => value.line(start + row));
    const hidden = value.count - start - room;
    return framed([...head, [span('─'.repeat(inner.width), 'border')], ...body], {
      title,
      note: [linkBadge(entry.link, nowMs)],
      footnote: hidden > 0 ? [span(`↓ ${count(hidden)} more`, 'muted')] : [],
      ...size,
      focused,
    });
  }
}

/** The tree gets less than half, but never more than a long key needs. */
function paneWidths(width: number): { tree: number; value: number } {
  const tree = Math.max(24, Math.min(90, Math.floor(width * 0.45)));
  return { tree: Math.min(tree, width), value: Math.max(0, width - tree) };
}

function bold(line: Line): Line {
  return line.map((part) => ({ ...part, bold: true }));
}

function parentOf({ key }: KvRow): string {
  return key.slice(0, key.replace(/\/$/, '').lastIndexOf('/') + 1);
}

/** Rows that pass, with the folders they are in. Note rows stay: they say why there is nothing. */
function filterRows(rows: readonly KvRow[], text: string): readonly KvRow[] {
  const passes = parseFilter(text);
  if (passes === undefined) return rows;
  const kept: KvRow[] = [];
  // Folders that hold what comes next, outermost first; they are kept only when something in them is.
  let pending: KvRow[] = [];
  for (const row of rows) {
    pending = pending.filter((folder) => folder.depth < row.depth);
    if (row.kind === 'note' || passes(row.key)) {
      kept.push(...pending, row);
      pending = [];
    } else if (row.kind === 'folder' && row.open) {
      pending.push(row);
    }
  }
  return kept;
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

function aboutRow(row: KvRow | undefined, { counts, root }: KvSnapshot, nowMs: number): Line[] {
  if (row === undefined || row.kind === 'note')
    return [linkExplanation(root, nowMs) ?? [span('no key under the cursor', 'muted')]];
  const children = counts.get(row.key);
  return [
    [span(sanitize(row.key), 'accent', { bold: true })],
    [],
    children === undefined
      ? [span('⏎', 'accent', { bold: true }), span(' opens the folder', 'muted')]
      : [span(count(children), 'plain', { bold: true }), span(' directly below, live', 'muted')],
  ];
}
