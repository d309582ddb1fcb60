/** The datacenter on one page: pure functions from what the agent answered to what an operator wants to know. */
import { type LoadFigures, loadFigures } from './metrics.ts';
import type {
  AgentSelf,
  Check,
  CheckStatus,
  Member,
  MemberStatus,
  Metrics,
  RaftServer,
  ServerHealth,
} from './source.ts';

export interface RaftFigures {
  /** `Leader`, `Follower` or `Candidate`. */
  readonly state: string;
  readonly term: number;
  readonly lastLogIndex: number;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  /** Entries committed but not yet applied by the state machine. */
  readonly fsmPending: number;
  readonly lastSnapshotIndex: number;
  /** As the agent prints it; `0` on the leader, `never` without one. */
  readonly lastContact: string;
}

export interface ServerRow {
  readonly id: string;
  readonly node: string;
  readonly address: string;
  readonly leader: boolean;
  readonly voter: boolean;
  /** Undefined where the agent cannot tell: no autopilot, or no right to read it. */
  readonly health: ServerHealth | undefined;
  /** Of its log: from autopilot, or, of the agent that answers, from itself. */
  readonly lastIndex: number | undefined;
  readonly member: MemberStatus | undefined;
}

export type MemberCounts = Readonly<Record<MemberStatus, number>>;
export type CheckCounts = Readonly<Record<CheckStatus, number>>;

export interface Overview {
  readonly datacenter: string;
  readonly node: string;
  readonly version: string;
  readonly server: boolean;
  /** Undefined without a leader. */
  readonly leader: { readonly address: string; readonly node: string | undefined } | undefined;
  readonly members: MemberCounts | undefined;
  readonly servers: readonly ServerRow[];
  /** Undefined on a client agent. */
  readonly raft: RaftFigures | undefined;
  readonly services: number | undefined;
  readonly checks: CheckCounts | undefined;
  readonly load: LoadFigures | undefined;
}

/** Everything an overview is made of; what could not be read is undefined. */
export interface OverviewParts {
  readonly self: AgentSelf | undefined;
  readonly leader: string | undefined;
  readonly members: readonly Member[] | undefined;
  readonly raftServers: readonly RaftServer[] | undefined;
  readonly serverHealth: readonly ServerHealth[] | undefined;
  readonly services: Readonly<Record<string, readonly string[]>> | undefined;
  readonly checks: readonly Check[] | undefined;
  readonly metrics: Metrics | undefined;
}

export function overviewOf(parts: OverviewParts): Overview {
  const { self, members } = parts;
  const servers = serverRows(parts);
  return {
    datacenter: self?.datacenter ?? '',
    node: self?.nodeName ?? '',
    version: self?.version ?? '',
    server: self?.server ?? false,
    leader: leaderOf(parts, servers),
    members: members && countMembers(members),
    servers,
    raft: self && raftFigures(self),
    services: parts.services && Object.keys(parts.services).length,
    checks: parts.checks && countChecks(parts.checks),
    load: parts.metrics && loadFigures(parts.metrics),
  };
}

function leaderOf({ leader }: OverviewParts, servers: readonly ServerRow[]): Overview['leader'] {
  if (leader === undefined || leader === '') return undefined;
  return { address: leader, node: servers.find(({ address }) => address === leader)?.node };
}

/** Raft's own list of servers, or, without the right to see it, the members that say they are servers. */
function serverRows({ self, members = [], raftServers, serverHealth = [], leader }: OverviewParts): ServerRow[] {
  const own = self && raftFigures(self);
  const byName = new Map(members.filter(isServer).map((member) => [member.name, member]));
  const rows = raftServers ?? [...byName.values()].map((member) => serverOfMember(member, leader));
  return rows
    .map((server) => {
      const health = serverHealth.find(({ id }) => id === server.id);
      const lastIndex = health?.lastIndex ?? (server.id === self?.nodeId ? own?.lastLogIndex : undefined);
      return { ...server, health, lastIndex, member: byName.get(server.node)?.status };
    })
    .sort((a, b) => (a.node < b.node ? -1 : 1));
}

function serverOfMember({ name, address, tags }: Member, leader: string | undefined): RaftServer {
  const rpcAddress = `${address.slice(0, address.lastIndexOf(':'))}:${tags['port'] ?? ''}`;
  return {
    id: tags['id'] ?? '',
    node: name,
    address: rpcAddress,
    leader: rpcAddress === leader,
    voter: tags['nonvoter'] !== '1' && tags['read_replica'] !== '1',
  };
}

function isServer({ tags }: Member): boolean {
  return tags['role'] === 'consul';
}

function countMembers(members: readonly Member[]): MemberCounts {
  const counts = { alive: 0, leaving: 0, left: 0, failed: 0, none: 0 };
  for (const { status } of members) counts[status]++;
  return counts;
}

function countChecks(checks: readonly Check[]): CheckCounts {
  const counts = { passing: 0, warning: 0, critical: 0, maintenance: 0 };
  for (const { status } of checks) counts[status]++;
  return counts;
}

/** Undefined where the agent has no Raft of its own, or does not tell. */
function raftFigures({ stats }: AgentSelf): RaftFigures | undefined {
  const raft = stats['raft'];
  if (raft === undefined) return undefined;
  const number = (name: string) => Number(raft[name] ?? 0);
  return {
    state: raft['state'] ?? '',
    term: number('term'),
    lastLogIndex: number('last_log_index'),
    commitIndex: number('commit_index'),
    appliedIndex: number('applied_index'),
    fsmPending: number('fsm_pending'),
    lastSnapshotIndex: number('last_snapshot_index'),
    lastContact: raft['last_contact'] ?? '',
  };
}

/** The highest index that any server told; 0 when none did. */
export function newestIndex(servers: readonly ServerRow[]): number {
  return Math.max(0, ...servers.map(({ lastIndex }) => lastIndex ?? 0));
}

/** How many servers may fail before the datacenter has no leader. */
export function toleratedFailures(servers: readonly ServerRow[]): number {
  const voters = servers.filter(({ voter }) => voter);
  const quorum = Math.floor(voters.length / 2) + 1;
  const up = voters.filter(({ health, member }) => health?.healthy ?? (member === undefined || member === 'alive'));
  return Math.max(0, up.length - quorum);
}
