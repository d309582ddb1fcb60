/** One run of whole servers: a storm, then calm weather in which everything must come good, then a clean stop. */
import type { Config } from '../../../src/agent/config/config.ts';
import type { Fsm } from '../../../src/agent/raft/api.ts';
import { fakeHost, loaded } from '../../unit/agent/config/fake-host.ts';
import { Course } from '../course.ts';
import { resultOf, type SimResult } from '../result.ts';
import { SafetyBroken } from '../single-checker.ts';
import { World } from '../world.ts';
import { Clients } from './clients.ts';
import { History } from './history.ts';
import { Network } from './network.ts';
import { drawServersOptions, type ServersOptions } from './options.ts';
import { RaftChecker } from './raft-checker.ts';
import { SimServer } from './server.ts';
import { storm } from './storm.ts';

const stormMs = 12_000;
const settleMs = 60_000;
const calmMs = 5_000;
const wakingMs = 3_000;

export async function runServers(seed: number, print: ((line: string) => void) | null = null): Promise<SimResult> {
  const world = new World(seed, print);
  const run = new ServersRun(world);
  return resultOf(
    world,
    () => run.go(),
    () => run.history.acknowledged,
  );
}

const configOf = (servers: number): Config =>
  loaded(
    ['-server', `-bootstrap-expect=${servers}`, '-data-dir=/data', '-bind=10.1.2.3', '-config-file=/c.json'],
    fakeHost({ '/c.json': '{"session_ttl_min": "500ms"}' }),
  ).config;

class ServersRun {
  readonly history = new History();
  readonly #world: World;
  readonly #options: ServersOptions;
  readonly #network: Network;
  readonly #servers: SimServer[];
  readonly #clients: Clients;
  readonly #checker = new RaftChecker();
  readonly #course: Course;

  constructor(world: World) {
    this.#world = world;
    this.#course = new Course(world, settleMs);
    this.#options = drawServersOptions(world.stream('options'));
    world.trace(`options ${JSON.stringify(this.#options)}`);
    this.#network = new Network(world, this.#options.network, () => this.#servers);
    const around = {
      world,
      network: this.#network,
      options: this.#options,
      config: configOf(this.#options.servers),
      configuration: () => ({
        servers: this.#servers.map(({ id, address }) => ({ suffrage: 'voter' as const, id, address })),
      }),
      members: () => this.#servers.map(({ member }) => member),
      watch: ({ id }: SimServer, fsm: Fsm) => this.#checker.watch(world, id, fsm),
      onStarted: (server: SimServer) => this.#onStarted(server),
      onCrashed: (server: SimServer, wasLeader: boolean) => this.#onCrashed(server, wasLeader),
      onFailure: (error: unknown) => this.#course.fail(error),
    };
    this.#servers = Array.from({ length: this.#options.servers }, (_, i) => new SimServer(i + 1, around));
    this.#clients = new Clients({
      world,
      agents: this.#servers,
      nodesLeave: false,
      history: this.history,
      options: this.#options,
      onFailure: (error) => this.#course.fail(error),
    });
    world.afterEvent = () => this.#observe();
  }

  async go(): Promise<void> {
    const world = this.#world;
    for (const server of this.#servers) server.start();
    this.#clients.start();
    storm({ world, network: this.#network, servers: this.#servers, options: this.#options });
    await this.#course.pass(stormMs);
    this.#calm();
    await this.#untilAwake();
    await this.#course.demand('a write over every server', (done) => this.#writeEverywhere(done));
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
    await this.#stop();
  }

  /** Who sleeps still stirs things up when it wakes: with an old term, or with an election of its own. */
  async #untilAwake(): Promise<void> {
    const untilMs = Math.max(0, ...this.#servers.map(({ process }) => process?.pausedUntilMs ?? 0));
    if (untilMs > this.#world.nowMs) await this.#course.pass(untilMs - this.#world.nowMs + wakingMs);
  }

  #calm(): void {
    this.#world.trace('calm');
    this.#network.calm = true;
    this.#network.cut.clear();
    for (const server of this.#servers) {
      server.disk.healed = true;
      if (server.process === null) server.start();
      this.#world.after(1000, () => this.#gossip(server, 'alive'));
    }
  }

  readonly #writtenOver = new Set<string>();
  #writeEverywhere(done: () => void): void {
    for (const server of this.#servers) {
      if (this.#writtenOver.has(server.id)) continue;
      void this.#clients.put('last', server, `over/${server.id}`).then((ok) => {
        if (ok) this.#writtenOver.add(server.id);
      });
    }
    if (this.#writtenOver.size === this.#servers.length) done();
  }

  readonly #looked = new Set<string>();
  #readAll(done: () => void): void {
    const keys = [...this.#clients.keys, ...this.#clients.locks];
    for (const key of keys) {
      if (this.#looked.has(key)) continue;
      void this.#clients.read('last', this.#servers[0]!, key, true).then((seen) => {
        if (seen !== null) this.#looked.add(key);
      });
    }
    if (this.#looked.size === keys.length) done();
  }

  /** Every server stops, and nothing of it is left. */
  async #stop(): Promise<void> {
    let stopped = 0;
    for (const { server } of this.#servers) {
      void server?.stop().then(
        () => stopped++,
        (error) => this.#course.fail(error),
      );
    }
    await this.#course.until(() => stopped === this.#servers.length);
    if (stopped < this.#servers.length) throw new SafetyBroken('a server did not stop');
    // Calls that were under way end by themselves.
    await this.#course.pass(20_000);
    for (const { id, process } of this.#servers) {
      const left = process === null ? [] : this.#world.waitingOf(process);
      if (left.length > 0) throw new SafetyBroken(`${id} stopped, and timers were left: ${left.join(', ')}`);
    }
  }

  #observe(): void {
    try {
      const { terms } = this.#checker;
      for (const { id, raft } of this.#servers) if (raft !== null) this.#checker.observed(id, raft.stats());
      if (this.#checker.terms > terms) this.#clients.leaderSinceMs = this.#world.nowMs;
    } catch (error) {
      this.#course.fail(error);
    }
  }

  #onStarted(server: SimServer): void {
    this.#checker.started(server.id);
    this.#world.after(200, () => this.#gossip(server, 'alive'));
  }

  #onCrashed(server: SimServer, wasLeader: boolean): void {
    const world = this.#world;
    world.after(world.stream(`restart ${server.id} ${world.nowMs}`).around(1500), () => {
      if (server.process === null) server.start();
    });
    for (const other of this.#servers) {
      if (!wasLeader || other.process === null) continue;
      world.after(
        this.#network.delayMs(),
        () => {
          if (server.process === null && !this.#network.isCut(server, other)) other.raft?.leaderGone(server.id);
        },
        other.process,
      );
    }
    const { failedAfterMs } = this.#options;
    if (failedAfterMs > 0) {
      world.after(failedAfterMs, () => {
        if (server.process === null) this.#gossip(server, 'failed');
      });
    }
  }

  /** All hear the same of a member, some time after it is so. */
  #gossip(server: SimServer, status: 'alive' | 'failed'): void {
    if (server.status === status && status === 'failed') return;
    if (status === 'failed') this.#world.sometime('member failed');
    server.status = status;
    for (const other of this.#servers) {
      other.server?.memberChanged(server.member);
      other.server?.maybeBootstrap();
    }
  }
}
