/** A server of the datacenter as a table row: its place in Raft and how far it is behind. */
import { parseDurationMs } from '../../lib/duration.ts';
import { count, latency } from '../format.ts';
import type { ServerRow } from '../models/overview.ts';
import { type Span, sanitize, span } from '../text.ts';
import { signs } from '../theme.ts';
import type { Column } from './column.ts';

function healthCell({ health, member }: ServerRow): Span {
  if (member !== undefined && member !== 'alive') return span(`${signs.bad} ${member}`, 'bad');
  // Without autopilot gossip still tells whether it is there.
  if (health === undefined)
    return member === undefined ? span(`${signs.off} unknown`, 'muted') : span(`${signs.good} alive`, 'good');
  return health.Healthy ? span(`${signs.good} healthy`, 'good') : span(`${signs.bad} unhealthy`, 'bad');
}

function roleCell({ leader, voter }: ServerRow): Span {
  if (leader) return span(`${signs.leader} leader`, 'accent');
  return voter ? span('voter') : span('nonvoter', 'muted');
}

/** Autopilot calls a server unhealthy at 250 entries behind by default; a fifth of it is worth a look. */
const worthALook = 50;

function lagCell({ lastIndex }: ServerRow, newestIndex: number): Span {
  if (lastIndex === undefined) return span('–', 'muted');
  const lag = Math.max(0, newestIndex - lastIndex);
  return span(count(lag), lag > worthALook ? 'warn' : 'muted');
}

/** Consul prints `107.048085ms`. */
function contact(text = ''): string {
  try {
    return latency(parseDurationMs(text));
  } catch {
    // `never`, or nothing at all.
    return sanitize(text);
  }
}

/** `newestIndex`: of all servers, asked for each row that is drawn. */
export function serverColumns(newestIndex: () => number): readonly Column<ServerRow>[] {
  return [
    { title: 'Health', width: 9, grow: 1, cell: healthCell },
    { title: 'Server', width: 12, grow: 3, cell: ({ node }) => span(sanitize(node), 'plain', { bold: true }) },
    { title: 'Role', width: 8, cell: roleCell },
    { title: 'Address', width: 16, grow: 2, from: 76, cell: ({ address }) => span(sanitize(address), 'value') },
    {
      title: 'Index',
      width: 9,
      align: 'right',
      from: 56,
      cell: ({ lastIndex }) => (lastIndex === undefined ? span('–', 'muted') : span(count(lastIndex))),
    },
    { title: 'Lag', width: 5, align: 'right', from: 56, cell: (row) => lagCell(row, newestIndex()) },
    {
      title: 'Contact',
      width: 10,
      align: 'right',
      from: 100,
      // Nobody leads the leader.
      cell: ({ health, leader }) => span(leader ? '–' : contact(health?.LastContact) || '–', 'muted'),
    },
    {
      title: 'Stable since',
      width: 20,
      from: 130,
      cell: ({ health }) => span(sanitize(health?.StableSince ?? '–'), 'muted'),
    },
  ];
}
