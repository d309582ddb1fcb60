/** A member of the gossip pool as a table row. */
import type { AgentMember } from '../../client/index.ts';
import type { Subject } from '../filter.ts';
import { latency } from '../format.ts';
import { isServer, memberAddress, memberBuild, memberProtocol, memberStatus } from '../models/member.ts';
import { sanitize, span } from '../text.ts';
import type { Column } from './column.ts';
import { memberStates, stateCell } from './state.ts';

export const memberType = (member: AgentMember): 'server' | 'client' => (isServer(member) ? 'server' : 'client');

const tag =
  (name: string, fallback = '') =>
  ({ Tags }: AgentMember) =>
    sanitize(Tags?.[name] || fallback);

/** `rttMs` from the agent that answers, by the coordinates; undefined where they are not known. */
export function memberColumns(rttMs: (node: string) => number | undefined): readonly Column<AgentMember>[] {
  return [
    {
      title: 'Status',
      width: 9,
      cell: (member) => stateCell(memberStates[memberStatus(member)], memberStatus(member)),
    },
    { title: 'Name', width: 16, grow: 3, cell: ({ Name }) => span(sanitize(Name), 'plain', { bold: true }) },
    { title: 'Address', width: 18, grow: 2, cell: (member) => span(sanitize(memberAddress(member)), 'value') },
    {
      title: 'Type',
      width: 6,
      cell: (member) => span(memberType(member), isServer(member) ? 'accent' : 'plain'),
    },
    { title: 'Build', width: 7, grow: 1, cell: (member) => span(sanitize(memberBuild(member))) },
    {
      title: 'RTT',
      width: 8,
      align: 'right',
      from: 74,
      cell: ({ Name }) => {
        const ms = rttMs(Name);
        return span(ms === undefined ? '–' : latency(ms), 'muted');
      },
      sortBy: ({ Name }) => rttMs(Name) ?? Number.POSITIVE_INFINITY,
    },
    { title: 'Proto', width: 5, align: 'right', from: 96, cell: (member) => span(memberProtocol(member), 'muted') },
    { title: 'DC', width: 6, grow: 1, from: 84, cell: (member) => span(tag('dc')(member)) },
    { title: 'Segment', width: 9, from: 112, cell: (member) => span(tag('segment', '<all>')(member), 'muted') },
    { title: 'ID', width: 36, from: 150, cell: (member) => span(tag('id')(member), 'muted') },
  ];
}

export function memberSubject(member: AgentMember): Subject {
  const { Name, Tags } = member;
  const words = [
    Name,
    memberAddress(member),
    memberStatus(member),
    memberType(member),
    memberBuild(member),
    Tags?.['dc'],
  ];
  return {
    text: words.join(' '),
    state: memberStatus(member),
    tags: Object.entries(Tags ?? {}).map(([key, value]) => `${key}=${value}`),
  };
}
