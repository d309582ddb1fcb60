/** From what running and stopped servers hold to whether anything has to be recovered, and how. Pure. */
import { columns } from '../format.ts';
import { newerFirst, type Surveyed, type Unusable } from './plan.ts';
import type { Asked, Running } from './running.ts';

/**
 * - `leads`, `answers`: by HTTP;
 * - `alive`: gossip says so, but it does not answer here;
 * - `stopped`: its data directory is here and can be used;
 * - `lost`: none of it.
 */
export type Condition = 'leads' | 'answers' | 'alive' | 'stopped' | 'lost';

export interface Server {
  readonly id: string;
  readonly name: string;
  /** Of its RPC, '' when it is no member. */
  readonly address: string;
  /** '' when it is no member. */
  readonly suffrage: string;
  readonly condition: Condition;
  /** HTTP address or data directory that told of it; '' = nobody did. */
  readonly source: string;
  /** Its data directory, '' when not known. */
  readonly dataDir: string;
  /** null: nobody can say. */
  readonly log: { term: number; lastTerm: number; lastIndex: number; snapshotIndex: number } | null;
}

/**
 * - `leader`: the cluster works;
 * - `electing`: enough live to elect one;
 * - `startable`: enough would, were those that are stopped started again;
 * - `lost`: neither.
 */
export type Verdict = 'leader' | 'electing' | 'startable' | 'lost';

export interface Diagnosis {
  readonly verdict: Verdict;
  /** The newest log first, those of which nothing is known last. */
  readonly servers: readonly Server[];
  readonly voters: number;
  /** Voters needed for a quorum. */
  readonly needed: number;
  readonly living: number;
  readonly leader: Server | null;
  /** Started again, these would come from another history of the cluster. */
  readonly strangers: readonly Server[];
}

const isLiving = ({ condition }: Server): boolean => ['leads', 'answers', 'alive'].includes(condition);
const isVoter = ({ suffrage }: Server): boolean => suffrage === 'voter';

/** Of what was asked or given, at least one has to know the members. */
export function diagnose(asked: Asked, stopped: readonly Surveyed[]): Diagnosis {
  const logs = [...asked.running, ...stopped].sort(newerFirst);
  // A leader knows best; else, as in an election, the newest log.
  const leading = asked.running.filter(({ isLeader }) => isLeader).sort((a, b) => b.term - a.term)[0];
  const members = leading?.members ?? logs[0]?.members ?? asked.members;
  const ids = new Set([...logs.map(({ nodeId }) => nodeId), ...members.map(({ id }) => id)]);
  const servers = [...ids].map((id): Server => {
    const member = members.find((one) => one.id === id);
    const running = asked.running.find(({ nodeId }) => nodeId === id);
    const data = stopped.find(({ nodeId }) => nodeId === id);
    return {
      ...{ id, name: running?.name || nameOf(member?.name) || id },
      ...{ address: member?.address ?? '', suffrage: member?.suffrage ?? '' },
      condition: conditionOf(running, running === leading, data, asked.gossip.get(id)),
      ...{ source: running?.asked ?? data?.directory ?? '', dataDir: running?.dataDir ?? data?.directory ?? '' },
      log: running ?? data ?? null,
    };
  });
  const voters = servers.filter(isVoter);
  const needed = Math.floor(voters.length / 2) + 1;
  const living = voters.filter(isLiving).length;
  const startable = voters.filter(({ condition }) => condition === 'stopped').length;
  const leader =
    leading === undefined ? leaderHeardOf(asked.running, servers) : servers.find((s) => s.id === leading.nodeId)!;
  const verdict =
    leader !== null && living >= needed
      ? 'leader'
      : living >= needed
        ? 'electing'
        : living + startable >= needed
          ? 'startable'
          : 'lost';
  const strangers = servers.filter(
    ({ condition, log }) => condition === 'stopped' && leading !== undefined && newerFirst(log!, leading) < 0,
  );
  return { verdict, servers, voters: voters.length, needed, living, leader, strangers };
}

const nameOf = (name: string | undefined): string => (name === undefined || name === '(unknown)' ? '' : name);

function conditionOf(
  running: Running | undefined,
  leads: boolean,
  stopped: Surveyed | undefined,
  gossip: string | undefined,
): Condition {
  if (running !== undefined) return leads ? 'leads' : 'answers';
  if (stopped !== undefined) return 'stopped';
  return gossip === 'alive' ? 'alive' : 'lost';
}

/** One that does not answer here, but leads those that do. */
function leaderHeardOf(running: readonly Running[], servers: readonly Server[]): Server | null {
  const [latest] = [...running].sort((a, b) => b.term - a.term);
  if (latest === undefined || latest.leader === '') return null;
  return servers.find((server) => server.address === latest.leader && isLiving(server)) ?? null;
}

const conditions: Readonly<Record<Condition, string>> = {
  leads: 'runs, leads',
  answers: 'runs',
  alive: 'alive, does not answer here',
  stopped: 'stopped',
  lost: 'not found',
};

export function renderDiagnosis(diagnosis: Diagnosis, silent: Asked['silent'], unusable: readonly Unusable[]): string {
  const { servers, voters, needed, living } = diagnosis;
  const rows = servers.map(({ name, address, suffrage, condition, log, source }) => [
    ...[name, address || '-', suffrage || 'no member', conditions[condition]],
    ...(log === null ? ['-', '-', '-'] : [log.term, log.lastTerm, log.lastIndex].map(String)),
    source || '-',
  ]);
  const head = ['Server', 'Address', 'Suffrage', 'State', 'Term', 'Last Term', 'Last Index', 'Told By'];
  const parts = [columns([head, ...rows])];
  const list = (title: string, lines: readonly string[]): void => {
    if (lines.length > 0) parts.push(`${title}\n${lines.map((line) => `  ${line}\n`).join('')}`);
  };
  list(
    'No answer:',
    silent.map(({ address, why }) => `${address}: ${why}`),
  );
  list(
    'Cannot be used:',
    unusable.map(({ directory, why }) => `${directory}: ${why}`),
  );
  parts.push(`${living} of ${voters} voters live, ${needed} are needed. ${aheadOf(servers)}`);
  parts.push(advice(diagnosis));
  return parts.join('\n');
}

function aheadOf(servers: readonly Server[]): string {
  const [first, ...others] = servers.filter(({ log }) => log !== null);
  if (first?.log == null) return 'Of no log it is known how far it goes.\n';
  const { lastIndex, lastTerm } = first.log;
  const equal = others.filter(({ log }) => newerFirst(log!, first.log!) === 0).map(({ name }) => name);
  const who = [first.name, ...equal].join(', ');
  return `The newest log is that of ${who}: up to entry ${lastIndex} of term ${lastTerm}.\n`;
}

function advice({ verdict, servers, leader, living, needed, strangers }: Diagnosis): string {
  const stopped = servers.filter((one) => one.condition === 'stopped' && !strangers.includes(one));
  const lost = servers.filter((one) => one.condition === 'lost');
  const names = (some: readonly Server[]): string => some.map(({ name }) => name).join(', ');
  const lines: string[] = [];
  const say = (text: string): void => void lines.push(`${text}\n`);
  switch (verdict) {
    case 'leader':
      say(`There is a leader, ${leader!.name}, and a quorum: nothing has to be recovered.`);
      for (const { name, dataDir } of stopped) say(`Start ${name} (${dataDir}): it catches up with the leader.`);
      for (const { name, id } of lost) {
        say(`Start ${name} again. If it is gone for good: tc operator raft remove-peer -id=${id}`);
      }
      break;
    case 'electing':
      say('There is a quorum, but no leader yet: ask again in a few seconds. If it stays so, the servers do not reach');
      say(
        'each other on their RPC ports, or one of them cannot write: tc doctor, and tc monitor on each of them, say which.',
      );
      break;
    case 'startable':
      say(`Start ${names(stopped)} again: then there is a quorum, and nothing is lost. Nothing has to be recovered.`);
      break;
    case 'lost':
      say(
        `There is no quorum: nothing can be written. Bring ${needed - living} of these back, with their data, and all goes on by itself:`,
      );
      for (const { name, address, dataDir } of [...stopped, ...lost])
        say(`  ${[name, address, dataDir].filter(Boolean).join(', ')}`);
      say('');
      say(
        'Only if that is impossible, what is left is made a cluster of its own; what only the lost ones had is gone then:',
      );
      say(
        `  1. stop ${names(servers.filter(isLiving)) || 'every server'} with SIGKILL, lest they leave and take themselves off the list of members;`,
      );
      say(`  2. bring ${directoriesOf(servers)} together on one machine;`);
      say(
        '  3. tc operator recover DIRECTORY... there, with all of them: it writes who is left, and says in which order to start.',
      );
  }
  for (const { name, dataDir } of strangers) {
    say(
      `Do not start ${name} with ${dataDir}: its log is newer than the leader's, so the cluster was recovered without it.`,
    );
    say('Keep a copy of that directory, empty it, and let the server join as a new one.');
  }
  return lines.join('');
}

function directoriesOf(servers: readonly Server[]): string {
  const known = servers
    .filter(({ condition }) => condition !== 'lost')
    .map(({ name, dataDir }) => `${dataDir || 'the data directory'} of ${name}`);
  return known.length === 0 ? 'the data directories' : known.join(', ');
}
