/** One server under load on a bad disk: random crashes at any write, restarts, snapshots, full disks. From a seed alone. */
import type { LogEntry } from '../../src/agent/raft/api.ts';
import { timingsFor } from '../../src/agent/raft/core/timings.ts';
import { asError, ShuttingDown, StorageFailed } from '../../src/agent/raft/errors.ts';
import type { RaftNode } from '../../src/agent/raft/options.ts';
import { createRaft } from '../../src/agent/raft/raft.ts';
import { openFileSnapshotStore } from '../../src/agent/raft/snapshot-store-file.ts';
import type { Logger } from '../../src/agent/telemetry/api.ts';
import { silentMetrics } from '../silent.ts';
import { Disk } from './disk.ts';
import type { Stream } from './prng.ts';
import { resultOf, type SimResult } from './result.ts';
import { SafetyBroken, SingleChecker } from './single-checker.ts';
import { type CheckableFsm, type FsmUnderTest, tinyFsm } from './tiny-fsm.ts';
import { Process, World } from './world.ts';

export interface SimOptions {
  readonly fsm?: FsmUnderTest;
  readonly print?: (line: string) => void;
}

const self = { id: 'server-1', address: '127.0.0.1:8300' };
const stormMs = 20_000;
const calmMs = 60_000;

/** Draws everything that makes this run special from the seed. */
function draw(random: Stream) {
  return {
    clients: random.between(1, 12),
    thinkMs: random.pick([0, 2, 20, 200]),
    disk: {
      meanLatencyMs: random.pick([0.05, 0.5, 5]),
      stallChance: random.pick([0, 0.001, 0.01]),
      failChance: random.pick([0, 0, 0.005, 0.05]),
      crashChance: random.pick([0, 0.001, 0.005, 0.03]),
    },
    fullEveryMs: random.pick([0, 0, 3000, 8000]),
    crashEveryMs: random.pick([0, 500, 4000]),
    snapshotThreshold: random.pick([4, 32, 256]),
    snapshotIntervalMs: random.pick([50, 1000]),
    trailingLogs: random.pick([0, 1, 10, 200]),
    restoreEveryMs: random.pick([0, 0, 2000]),
    maxOps: 700,
  };
}

export async function runSingle(seed: number, { fsm = tinyFsm, print }: SimOptions = {}): Promise<SimResult> {
  const world = new World(seed, print ?? null);
  const run = new SingleRun(world, fsm);
  return resultOf(
    world,
    () => run.go(),
    () => run.checker.acknowledged,
  );
}

class SingleRun {
  readonly checker: SingleChecker;
  readonly #world: World;
  readonly #fsmUnderTest: FsmUnderTest;
  readonly #options: ReturnType<typeof draw>;
  readonly #random: Stream;
  readonly #disk: Disk;
  #process: Process | null = null;
  #raft: RaftNode | null = null;
  #fsm: CheckableFsm;
  #lives = 0;
  #ops = 0;
  #calm = false;
  #failure: Error | null = null;
  #recovered = false;

  constructor(world: World, fsmUnderTest: FsmUnderTest) {
    this.#world = world;
    this.#fsmUnderTest = fsmUnderTest;
    this.#fsm = fsmUnderTest.create();
    this.checker = new SingleChecker(this.#fsm.digest());
    this.#options = draw(world.stream('options'));
    this.#random = world.stream('workload');
    this.#disk = new Disk(world, this.#options.disk, (where) => this.#crashed(where));
    world.trace(`options ${JSON.stringify(this.#options)}`);
  }

  async go(): Promise<void> {
    const world = this.#world;
    this.#start();
    for (let client = 0; client < this.#options.clients; client++) void this.#client(client);
    this.#disturb();
    const stop = (): boolean => this.#failure !== null;
    await world.run(() => stop() || this.#ops >= this.#options.maxOps, stormMs);
    // Then the weather clears: no faults any more, and everything must come good.
    this.#calm = true;
    this.#disk.healed = true;
    this.#disk.full = false;
    world.trace('calm');
    await world.run(() => stop() || this.#recovered, world.nowMs + calmMs);
    if (this.#failure) throw this.#failure;
    if (!this.#recovered) throw new SafetyBroken('the server did not come back after the faults were over');
    await this.#finish(stop);
  }

  /** A clean stop and start must find everything, too. */
  async #finish(stop: () => boolean): Promise<void> {
    let stopped = false;
    const raft = this.#raft;
    void raft?.stop().then(() => {
      stopped = true;
    });
    await this.#world.run(() => stop() || stopped || this.#raft !== raft, this.#world.nowMs + calmMs);
    if (!stopped && this.#raft !== raft) {
      // A crash that had begun before the calm.
      await this.#world.run(() => stop() || this.#raft !== null, this.#world.nowMs + calmMs);
      return this.#finish(stop);
    }
    if (!stopped) throw new SafetyBroken('stop() did not end');
    this.#process?.crash();
    this.#start();
    await this.#world.run(() => stop() || this.#recovered, this.#world.nowMs + calmMs);
    if (this.#failure) throw this.#failure;
    if (!this.#recovered) throw new SafetyBroken('the server did not come back after a clean stop');
  }

  #fail(error: unknown): void {
    this.#failure ??= asError(error);
  }

  /** Runs checks where a throw would be swallowed by a promise or by the engine. */
  #check(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error);
    }
  }

  #start(): void {
    const process = new Process(this.#world, `life ${++this.#lives}`);
    this.#process = process;
    this.#raft = null;
    this.#recovered = false;
    this.checker.started();
    this.#world.trace(`start ${process.name}`);
    this.#boot(process).catch((error) => {
      if (!process.alive) return;
      if (error instanceof StorageFailed) {
        // The disk would not have it: an operator tries again later.
        this.#world.sometime('start failed for the disk');
        this.#world.trace(`start failed: ${error.message}`);
        process.crash();
        this.#world.after(1000, () => this.#start());
      } else {
        this.#fail(error);
      }
    });
  }

  async #boot(process: Process): Promise<void> {
    const { snapshotIntervalMs, snapshotThreshold, trailingLogs } = this.#options;
    const { files, store } = { files: this.#disk.files(process), store: await this.#disk.logStore(process) };
    const logger = this.#logger(process);
    const snapshots = await openFileSnapshotStore({
      path: '/raft',
      files,
      wallMs: process.runtime.clock.wallMs,
      logger,
    }).catch((error) => {
      throw error.code === 'EIO' || error.code === 'ENOSPC' ? new StorageFailed('open', error) : error;
    });
    const fsm = this.#watch(this.#fsmUnderTest.create());
    if (store.firstIndex > 1) this.#world.sometime('restart from snapshot and log');
    else if (this.#lives > 1) this.#world.sometime('restart from the log alone');
    const raft = await createRaft({
      ...self,
      storage: { store, snapshots },
      fsm,
      runtime: process.runtime,
      logger,
      metrics: silentMetrics,
      bootstrap: { servers: [{ suffrage: 'voter', ...self }] },
      timings: timingsFor(1),
      snapshotIntervalMs,
      snapshotThreshold,
      trailingLogs,
      nextTurn: (fn) => void this.#world.after(0, fn, process),
      onFatal: (error) => this.#fail(error),
    });
    this.#raft = raft;
    this.#fsm = fsm;
    void this.#recover(process, raft, fsm);
  }

  /** Waits until the server leads and everything is applied, then looks whether anything is missing. */
  async #recover(process: Process, raft: RaftNode, fsm: CheckableFsm): Promise<void> {
    for (;;) {
      if (raft.leadership.isLeader) {
        const applied = await raft.barrier().then(
          () => true,
          () => false,
        );
        if (applied && process.alive) break;
      }
      await process.wait(10);
    }
    this.#check(() => {
      this.checker.recovered(raft.stats(), fsm.digest());
      this.checker.observed(raft.stats());
    });
    this.#world.trace(`recovered at ${raft.stats().appliedIndex}`);
    if (!raft.hasLease()) this.#fail(new SafetyBroken('a server alone is always within its lease'));
    this.#recovered = true;
  }

  #watch(fsm: CheckableFsm): CheckableFsm {
    return {
      apply: (entries: readonly LogEntry[]) => {
        // One by one: the checker wants the state at every index.
        const results: unknown[] = [];
        for (const entry of entries) {
          results.push(...fsm.apply([entry]));
          this.#check(() => this.checker.applied(entry, fsm.digest()));
        }
        return results;
      },
      snapshot: () => fsm.snapshot(),
      restore: async (stream) => {
        await fsm.restore(stream);
        this.#world.trace(`restored ${fsm.digest()}`);
        this.#check(() => this.checker.restored(fsm.digest()));
      },
      digest: () => fsm.digest(),
    };
  }

  #crashed(where: string): void {
    this.#world.trace(`crash ${where}`);
    this.#process?.crash();
    this.#raft = null;
    this.#recovered = false;
    this.#disk.afterCrash();
    this.#world.after(this.#random.around(50), () => this.#start());
  }

  async #client(client: number): Promise<void> {
    const world = this.#world;
    for (;;) {
      await world.sleep(this.#random.around(this.#options.thinkMs + 0.01));
      if (this.#calm) return;
      const raft = this.#raft;
      if (!raft) await world.sleep(20);
      else if (this.#random.chance(0.05)) await this.#read(raft);
      else await this.#propose(raft, client);
    }
  }

  async #propose(raft: RaftNode, client: number): Promise<void> {
    const op = ++this.#ops;
    const bytes = this.#fsmUnderTest.command(op);
    const command = Buffer.from(bytes).toString('latin1');
    this.checker.proposed(command);
    const outcome = raft.propose(bytes).then(
      ({ index, result }) => {
        this.#world.trace(`client ${client} op ${op} at ${index}`);
        this.#check(() =>
          this.checker.acknowledgedAt(command, index, this.#fsmUnderTest.resultIsDigest ? result : undefined),
        );
      },
      (error) => {
        this.#world.trace(`client ${client} op ${op} ${asError(error).name}`);
        this.#world.sometime(`proposal ended with ${asError(error).name}`);
        const known = ['StorageFailed', 'NotLeader', 'EnqueueTimeout'].includes(asError(error).name);
        this.#check(() => (known ? this.checker.refused(command) : this.checker.unknown(command)));
      },
    );
    // A client of a server that died hears nothing; it gives up.
    await Promise.race([outcome, this.#world.sleep(10_000)]);
    if (this.#raft === raft) this.#check(() => this.checker.observed(raft.stats()));
  }

  async #read(raft: RaftNode): Promise<void> {
    const fsm = this.#fsm;
    const before = fsm.digest();
    const confirmed = await Promise.race([
      raft.verifyLeader().then(
        () => true,
        () => false,
      ),
      this.#world.sleep(1000).then(() => false),
    ]);
    if (confirmed && this.#raft === raft) this.#check(() => this.checker.read(before, fsm.digest()));
  }

  /** Things that happen from outside, each on its own clock. */
  #disturb(): void {
    const { fullEveryMs, crashEveryMs, restoreEveryMs } = this.#options;
    const every = (meanMs: number, happen: () => void): void => {
      if (meanMs === 0) return;
      const again = (): void => {
        if (this.#calm) return;
        happen();
        this.#world.after(this.#random.around(meanMs), again);
      };
      this.#world.after(this.#random.around(meanMs), again);
    };
    every(crashEveryMs, () => {
      if (!this.#raft) return;
      this.#world.sometime('crash between writes');
      this.#crashed('between writes');
    });
    every(fullEveryMs, () => {
      this.#disk.full = true;
      this.#world.trace('disk full');
      this.#world.after(this.#random.around(500), () => {
        this.#disk.full = false;
        this.#world.trace('disk has space');
      });
    });
    every(restoreEveryMs, () => void this.#restore());
  }

  /** An operator saves the state and restores it a little later. */
  async #restore(): Promise<void> {
    const raft = this.#raft;
    if (!raft) return;
    try {
      const { about, stream } = await raft.openSnapshot();
      const chunks: Uint8Array[] = [];
      for await (const chunk of stream) chunks.push(chunk);
      const saved = this.#fsmUnderTest.create();
      await saved.restore(asStream(chunks));
      await this.#world.sleep(this.#random.around(200));
      if (this.#raft !== raft) return;
      this.checker.restoring(saved.digest());
      await raft.restoreSnapshot(about, asStream(chunks));
      const { role, lastSnapshotIndex } = raft.stats();
      // One that stopped meanwhile does not say any more where its state is.
      if (role !== 'shutdown') this.#check(() => this.checker.replaced(lastSnapshotIndex, saved.digest()));
      this.#world.sometime('operator restored a snapshot');
    } catch (error) {
      this.#world.trace(`restore ${asError(error).name}`);
      if (!(error instanceof StorageFailed || error instanceof ShuttingDown)) {
        this.#world.sometime(`restore ended with ${asError(error).name}`);
      }
    }
  }

  #logger(process: Process): Logger {
    const line = (level: string) => (message: string, fields?: object) => {
      if (process.alive) this.#world.trace(`${level} ${message} ${fields ? JSON.stringify(fields) : ''}`);
    };
    const logger: Logger = {
      named: () => logger,
      enabled: () => true,
      trace: line('trace'),
      debug: line('debug'),
      info: line('info'),
      warn: line('warn'),
      error: line('error'),
    };
    return logger;
  }
}

async function* asStream(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
