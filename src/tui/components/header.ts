/** The first line of the screen: which datacenter, how the line to it is, and the views by number. */
import type { Link } from '../models/resource.ts';
import { type Line, lineWidth, sanitize, span, spread } from '../text.ts';
import { linkBadge } from './link.ts';

export interface HeaderOptions {
  readonly datacenter: string;
  readonly address: string;
  readonly link: Link;
  /** Time of a recording; undefined when all is live. */
  readonly replay: string | undefined;
  readonly nowMs: number;
  readonly tabs: readonly string[];
  readonly active: number;
  readonly width: number;
}

export function header({ datacenter, address, link, replay, nowMs, tabs, active, width }: HeaderOptions): Line {
  const state = replay === undefined ? linkBadge(link, nowMs) : span(replay, 'info', { bold: true });
  const brand: Line = [
    span(' tc ', 'accent', { bold: true, inverse: true }),
    span(' '),
    span(sanitize(datacenter) || '…', 'plain', { bold: true }),
    span('  '),
    state,
  ];
  const where = [...brand, span(`  ${sanitize(address)}`, 'muted')];
  const [long, medium, short] = [tabLine(tabs, active, 9), tabLine(tabs, active, 0), tabLine(tabs, active, -1)];
  const fitting = (
    [
      [where, long],
      [brand, long],
      [where, medium],
      [brand, medium],
    ] as const
  ).find(([left, right]) => lineWidth(left) + lineWidth(right) + 1 <= width);
  const [left, right] = fitting ?? [brand, short];
  return spread(left, right, width);
}

/** `spelled` 9: all titles with a number; 0: only the active one is spelled out; -1: nothing else is there. */
function tabLine(tabs: readonly string[], active: number, spelled: 9 | 0 | -1): Line {
  return tabs.flatMap((title, index) => {
    const number = index < 9 ? String(index + 1) : '';
    if (index === active)
      return [span(` ${[number, title].filter(Boolean).join(' ')} `, 'accent', { bold: true, inverse: true })];
    if (index >= 9 || spelled === -1) return [];
    return [span(` ${number}`, 'accent'), span(spelled === 9 ? ` ${title} ` : ' ', 'muted')];
  });
}
