/** One run of whole agents: a storm, then calm weather in which everything must come good, then a clean stop. */
import type { Fsm } from '../../../src/agent/raft/api.ts';
import { Course } from '../course.ts';
import { resultOf, type SimResult } from '../result.ts';
import { Clients } from '../servers/clients.ts';
import { History } from '../servers/history.ts';
import { RaftChecker } from '../servers/raft-checker.ts';
import { World } from '../world.ts';
import { SimAgent } from './agent.ts';
import { whatIsMissing } from './convergence.ts';
import { calmDown, stopAll, untilAwake } from './ending.ts';
import { Network } from './network.ts';
import { type AgentsOptions, drawAgentsOptions } from './options.ts';
import { back, type StormOptions, storm } from './storm.ts';

const stormMs = 30_000;
/** Gossip tries failed members again every half minute, and a leader looks at all of them every minute. */
const settleMs = 180_000;
const calmMs = 5_000;

export async function runAgents(seed: number, print: ((line: string) => void) | null = null): Promise<SimResult> {
  const world = new World(seed, print);
  const run = new AgentsRun(world);
  return resultOf(
    world,
    () => run.go(),
    () => run.history.acknowledged,
  );
}

class AgentsRun {
  readonly history = new History();
  readonly #world: World;
  readonly #options: AgentsOptions;
  readonly #network: Network;
  readonly #agents: SimAgent[];
  readonly #clients: Clients;
  readonly #checker = new RaftChecker();
  readonly #storm: StormOptions;
  readonly #course: Course;

  constructor(world: World) {
    this.#world = world;
    this.#course = new Course(world, settleMs);
    const options = drawAgentsOptions(world.stream('options'));
    this.#options = options;
    world.trace(`options ${JSON.stringify(options)}`);
    this.#network = new Network(world, options.network);
    const around = {
      world,
      network: this.#network,
      options: { ...options, ipv6: false },
      flags: () => [...this.#agents.map(({ ip }) => `-retry-join=${ip}`), '-serf-wan-port=-1'],
      dataDir: '',
      watch: ({ id }: SimAgent, fsm: Fsm) => this.#checker.watch(world, id, fsm),
      onRaft: ({ id }: SimAgent) => this.#checker.started(id),
      onCrashed: (agent: SimAgent) => back(this.#storm, world.stream(`restart ${agent.id} ${world.nowMs}`), agent),
      onUserEvent: () => {},
      onFailure: (error: unknown) => this.#course.fail(error),
    };
    const { servers, laterServers, clientAgents, crowded } = options;
    this.#agents = [
      ...Array.from({ length: servers }, (_, i) => new SimAgent(i + 1, true, servers, around)),
      ...Array.from(
        { length: laterServers },
        (_, i) => new SimAgent(servers + i + 1, true, crowded ? servers : 0, around),
      ),
      ...Array.from({ length: clientAgents }, (_, i) => new SimAgent(servers + laterServers + i + 1, false, 0, around)),
    ];
    this.#storm = { world, network: this.#network, agents: this.#agents, options, onFailure: around.onFailure };
    this.#clients = new Clients({
      world,
      agents: this.#agents,
      nodesLeave: true,
      history: this.history,
      options,
      onFailure: around.onFailure,
    });
    world.afterEvent = () => this.#observe();
  }

  async go(): Promise<void> {
    const world = this.#world;
    const random = world.stream('arrival');
    for (const [i, agent] of this.#agents.entries()) {
      const { servers, laterServers, crowded } = this.#options;
      const isFirst = i < servers || (crowded && i < servers + laterServers);
      if (isFirst && i >= servers) world.sometime('more servers than expected');
      world.after(isFirst ? random.around(300) : random.around(8000), () => {
        if (agent.process === null) agent.start();
      });
    }
    this.#clients.start();
    storm(this.#storm);
    await this.#course.pass(stormMs);
    this.#calm();
    await untilAwake(this.#course, world, this.#agents);
    await this.#course.demand('a write over every agent', (done) => this.#writeEverywhere(done));
    await this.#demandWholeness();
    this.#clients.calmSinceMs = world.nowMs;
    world.trace('settled');
    await this.#course.pass(calmMs);
    this.#clients.stopping = true;
    await this.#course.demand('that every client comes to its end', (done) => {
      if (this.#clients.busy === 0) done();
    });
    await this.#course.demand('a last look at every key', (done) => this.#readAll(done));
    this.history.check();
    if (this.history.tooHard > 0) world.sometime('history too hard to decide');
    if (this.#checker.terms > 1) world.sometime('more than one leader in a run');
    await stopAll(this.#course, world, this.#network, this.#agents);
  }

  #calm(): void {
    this.#world.trace('calm');
    calmDown(this.#network, this.#agents);
  }

  readonly #writtenOver = new Set<string>();
  #writeEverywhere(done: () => void): void {
    for (const agent of this.#agents) {
      if (this.#writtenOver.has(agent.id)) continue;
      void this.#clients.put('last', agent, `over/${agent.id}`).then((ok) => {
        if (ok) this.#writtenOver.add(agent.id);
      });
    }
    if (this.#writtenOver.size === this.#agents.length) done();
  }

  /** All see all, the catalog says the same, and every server has its vote. */
  async #demandWholeness(): Promise<void> {
    let missing = 'nobody has looked';
    await this.#course.demand(
      'one opinion about who is there',
      (done) => {
        void whatIsMissing(this.#agents, 'dc1').then((what) => {
          missing = what ?? '';
          if (what === null) done();
        });
      },
      () => `: ${missing}`,
    );
  }

  readonly #looked = new Set<string>();
  #readAll(done: () => void): void {
    const keys = [...this.#clients.keys, ...this.#clients.locks];
    for (const key of keys) {
      if (this.#looked.has(key)) continue;
      void this.#clients.read('last', this.#agents[0]!, key, true).then((seen) => {
        if (seen !== null) this.#looked.add(key);
      });
    }
    if (this.#looked.size === keys.length) done();
  }

  #observe(): void {
    try {
      const { terms } = this.#checker;
      for (const { id, raft } of this.#agents) if (raft !== null) this.#checker.observed(id, raft.stats());
      if (this.#checker.terms > terms) this.#clients.leaderSinceMs = this.#world.nowMs;
    } catch (error) {
      this.#course.fail(error);
    }
  }
}
