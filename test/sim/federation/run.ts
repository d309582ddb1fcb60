/**
 * One run of two datacenters: whole agents form two pools and the one of all servers; then a storm, in which keys are changed, events
 * fired and keys of the store written across; then calm weather in which everything must come good, and a clean stop.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fsm } from '../../../src/agent/raft/api.ts';
import { SimAgent } from '../agents/agent.ts';
import { whatIsMissing } from '../agents/convergence.ts';
import { calmDown, stopAll, untilAwake } from '../agents/ending.ts';
import { Network } from '../agents/network.ts';
import { back, type StormOptions, storm } from '../agents/storm.ts';
import { Course } from '../course.ts';
import { recurring } from '../recurring.ts';
import { resultOf, type SimResult } from '../result.ts';
import { RaftChecker } from '../servers/raft-checker.ts';
import { World } from '../world.ts';
import { CrossWriter } from './cross-writer.ts';
import { EventWatch } from './event-watch.ts';
import { KeyOperator } from './key-operator.ts';
import { drawFederationOptions, type FederationOptions } from './options.ts';

const stormMs = 15_000;
/** In the WAN pool failed members are tried again every minute, and so are servers that are missing there. */
const settleMs = 300_000;

export async function runFederation(seed: number, print: ((line: string) => void) | null = null): Promise<SimResult> {
  const world = new World(seed, print);
  const dataDir = mkdtempSync(join(tmpdir(), 'tc-sim-'));
  const run = new FederationRun(world, dataDir);
  try {
    return await resultOf(
      world,
      () => run.go(),
      () => run.writer.acknowledged,
    );
  } finally {
    rmSync(dataDir, { recursive: true });
  }
}

class FederationRun {
  readonly writer: CrossWriter;
  readonly #world: World;
  readonly #course: Course;
  readonly #options: FederationOptions;
  readonly #network: Network;
  readonly #agents: readonly SimAgent[];
  readonly #datacenterOf = new Map<SimAgent, string>();
  /** Those that run since the beginning. */
  readonly #first = new Map<SimAgent, unknown>();
  readonly #checkers = new Map<string, RaftChecker>();
  readonly #events: EventWatch;
  readonly #operator: KeyOperator;
  readonly #storm: StormOptions;

  constructor(world: World, dataDir: string) {
    this.#world = world;
    this.#course = new Course(world, settleMs);
    const options = drawFederationOptions(world.stream('options'));
    this.#options = options;
    world.trace(`options ${JSON.stringify(options)}`);
    this.#network = new Network(world, options.network);
    const around = {
      world,
      network: this.#network,
      options,
      flags: (agent: SimAgent) => this.#flags(agent),
      dataDir,
      watch: (agent: SimAgent, fsm: Fsm) => this.#checkerOf(agent).watch(world, agent.id, fsm),
      onRaft: (agent: SimAgent) => this.#checkerOf(agent).started(agent.id),
      onCrashed: (agent: SimAgent) => back(this.#storm, world.stream(`restart ${agent.id} ${world.nowMs}`), agent),
      onUserEvent: (agent: SimAgent, event: Parameters<EventWatch['heard']>[1]) => {
        try {
          this.#events.heard(agent, event);
        } catch (error) {
          this.#course.fail(error);
        }
      },
      onFailure: (error: unknown) => this.#course.fail(error),
    };
    const agents: SimAgent[] = [];
    for (const { name, servers, clients } of options.datacenters) {
      for (let i = 0; i < servers + clients; i++) {
        const isServer = i < servers;
        const agent = new SimAgent(agents.length + 1, isServer, isServer ? servers : 0, around);
        this.#datacenterOf.set(agent, name);
        agents.push(agent);
      }
    }
    this.#agents = agents;
    const datacenters = options.datacenters.map(({ name }) => name);
    const datacenterOf = (agent: SimAgent): string => this.#datacenterOf.get(agent)!;
    this.#storm = { world, network: this.#network, agents, options, onFailure: around.onFailure };
    this.#events = new EventWatch({ world, agents, datacenters, datacenterOf });
    this.#operator = new KeyOperator({
      ...options,
      world,
      agents,
      sizeOf: ({ WAN, Datacenter }) => (WAN ? this.#servers.length : this.#of(Datacenter).length),
    });
    this.writer = new CrossWriter(world, agents, datacenters);
    world.afterEvent = () => this.#observe();
  }

  get #servers(): readonly SimAgent[] {
    return this.#agents.filter(({ isServer }) => isServer);
  }

  #of(datacenter: string): readonly SimAgent[] {
    return this.#agents.filter((agent) => this.#datacenterOf.get(agent) === datacenter);
  }

  /**
   * One server of the second datacenter knows those of the first, and the others find each other. Who leaves forgets everybody: where that
   * happens all servers are told whom to join.
   */
  #flags(agent: SimAgent): readonly string[] {
    const { datacenters, leaveEveryMs } = this.#options;
    const name = this.#datacenterOf.get(agent)!;
    const joinsWan = agent === this.#of(datacenters[1].name)[0] || (agent.isServer && leaveEveryMs > 0);
    const others = joinsWan ? this.#servers.filter((one) => this.#datacenterOf.get(one) !== name) : [];
    return [
      `-datacenter=${name}`,
      ...this.#of(name).map(({ ip }) => `-retry-join=${ip}`),
      ...others.map(({ ip }) => `-retry-join-wan=${ip}`),
    ];
  }

  async go(): Promise<void> {
    const world = this.#world;
    for (const agent of this.#agents) agent.start();
    await this.#demandWholeness();
    world.trace('formed');
    for (const agent of this.#agents) this.#first.set(agent, agent.process);
    const { eventEveryMs, writeEveryMs } = this.#options;
    const random = world.stream('workload');
    storm(this.#storm);
    this.#operator.run().catch((error) => this.#course.fail(error));
    const every = recurring(world, this.#network, random);
    const failed = (error: unknown): void => this.#course.fail(error);
    every(eventEveryMs, () => void this.#events.fire().catch(failed));
    every(writeEveryMs, () => void this.writer.write().catch(failed));
    await this.#course.pass(stormMs);
    world.trace('calm');
    calmDown(this.#network, this.#agents);
    this.#operator.stopping = true;
    await untilAwake(this.#course, world, this.#agents);
    await this.#demandWholeness();
    await this.#course.demand('an end of the change of keys', (done) => {
      if (!this.#operator.busy) done();
    });
    if (this.#options.encrypted) await this.#until('the same key for everybody', () => this.#operator.missing());
    await this.#until('that all hear of what some heard of', async () => this.#events.missing(this.#unbroken()));
    await this.#demandNewEvents();
    await this.#until('everything that was written', () => this.writer.missing());
    await stopAll(this.#course, world, this.#network, this.#agents);
  }

  /** Agents that never stopped. */
  #unbroken(): readonly SimAgent[] {
    return this.#agents.filter((agent) => agent.process !== null && this.#first.get(agent) === agent.process);
  }

  /** Asks again and again what is missing, until nothing is. */
  async #until(what: string, look: () => Promise<string | null>): Promise<void> {
    let missing: string | null = 'nobody has looked';
    let looking = false;
    await this.#course.demand(
      what,
      (done) => {
        if (looking) return;
        looking = true;
        look().then(
          (found) => {
            looking = false;
            missing = found;
            if (found === null) done();
          },
          (error) => this.#course.fail(error),
        );
      },
      () => `: ${missing}`,
    );
  }

  async #demandNewEvents(): Promise<void> {
    let event: string | null = null;
    await this.#until('an event that everybody hears of', async () => {
      event ??= await this.#events.fire();
      return event === null ? 'it was not fired' : this.#events.missingOf(event);
    });
  }

  /** Both datacenters are whole, and all servers see all servers. */
  #demandWholeness(): Promise<void> {
    return this.#until('one opinion about who is there', async () => {
      for (const { name } of this.#options.datacenters) {
        const missing = await whatIsMissing(this.#of(name), name);
        if (missing !== null) return `in ${name} ${missing}`;
      }
      return this.#wanProblem();
    });
  }

  #wanProblem(): string | null {
    const textOf = (all: readonly (readonly string[])[]): string =>
      all
        .map((one) => one.join(' '))
        .sort()
        .join(', ');
    const wanted = textOf(this.#servers.map((one) => [`${one.id}.${this.#datacenterOf.get(one)}`, 'alive', one.ip]));
    for (const { id, cluster } of this.#servers) {
      const seen = textOf((cluster?.wan?.members() ?? []).map(({ name, status, address }) => [name, status, address]));
      if (seen !== wanted) return `${id} sees in the WAN pool: ${seen}`;
    }
    return null;
  }

  #checkerOf(agent: SimAgent): RaftChecker {
    const name = this.#datacenterOf.get(agent)!;
    let checker = this.#checkers.get(name);
    if (checker === undefined) {
      checker = new RaftChecker();
      this.#checkers.set(name, checker);
    }
    return checker;
  }

  #observe(): void {
    try {
      for (const agent of this.#servers) {
        if (agent.raft !== null) this.#checkerOf(agent).observed(agent.id, agent.raft.stats());
      }
    } catch (error) {
      this.#course.fail(error);
    }
  }
}
