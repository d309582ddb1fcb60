/** Makes snapshots in the background, cuts the log behind them, and takes over snapshots that come from elsewhere. */
import type { Timer } from '../../lib/runtime.ts';
import type { Logger } from '../telemetry/api.ts';
import type { FsmSnapshot, Raft, SnapshotMeta } from './api.ts';
import { assert } from './core/assert.ts';
import type { RaftCore } from './core/core.ts';
import type { Input, SnapshotPoint } from './core/effects.ts';
import type { InstallSnapshot } from './core/messages.ts';
import type { DiskWriter } from './disk-writer.ts';
import { asError, NothingToSnapshot, NotLeader, ShuttingDown } from './errors.ts';
import type { RaftOptions } from './options.ts';
import { type SnapshotSink, snapshotId } from './snapshot-store.ts';

interface Engine {
  readonly core: RaftCore;
  readonly writer: DiskWriter;
  appliedIndex(): number;
  step(input: Input): void;
  /** Applies what was committed while nothing was to be applied. */
  applyCommitted(): void;
}

const retryMs = 1000;

export class Snapshotter {
  readonly #options: RaftOptions;
  readonly #logger: Logger;
  readonly #engine: Engine;
  readonly #createMs: (ms: number) => void;
  #timer: Timer | null = null;
  /** Making, replacing and installing follow each other: each needs a state machine that stands still or is its own. */
  #last: Promise<unknown> = Promise.resolve();
  #waiting: Promise<SnapshotMeta> | null = null;
  #installing: Promise<void> = Promise.resolve();
  #received: { readonly request: InstallSnapshot; readonly sink: SnapshotSink } | null = null;
  #stopped = false;
  /** A leader's snapshot takes the place of the state: entries of the log must not follow it, they are in it. */
  installing = false;
  /** The state machine was replaced but the log was not: they no longer belong together. */
  diverged = false;

  constructor(options: RaftOptions, logger: Logger, engine: Engine) {
    this.#options = options;
    this.#logger = logger;
    this.#engine = engine;
    this.#createMs = options.metrics.sample('raft.snapshot.create');
  }

  /** Looks every 1x..2x of the interval whether a snapshot is worth while. */
  start(): void {
    const { runtime, snapshotIntervalMs } = this.#options;
    if (this.#stopped) return;
    this.#timer = runtime.clock.after(snapshotIntervalMs * (1 + runtime.random.float()), () => {
      this.#takeIfDue().then(() => this.start());
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#last;
  }

  async #takeIfDue(): Promise<void> {
    const { core } = this.#engine;
    if (core.log.lastIndex - (core.snapshot?.index ?? 0) < this.#options.snapshotThreshold) return;
    try {
      await this.take();
    } catch (error) {
      if (!this.#stopped) this.#logger.error('failed to take snapshot', { error: asError(error).message });
    }
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#last.then(work);
    this.#last = run.catch(() => {});
    return run;
  }

  /** Calls that wait for the same turn share the snapshot; one that is being made may be too old for a new call. */
  take(): Promise<SnapshotMeta> {
    this.#waiting ??= this.#exclusively(() => {
      this.#waiting = null;
      return this.#take();
    });
    return this.#waiting;
  }

  /** The state as it is now, past the disk. While it is being replaced it is nobody's. */
  open(): ReturnType<Raft['openSnapshot']> {
    return this.#exclusively(async () => {
      if (this.#stopped) throw new ShuttingDown();
      const point = this.#currentPoint();
      if (!point) throw new NothingToSnapshot();
      const id = snapshotId(point, this.#options.runtime.clock.wallMs());
      return { about: { id, ...point }, stream: written(this.#options.fsm.snapshot()) };
    });
  }

  async #take(): Promise<SnapshotMeta> {
    if (this.#stopped) throw new ShuttingDown();
    const { core } = this.#engine;
    const { clock } = this.#options.runtime;
    const point = this.#currentPoint();
    if (!point) throw new NothingToSnapshot();
    const newest = this.#options.storage.snapshots.list()[0];
    if (newest && newest.index === point.index && newest.term === point.term) return newest;
    const startMs = clock.nowMs();
    this.#logger.info('starting snapshot up to', { index: point.index });
    const meta = await this.#write(point);
    this.#createMs(clock.nowMs() - startMs);
    await this.#compact(point, core);
    this.#logger.info('snapshot complete up to', { index: point.index });
    return meta;
  }

  /** Where the state machine stands; null before anything was applied. */
  #currentPoint(): SnapshotPoint | null {
    const { core, appliedIndex } = this.#engine;
    const index = appliedIndex();
    const term = core.log.term(index);
    if (index === 0 || term === undefined) return null;
    const { configuration, index: configurationIndex } = core.committedConfiguration;
    // A configuration that is committed but lies beyond what is applied must not be in the snapshot.
    if (configurationIndex > index) return null;
    return { index, term, configuration, configurationIndex };
  }

  async #write(point: SnapshotPoint): Promise<SnapshotMeta> {
    const frozen = this.#options.fsm.snapshot();
    try {
      const sink = await this.#options.storage.snapshots.create(point);
      return await this.#fill(sink, frozen.write());
    } finally {
      frozen.release();
    }
  }

  async #fill(sink: SnapshotSink, stream: AsyncIterable<Uint8Array>): Promise<SnapshotMeta> {
    try {
      for await (const chunk of stream) {
        if (this.#stopped) throw new ShuttingDown();
        await sink.write(chunk);
      }
      return await sink.commit();
    } catch (error) {
      await sink.abort();
      throw error;
    }
  }

  async #compact(point: SnapshotPoint, core: RaftCore): Promise<void> {
    const { storage, trailingLogs } = this.#options;
    const { store } = storage;
    await this.#engine.writer.run(async () => {
      const from = store.firstIndex;
      const tell = (): void => {
        if ((core.snapshot?.index ?? 0) > point.index) return;
        this.#engine.step({ kind: 'compacted', snapshot: point, firstIndex: store.firstIndex });
      };
      // Before anything goes, the snapshot must be there for those who will miss it.
      tell();
      const to = Math.min(point.index, core.log.lastIndex - trailingLogs);
      if (to >= from) {
        this.#logger.info('compacting logs', { from, to });
        try {
          await store.compact(to);
        } catch (error) {
          // The snapshot stands; the log is cut with the next one.
          this.#logger.warn('failed to compact logs', { error: asError(error).message });
        }
      }
      tell();
    });
  }

  /**
   * An operator's snapshot: becomes ours, after everything there is. `ready` resolves when nothing is on its way any more,
   * `done` tells the core where the log continues.
   */
  replace(
    index: number,
    stream: AsyncIterable<Uint8Array>,
    engine: { ready(): Promise<void>; isLeader(): boolean; done(point: SnapshotPoint): void },
  ): Promise<void> {
    return this.#exclusively(async () => {
      await engine.ready();
      if (!engine.isLeader()) throw new NotLeader();
      engine.done(await this.#replace(index, stream, () => engine.isLeader()));
    });
  }

  async #replace(index: number, stream: AsyncIterable<Uint8Array>, isLeader: () => boolean): Promise<SnapshotPoint> {
    const { core, writer } = this.#engine;
    const { storage, fsm } = this.#options;
    const { term } = core;
    const point: SnapshotPoint = {
      index: Math.max(core.log.lastIndex, index) + 1,
      term,
      configuration: core.configuration,
      configurationIndex: core.configurationIndex,
    };
    const sink = await storage.snapshots.create(point);
    const meta = await this.#fill(sink, stream);
    const demandTerm = (): void => {
      if (!isLeader() || core.term !== term) throw new NotLeader();
    };
    try {
      demandTerm();
      await fsm.restore(storage.snapshots.read(meta.id));
      this.diverged = true;
      demandTerm();
    } catch (error) {
      // The log is whole: the next start goes on from the state before.
      await storage.snapshots.remove(meta.id);
      throw error;
    }
    await writer.run(() => this.#resetLog(point.index));
    this.diverged = false;
    this.#logger.info('restored user snapshot', { index: point.index });
    return point;
  }

  /**
   * Drops the log behind a snapshot that is in place already: there is no way back, so this goes on until the disk gives in. A
   * crash or stop meanwhile does no harm, the next start sees that the snapshot is ahead of the log.
   */
  async #resetLog(index: number): Promise<void> {
    const { storage, runtime } = this.#options;
    for (;;) {
      try {
        await storage.store.reset(index);
        return;
      } catch (error) {
        if (this.#stopped) throw new ShuttingDown();
        this.#logger.error('failed to drop logs', { error: asError(error).message });
        await new Promise<void>((resolve) => runtime.clock.after(retryMs, resolve));
      }
    }
  }

  /** A leader's snapshot: `arrived` steps the core with the request once all bytes are here. */
  async receive(request: InstallSnapshot, stream: AsyncIterable<Uint8Array>, arrived: () => void): Promise<void> {
    const { lastIndex, lastTerm, configuration, configurationIndex } = request;
    const sink = await this.#options.storage.snapshots.create({
      index: lastIndex,
      term: lastTerm,
      configuration,
      configurationIndex,
    });
    try {
      for await (const chunk of stream) await sink.write(chunk);
      this.#received = { request, sink };
      arrived();
    } finally {
      // Still there: the core did not want it.
      if (this.#received?.request === request) {
        this.#received = null;
        await sink.abort();
      } else if (this.#received === null) await this.#installing;
    }
  }

  /** The core wants the received snapshot. */
  install(request: InstallSnapshot): void {
    const received = this.#received;
    assert(received?.request === request, 'only a snapshot that arrived is installed');
    this.#received = null;
    this.installing = true;
    this.#installing = this.#exclusively(() => this.#install(request, received.sink));
  }

  async #install(request: InstallSnapshot, sink: SnapshotSink): Promise<void> {
    const { storage, fsm } = this.#options;
    let ok = false;
    try {
      const meta = await sink.commit();
      try {
        await fsm.restore(storage.snapshots.read(meta.id));
      } catch (error) {
        await storage.snapshots.remove(meta.id);
        throw error;
      }
      ok = true;
    } catch (error) {
      await sink.abort();
      this.#logger.error('failed to install snapshot', { error: asError(error).message });
    }
    // From here on the snapshot stays: a part of the log may be gone already when this server is stopped.
    if (ok) await this.#engine.writer.run(() => this.#resetLog(request.lastIndex));
    this.#engine.step({ kind: 'installed', request, ok });
    this.installing = false;
    this.#engine.applyCommitted();
  }
}

async function* written(frozen: FsmSnapshot): AsyncGenerator<Uint8Array> {
  try {
    yield* frozen.write();
  } finally {
    frozen.release();
  }
}
