/** Servers that die at the same time, leader first, and come back: what those that are left still do. */
import type { Fsm } from '../../../src/agent/raft/api.ts';
import { DirEntry } from '../../../src/structs/kv.ts';
import { make } from '../../../src/structs/make.ts';
import { Course } from '../course.ts';
import { ask, type Outcome } from '../servers/ask.ts';
import { World } from '../world.ts';
import { SimAgent } from './agent.ts';
import { stopAll } from './ending.ts';
import { Network } from './network.ts';

/** What one server says to each of four requests. */
export interface Abilities {
  readonly write: string;
  readonly default: string;
  readonly consistent: string;
  readonly stale: string;
}

const settleMs = 120_000;
/** Longer than any election takes, and shorter than autopilot would wait to remove who is dead. */
const reactionMs = 5_000;

export interface QuorumTable {
  readonly whole: readonly Abilities[];
  /** As many as a quorum. */
  readonly enough: readonly Abilities[];
  readonly tooFew: readonly Abilities[];
  readonly enoughAgain: readonly Abilities[];
  readonly wholeAgain: readonly Abilities[];
}

export async function runQuorum(servers: number, quorum: number): Promise<QuorumTable> {
  const world = new World(servers);
  const course = new Course(world, settleMs);
  const network = new Network(world, { loss: 0, repeat: 0, meanDelayMs: 1 });
  const agents: SimAgent[] = [];
  const around = {
    world,
    network,
    options: {
      disk: { meanLatencyMs: 0.1, stallChance: 0, failChance: 0, crashChance: 0 },
      clockDrift: 0,
      encrypted: false,
      ipv6: false,
      snapshotThreshold: 8192,
      trailingLogs: 10_000,
      raftMultiplier: 1,
    },
    flags: () => [
      ...agents.map(({ ip }) => `-retry-join=${ip}`),
      '-serf-wan-port=-1',
      // The dead are to be counted, not to be removed.
      '-hcl=autopilot { cleanup_dead_servers = false }',
    ],
    dataDir: '',
    watch: (_: SimAgent, fsm: Fsm) => fsm,
    onRaft: () => {},
    onCrashed: () => {},
    onUserEvent: () => {},
    onFailure: (error: unknown) => course.fail(error),
  };
  for (let i = 1; i <= servers; i++) agents.push(new SimAgent(i, true, servers, around));
  const alive = (): readonly SimAgent[] => agents.filter(({ process }) => process !== null);
  /** The leader is always among those that die. */
  const die = (count: number): void => {
    const leaderFirst = [...alive()].sort((a, b) => Number(b.isLeader) - Number(a.isLeader));
    for (const agent of leaderFirst.slice(0, count)) agent.crash(false);
  };
  const comeBack = (count: number): void => {
    const dead = agents.filter(({ process }) => process === null);
    for (const agent of dead.slice(0, count)) agent.start();
  };
  const look = async (): Promise<readonly Abilities[]> => {
    await course.pass(reactionMs);
    let seen: readonly Abilities[] | null = null;
    void Promise.all(alive().map((agent) => abilities(world, agent))).then((all) => {
      seen = all;
    });
    await course.until(() => seen !== null);
    return seen!;
  };
  const votes = (): boolean =>
    agents
      .find((agent) => agent.isLeader)
      ?.raft?.stats()
      .configuration.servers.filter((s) => s.suffrage === 'voter').length === servers;

  for (const agent of agents) agent.start();
  await course.until(votes);
  // The key has to be everywhere before stale reads are counted on.
  await look();
  const whole = await look();
  die(servers - quorum);
  const enough = await look();
  die(1);
  const tooFew = await look();
  comeBack(1);
  const enoughAgain = await look();
  comeBack(servers - quorum);
  const wholeAgain = await look();
  await stopAll(course, world, network, agents);
  return { whole, enough, tooFew, enoughAgain, wholeAgain };
}

async function abilities(world: World, agent: SimAgent): Promise<Abilities> {
  const where = { Datacenter: 'dc1', Key: 'k' } as const;
  const DirEnt = make(DirEntry, { Key: where.Key, Value: Buffer.from(agent.id) });
  const of = <R>(outcome: Outcome<R>, textOf: (reply: R) => string): string =>
    outcome.kind === 'answer' ? textOf(outcome.answer.reply) : outcome.why;
  const found = (reply: { readonly Entries: readonly DirEntry[] | null }): string =>
    reply.Entries?.length === 1 ? 'found' : 'not found';
  const write = await ask(world, agent, 'KVS.Apply', { Datacenter: 'dc1', Op: 'set', DirEnt });
  const read = await Promise.all([
    ask(world, agent, 'KVS.Get', where),
    ask(world, agent, 'KVS.Get', { ...where, RequireConsistent: true }),
    ask(world, agent, 'KVS.Get', { ...where, AllowStale: true }),
  ]);
  const [byDefault, consistent, stale] = read.map((outcome) => of(outcome, found));
  return { write: of(write, () => 'done'), default: byDefault!, consistent: consistent!, stale: stale! };
}
