/** The datacenter on one page: pure functions from what the agent answered to what an operator wants to know. */
import type {
  AgentMember,
  AgentMetrics,
  AgentSelf,
  AutopilotHealth,
  AutopilotServerHealth,
  HealthCheck,
  RaftConfiguration,
  RaftServer,
} from '../../client/index.ts';
import { type CheckCounts, countChecks } from './check.ts';
import { isServer, type MemberStatus, memberAddress, memberStatus } from './member.ts';
import { type LoadFigures, loadFigures } from './metrics.ts';

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
  readonly health: AutopilotServerHealth | undefined;
  /** Of its log: from autopilot, or, of the agent that answers, from itself. */
  readonly lastIndex: number | undefined;
  readonly member: MemberStatus | undefined;
}

export type MemberCounts = Readonly<Record<MemberStatus, number>>;

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
  readonly members: readonly AgentMember[] | undefined;
  readonly raft: RaftConfiguration | undefined;
  readonly autopilot: AutopilotHealth | undefined;
  readonly services: Readonly<Record<string, readonly string[]>> | undefined;
  readonly checks: readonly HealthCheck[] | undefined;
  readonly metrics: AgentMetrics | undefined;
}

export function overviewOf(parts: OverviewParts): Overview {
  const { self, members } = parts;
  const servers = serverRows(parts);
  return {
    datacenter: self?.Config.Datacenter ?? '',
    node: self?.Config.NodeName ?? '',
    version: self?.Config.Version ?? '',
    server: self?.Config.Server ?? false,
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
function serverRows({ self, members = [], raft, autopilot, leader }: OverviewParts): ServerRow[] {
  const own = self && raftFigures(self);
  const byName = new Map(members.filter(isServer).map((member) => [member.Name, member]));
  const servers = raft?.Servers ?? [...byName.values()].map((member) => serverOfMember(member));
  return servers
    .map(({ ID, Node, Address, Voter }) => {
      const health = autopilot?.Servers?.find((each) => each.ID === ID);
      const itself = ID === self?.Config.NodeID ? own?.lastLogIndex : undefined;
      // A new leader's autopilot says 0 until it has asked.
      const lastIndex = health?.LastIndex || itself;
      const member = byName.get(Node);
      return {
        id: ID,
        node: Node,
        address: Address,
        // Asked every second; the configuration's own word is older.
        leader: leader !== undefined && leader === Address,
        voter: Voter,
        health,
        lastIndex,
        member: member && memberStatus(member),
      };
    })
    .sort((a, b) => (a.node < b.node ? -1 : 1));
}

function serverOfMember(member: AgentMember): Pick<RaftServer, 'ID' | 'Node' | 'Address' | 'Voter'> {
  const { Name, Tags } = member;
  const address = memberAddress(member);
  return {
    ID: Tags['id'] ?? '',
    Node: Name,
    Address: `${address.slice(0, address.lastIndexOf(':'))}:${Tags['port'] ?? ''}`,
    Voter: Tags['nonvoter'] !== '1' && Tags['read_replica'] !== '1',
  };
}

function countMembers(members: readonly AgentMember[]): MemberCounts {
  const counts = { alive: 0, leaving: 0, left: 0, failed: 0, none: 0 };
  for (const member of members) counts[memberStatus(member)]++;
  return counts;
}

/** Undefined where the agent has no Raft of its own, or does not tell. */
export function raftFigures({ Stats }: Pick<AgentSelf, 'Stats'>): RaftFigures | undefined {
  const raft = Stats?.['raft'];
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

export function isUp({ health, member }: ServerRow): boolean {
  return member !== undefined && member !== 'alive' ? false : (health?.Healthy ?? true);
}

/** How many servers may fail before the datacenter has no leader. */
export function toleratedFailures(servers: readonly ServerRow[]): number {
  const voters = servers.filter(({ voter }) => voter);
  const quorum = Math.floor(voters.length / 2) + 1;
  return Math.max(0, voters.filter(isUp).length - quorum);
}
