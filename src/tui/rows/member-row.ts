/** A member of the gossip pool as a table row. */
import type { Member, MemberStatus } from '../models/source.ts';
import { type Span, sanitize, span, type Tone } from '../text.ts';
import { signs } from '../theme.ts';
import type { Column } from './column.ts';

export const memberStates: Readonly<Record<MemberStatus, { readonly sign: string; readonly tone: Tone }>> = {
  alive: { sign: signs.good, tone: 'good' },
  leaving: { sign: signs.warn, tone: 'warn' },
  left: { sign: signs.off, tone: 'muted' },
  failed: { sign: signs.bad, tone: 'bad' },
  none: { sign: signs.off, tone: 'muted' },
};

export function memberType({ tags }: Member): 'server' | 'client' {
  return tags['role'] === 'consul' ? 'server' : 'client';
}

/** `1.10.7` of `1.10.7:5bf4f6d9`. */
export function memberBuild({ tags }: Member): string {
  return sanitize(tags['build']?.split(':')[0] ?? '');
}

function statusCell({ status }: Member): Span {
  const { sign, tone } = memberStates[status];
  return span(`${sign} ${status}`, tone);
}

export const memberColumns: readonly Column<Member>[] = [
  { title: 'Status', width: 9, cell: statusCell },
  { title: 'Name', width: 16, grow: 3, cell: ({ name }) => span(sanitize(name), 'plain', { bold: true }) },
  { title: 'Address', width: 21, grow: 1, cell: ({ address }) => span(sanitize(address), 'value') },
  {
    title: 'Type',
    width: 6,
    cell: (member) => span(memberType(member), memberType(member) === 'server' ? 'accent' : 'plain'),
  },
  { title: 'Build', width: 8, cell: (member) => span(memberBuild(member)) },
  { title: 'Proto', width: 5, align: 'right', from: 78, cell: ({ protocol }) => span(String(protocol), 'muted') },
  { title: 'DC', width: 8, grow: 1, from: 96, cell: ({ tags }) => span(sanitize(tags['dc'] ?? '')) },
  { title: 'Segment', width: 9, from: 112, cell: ({ tags }) => span(sanitize(tags['segment'] || '<all>'), 'muted') },
  { title: 'ID', width: 36, from: 150, cell: ({ tags }) => span(sanitize(tags['id'] ?? ''), 'muted') },
];

/** What `/` looks at. */
export function memberText(member: Member): string {
  const { name, address, status, tags } = member;
  return `${name} ${address} ${status} ${memberType(member)} ${memberBuild(member)} ${tags['dc'] ?? ''}`;
}
