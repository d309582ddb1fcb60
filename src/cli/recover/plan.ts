/** From what stopped servers hold to who forms the cluster again. Pure. */
import { CliError } from '../command.ts';
import { columns } from '../format.ts';

export interface Member {
  readonly id: string;
  /** Where known, the name of its node. */
  readonly name?: string;
  readonly address: string;
  readonly suffrage: string;
}

/** As far as it matters here, what a survey of a data directory tells. */
export interface Surveyed {
  readonly directory: string;
  readonly nodeId: string;
  readonly term: number;
  readonly lastTerm: number;
  readonly lastIndex: number;
  readonly snapshotIndex: number;
  readonly members: readonly Member[];
}

/** How far a log goes. */
export type Log = Pick<Surveyed, 'lastTerm' | 'lastIndex'>;

export interface Unusable {
  readonly directory: string;
  readonly why: string;
}

export interface Peer {
  readonly id: string;
  readonly address: string;
  readonly non_voter: boolean;
}

export interface Plan {
  /** The one with the newest log first: it is to be started first. */
  readonly servers: readonly Surveyed[];
  /** Content of peers.json. */
  readonly peers: readonly Peer[];
  /** Members that are in none of the directories: they are given up. */
  readonly lost: readonly string[];
}

/** As in an election: the later term wins, then the longer log. */
export const newerFirst = (a: Log, b: Log): number => b.lastTerm - a.lastTerm || b.lastIndex - a.lastIndex;

/** `addresses`: new ones by id. Throws a CliError when the directories do not make a cluster. */
export function planRecovery(found: readonly Surveyed[], addresses: Readonly<Record<string, string>>): Plan {
  if (found.length === 0) throw new CliError('None of the directories can be used: restore a snapshot instead');
  const servers = [...found].sort(newerFirst);
  const { members } = servers[0]!;
  // Somebody must have a vote.
  const noVoter = servers.every(({ nodeId }) => members.find(({ id }) => id === nodeId)?.suffrage === 'nonvoter');
  const peers = servers.map(({ nodeId, directory }) => {
    if (nodeId === '') throw new CliError(`${directory} holds no node-id: name it with -id=${directory}=ID`);
    const known = members.find(({ id }) => id === nodeId);
    const address = addresses[nodeId] ?? known?.address;
    if (address === undefined) {
      throw new CliError(`${nodeId} (${directory}) is no member: give its address with -address=${nodeId}=IP:PORT`);
    }
    return { id: nodeId, address, non_voter: !noVoter && known?.suffrage === 'nonvoter' };
  });
  const twice = peers.find(({ id }, at) => peers.findIndex((one) => one.id === id) !== at);
  if (twice !== undefined) throw new CliError(`Two of the directories belong to ${twice.id}`);
  const survivors = new Set(peers.map(({ id }) => id));
  const lost = members.filter(({ id }) => !survivors.has(id)).map(({ id, address }) => `${id} (${address})`);
  return { servers, peers, lost };
}

export function renderPlan({ servers, peers, lost }: Plan, unusable: readonly Unusable[]): string {
  const rows = servers.map((one) => [
    one.directory,
    one.nodeId,
    ...[one.term, one.lastTerm, one.lastIndex, one.snapshotIndex].map(String),
  ]);
  const first = servers[0]!;
  const parts = [columns([['Directory', 'ID', 'Term', 'Last Term', 'Last Index', 'Snapshot'], ...rows])];
  if (unusable.length > 0) {
    parts.push(`Cannot be used:\n${unusable.map(({ directory, why }) => `  ${directory}: ${why}\n`).join('')}`);
  }
  parts.push(
    `The newest log is in ${first.directory}: up to entry ${first.lastIndex} of term ${first.lastTerm}.\nWhat only lost servers had is gone.\n`,
  );
  const list = columns(
    peers.map(({ id, address, non_voter }) => [`  ${id}`, address, non_voter ? 'non-voter' : 'voter']),
  );
  parts.push(`Members from now on:\n${list}`);
  if (lost.length > 0) parts.push(`Given up:\n${lost.map((one) => `  ${one}\n`).join('')}`);
  return parts.join('\n');
}

/** What is left to do, once peers.json is written. */
export function renderOrder({ servers }: Plan): string {
  const steps = servers.map(({ directory }, at) => `  ${at + 1}. the server of ${directory}\n`).join('');
  return `Start now, in this order, without waiting in between:\n${steps}Each takes up its peers.json once and removes it. Then see: tc operator raft list-peers\nServers that were given up must not be started with their old data again.\n`;
}
