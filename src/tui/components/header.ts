/** The first line of the screen: which datacenter, how the line to it is, and the views by number. */
import type { Link } from '../models/resource.ts';
import { type Line, lineWidth, sanitize, span, spread } from '../text.ts';
import { linkBadge } from './link.ts';

export interface HeaderOptions {
  readonly datacenter: string;
  readonly address: string;
  readonly link: Link;
  readonly nowMs: number;
  readonly tabs: readonly string[];
  readonly active: number;
  readonly width: number;
}

export function header({ datacenter, address, link, nowMs, tabs, active, width }: HeaderOptions): Line {
  const brand: Line = [
    span(' tc ', 'accent', { bold: true, inverse: true }),
    span(' '),
    span(sanitize(datacenter) || '…', 'plain', { bold: true }),
    span('  '),
    linkBadge(link, nowMs),
  ];
  const where = [...brand, span(`  ${sanitize(address)}`, 'muted')];
  const long = tabLine(tabs, active, true);
  const short = tabLine(tabs, active, false);
  for (const [left, right] of [
    [where, long],
    [brand, long],
    [where, short],
  ] as const) {
    if (lineWidth(left) + lineWidth(right) + 1 <= width) return spread(left, right, width);
  }
  return spread(brand, short, width);
}

/** Without room for all titles only the active one is spelled out. */
function tabLine(tabs: readonly string[], active: number, spelled: boolean): Line {
  return tabs.map((title, index) => {
    const text = spelled || index === active ? ` ${index + 1} ${title} ` : ` ${index + 1} `;
    return index === active ? span(text, 'accent', { bold: true, inverse: true }) : span(text, 'muted');
  });
}
