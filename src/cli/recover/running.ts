/** Asks servers that run what a recovery has to know of them. */
import { agentApi, memberStatus } from '../../client/agent.ts';
import type { ConsulHttp } from '../../client/http.ts';
import { operatorApi } from '../../client/operator.ts';
import { joinHostPort, splitHostPort } from '../../lib/host-port.ts';
import { messageOf } from '../../lib/message-of.ts';
import type { Member } from './plan.ts';

export interface Running {
  /** HTTP address at which it answered. */
  readonly asked: string;
  readonly nodeId: string;
  readonly name: string;
  readonly dataDir: string;
  readonly isLeader: boolean;
  /** RPC address of the leader it knows, '' for none. */
  readonly leader: string;
  readonly term: number;
  readonly lastTerm: number;
  readonly lastIndex: number;
  readonly snapshotIndex: number;
  readonly members: readonly Member[];
}

export interface Asked {
  /** Each once, whatever the number of addresses it answers at. */
  readonly running: readonly Running[];
  /** Of one that answered, for when only client agents do. */
  readonly members: readonly Member[];
  readonly silent: readonly { readonly address: string; readonly why: string }[];
  /** ID -> what gossip says of a server: alive, failed, left ... */
  readonly gossip: ReadonlyMap<string, string>;
}

const askMs = 3_000;

type Connect = (address: string) => ConsulHttp;

/** Exactly these. */
export async function askServers(connect: Connect, addresses: readonly string[]): Promise<Asked> {
  const answers = await Promise.all(addresses.map((address) => askOne(connect, address)));
  return merge(answers);
}

/** The agent there, which may be a client agent, and the servers it knows, by HTTP at the same port. */
export async function askCluster(connect: Connect, address: string): Promise<Asked> {
  const first = await askOne(connect, address);
  if ('why' in first) return merge([first]);
  const { scheme, port } = partsOf(address);
  const others = first.members
    .filter(({ id }) => id !== first.running?.nodeId)
    .map(({ address: rpc }) => `${scheme}${joinHostPort(splitHostPort(rpc).host, port)}`);
  const answers = await Promise.all([...new Set(others)].map((other) => askOne(connect, other)));
  return merge([first, ...answers]);
}

/** Of `https://10.0.0.1:8501`: what comes before the host, and the port. A socket's path is of this machine alone. */
function partsOf(address: string): { scheme: string; port: number } {
  const [, scheme = '', port = ''] = /^(https?:\/\/)?.*?(?::(\d+))?\/*$/.exec(address) ?? [];
  return { scheme, port: Number(port) || 8500 };
}

interface Answer {
  readonly members: readonly Member[];
  /** null: a client agent. */
  readonly running: Running | null;
  readonly gossip: ReadonlyMap<string, string>;
}

interface Silence {
  readonly address: string;
  readonly why: string;
}

async function askOne(connect: Connect, address: string): Promise<Answer | Silence> {
  const options = { timeoutMs: askMs, stale: true };
  try {
    const http = connect(address);
    const { Config, DebugConfig, Stats } = await agentApi(http).self(options);
    const [{ Servers }, known] = await Promise.all([
      operatorApi(http).raftConfiguration(options),
      agentApi(http).members(options),
    ]);
    const members = Servers.map(({ ID, Node, Address, Voter }) => ({
      ...{ id: ID, name: Node, address: Address },
      suffrage: Voter ? 'voter' : 'nonvoter',
    }));
    const gossip = new Map(known.map((member) => [member.Tags['id'] ?? '', memberStatus(member)]));
    const { raft, consul } = Stats;
    if (!Config.Server || raft === undefined) return { members, running: null, gossip };
    const figure = (name: string): number => Number(raft[name] ?? 0);
    const [lastLog, snapshot] = [figure('last_log_index'), figure('last_snapshot_index')];
    const running: Running = {
      ...{ asked: address, nodeId: Config.NodeID, name: Config.NodeName, members },
      dataDir: String(DebugConfig?.['DataDir'] ?? ''),
      isLeader: raft['state'] === 'Leader',
      leader: consul?.['leader_addr'] ?? '',
      term: figure('term'),
      lastTerm: figure(lastLog >= snapshot ? 'last_log_term' : 'last_snapshot_term'),
      lastIndex: Math.max(lastLog, snapshot),
      snapshotIndex: snapshot,
    };
    return { members, running, gossip };
  } catch (error) {
    return { address, why: messageOf(error) };
  }
}

function merge(answers: readonly (Answer | Silence)[]): Asked {
  const running = new Map<string, Running>();
  const silent: Silence[] = [];
  const gossip = new Map<string, string>();
  let members: readonly Member[] = [];
  for (const answer of answers) {
    if ('why' in answer) {
      silent.push(answer);
      continue;
    }
    if (members.length === 0) members = answer.members;
    if (answer.running !== null && !running.has(answer.running.nodeId)) {
      running.set(answer.running.nodeId, answer.running);
    }
    // One that sees it alive is enough: for the others it may be behind a broken network.
    for (const [id, status] of answer.gossip) if (gossip.get(id) !== 'alive') gossip.set(id, status);
  }
  return { running: [...running.values()], members, silent, gossip };
}
