/**
 * Connects the core to the world: disk, state machine, clock and callers. Proposals of one turn of the event loop become one
 * append, one flush and one batch for the state machine; while a flush is under way the next batch gathers.
 */
import type { Timer } from '../../lib/runtime.ts';
import type { Logger } from '../telemetry/api.ts';
import type {
  Applied,
  Configuration,
  EntryType,
  Leadership,
  LogEntry,
  Raft as RaftApi,
  RaftRole,
  RaftStats,
  SnapshotMeta,
} from './api.ts';
import { entryTypes } from './api.ts';
import { AppliedWaiters } from './applied-waiters.ts';
import { assert } from './core/assert.ts';
import type { ConfigurationChange } from './core/configuration.ts';
import type { RaftCore } from './core/core.ts';
import type { Effects, Input, Persist } from './core/effects.ts';
import { type InstallSnapshot, type Message, refusalInstead } from './core/messages.ts';
import { DiskWriter } from './disk-writer.ts';
import {
  AbortedByRestore,
  asError,
  BadConfigurationChange,
  LeadershipLost,
  NotLeader,
  refusalError,
  ShuttingDown,
  StorageFailed,
} from './errors.ts';
import type { RaftNode, RaftOptions } from './options.ts';
import { PendingReads } from './pending-reads.ts';
import { enqueueTimeoutMs, Proposals, type Waiting } from './proposals.ts';
import { RaftReporter } from './raft-reporter.ts';
import { Snapshotter } from './snapshotter.ts';
import { startCore } from './start.ts';

/** Entries handed to the state machine at once. */
const applyBatch = 128;
/** The event loop gets a turn after this long in a row of applying. */
const applySliceMs = 5;
const beingReplaced = 'a snapshot is being restored';

/** Opens what is stored, restores the state machine from it and starts. Rejects with CorruptStorage or StorageFailed. */
export async function createRaft(options: RaftOptions): Promise<RaftNode> {
  const logger = options.logger.named('raft');
  const core = await startCore(options, logger);
  const node = new Node(options, core, logger);
  node.start();
  return node;
}

class Node implements RaftNode {
  readonly #options: RaftOptions;
  readonly #core: RaftCore;
  readonly #logger: Logger;
  readonly #reporter: RaftReporter;
  readonly #writer: DiskWriter;
  readonly #snapshotter: Snapshotter;
  readonly #proposals = new Proposals();
  readonly #nextTurn: (fn: () => void) => void;
  readonly #metrics;
  readonly #listeners = new Set<(leadership: Leadership) => void>();
  readonly #reads = new PendingReads();
  readonly #appliedWaiters = new AppliedWaiters();
  #leadership: Leadership = { leader: null, isLeader: false };
  #leaseUntilMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | null = null;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #appliedIndex: number;
  #commitIndex = 0;
  #applying = false;
  #flushScheduled = false;
  #dispatchedAtMs = 0;
  /** An operator's snapshot is replacing the state: nothing is appended or applied. */
  #replacing = false;
  #role: 'running' | 'stopping' | 'stopped' = 'running';

  constructor(options: RaftOptions, core: RaftCore, logger: Logger) {
    const { metrics } = options;
    this.#options = options;
    this.#core = core;
    this.#logger = logger;
    this.#nextTurn = options.nextTurn ?? setImmediate;
    this.#appliedIndex = core.appliedIndex;
    this.#reporter = new RaftReporter(logger, metrics, { id: options.id, address: options.address });
    this.#metrics = {
      apply: metrics.counter('raft.apply'),
      commitTime: metrics.sample('raft.commitTime'),
      commitNumLogs: metrics.gauge('raft.commitNumLogs'),
      fsmApply: metrics.sample('raft.fsm.apply'),
      dispatchLog: metrics.sample('raft.leader.dispatchLog'),
      dispatchNumLogs: metrics.gauge('raft.leader.dispatchNumLogs'),
    };
    this.#writer = new DiskWriter(options.storage.store, {
      persisted: (writes) => this.#guard(() => this.#onPersisted(writes)),
      failed: (writes, error) => this.#guard(() => this.#onPersistFailed(writes, error)),
      idle: () => this.#scheduleFlush(),
    });
    this.#snapshotter = new Snapshotter(options, logger, {
      core,
      writer: this.#writer,
      appliedIndex: () => this.#appliedIndex,
      step: (input) => this.#guard(() => this.#step(input)),
      applyCommitted: () => this.#guard(() => this.#applyCommitted(applySliceMs)),
    });
  }

  start(): void {
    this.#reporter.initialConfiguration(this.#core.configurationIndex, this.#core.configuration);
    this.#guard(() => this.#step({ kind: 'tick' }));
    this.#snapshotter.start();
  }

  get leadership(): Leadership {
    return this.#leadership;
  }

  onLeadership(listener: (leadership: Leadership) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  propose(data: Uint8Array, decoded?: unknown): Promise<Applied> {
    this.#metrics.apply();
    return this.#enqueue(entryTypes.command, data, decoded);
  }

  async barrier(): Promise<void> {
    await this.#enqueue(entryTypes.barrier, new Uint8Array(), undefined);
  }

  hasLease(): boolean {
    return this.#leaseUntilMs === Number.POSITIVE_INFINITY || this.#options.runtime.clock.nowMs() < this.#leaseUntilMs;
  }

  get commitIndex(): number {
    return this.#core.commitIndex;
  }

  whenApplied(index: number): Promise<void> {
    if (this.#role !== 'running') return Promise.reject(new ShuttingDown());
    return index <= this.#appliedIndex ? Promise.resolve() : this.#appliedWaiters.add(index);
  }

  verifyLeader(): Promise<void> {
    if (this.#role !== 'running') return Promise.reject(new ShuttingDown());
    if (this.#leaseUntilMs === Number.POSITIVE_INFINITY) return Promise.resolve();
    return this.#reads.add((token) => this.#guard(() => this.#step({ kind: 'verifyLeader', token })));
  }

  takeSnapshot(): Promise<SnapshotMeta> {
    return this.#role === 'running' ? this.#snapshotter.take() : Promise.reject(new ShuttingDown());
  }

  openSnapshot(): ReturnType<RaftApi['openSnapshot']> {
    return this.#role === 'running' ? this.#snapshotter.open() : Promise.reject(new ShuttingDown());
  }

  async restoreSnapshot(meta: { readonly index: number }, stream: AsyncIterable<Uint8Array>): Promise<void> {
    if (this.#role !== 'running') throw new ShuttingDown();
    if (this.#core.role !== 'leader' || this.#replacing) throw new NotLeader();
    this.#replacing = true;
    try {
      await this.#snapshotter.replace(meta.index, stream, {
        ready: async () => {
          this.#proposals.rejectInLog(() => new AbortedByRestore());
          await this.#writer.whenIdle();
          this.#guard(() => this.#applyCommitted(Number.POSITIVE_INFINITY));
        },
        isLeader: () => this.#role === 'running' && this.#core.role === 'leader',
        done: (point) => this.#guard(() => this.#step({ kind: 'replaced', snapshot: point })),
      });
    } catch (error) {
      if (this.#snapshotter.diverged) this.#fail(asError(error));
      throw error;
    } finally {
      this.#replacing = false;
      this.#guard(() => this.#applyCommitted(applySliceMs));
      this.#scheduleFlush();
    }
  }

  stats(): RaftStats {
    const core = this.#core;
    const { contactMs, snapshot } = core;
    const isLeader = core.role === 'leader';
    const role: RaftRole = this.#role === 'running' ? core.role : 'shutdown';
    const sinceContactMs =
      contactMs === Number.NEGATIVE_INFINITY ? null : this.#options.runtime.clock.nowMs() - contactMs;
    return {
      role,
      term: core.term,
      lastLogIndex: core.log.lastIndex,
      lastLogTerm: core.log.lastTerm,
      commitIndex: core.commitIndex,
      appliedIndex: this.#appliedIndex,
      fsmPending: core.commitIndex - this.#appliedIndex,
      lastSnapshotIndex: snapshot?.index ?? 0,
      lastSnapshotTerm: snapshot?.term ?? 0,
      configuration: core.configuration,
      configurationIndex: core.configurationIndex,
      lastContactMs: isLeader ? 0 : sinceContactMs,
    };
  }

  receive(message: Message): void {
    this.#guard(() => this.#step({ kind: 'message', message }));
  }

  unreachable(id: string): void {
    this.#guard(() => this.#step({ kind: 'unreachable', id }));
  }

  leaderGone(id: string): void {
    this.#guard(() => this.#step({ kind: 'leaderGone', id }));
  }

  bootstrap(configuration: Configuration): void {
    if (this.#role !== 'running') throw new ShuttingDown();
    const { outcome } = this.#step({ kind: 'bootstrap', configuration });
    if (outcome?.ok !== true) throw refusalError(outcome);
  }

  changeConfiguration(change: ConfigurationChange, prevIndex = 0): Promise<void> {
    if (this.#role !== 'running') return Promise.reject(new ShuttingDown());
    if (this.#replacing) return Promise.reject(new BadConfigurationChange(beingReplaced));
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        type: entryTypes.configuration,
        data: new Uint8Array(),
        extensions: null,
        queuedAtMs: this.#options.runtime.clock.nowMs(),
        resolve: () => resolve(),
        reject,
      };
      this.#guard(() => {
        const { outcome } = this.#step({ kind: 'changeConfiguration', change, prevIndex }, (effects) => {
          if (effects.outcome?.ok) this.#proposals.appended([waiting], effects.outcome.firstIndex);
        });
        assert(outcome !== null, 'a change has an outcome');
        if (!outcome.ok) reject(refusalError(outcome));
      });
    });
  }

  async transferLeadership(to: string): Promise<void> {
    if (this.#role !== 'running') throw new ShuttingDown();
    if (this.#replacing) throw new BadConfigurationChange(beingReplaced);
    const { outcome } = this.#step({ kind: 'transferLeadership', to });
    if (outcome?.ok !== true) throw refusalError(outcome);
  }

  async receiveSnapshot(request: InstallSnapshot, stream: AsyncIterable<Uint8Array>): Promise<void> {
    this.#guard(() => this.#step({ kind: 'snapshotArriving', from: request.from, term: request.term }));
    await this.#snapshotter.receive(request, stream, () => this.receive(request));
  }

  async stop(): Promise<void> {
    if (this.#role !== 'running') return;
    this.#end(() => new ShuttingDown());
    await this.#snapshotter.stop();
    await this.#writer.whenIdle();
    await this.#options.storage.store.close();
    this.#role = 'stopped';
  }

  #enqueue(type: EntryType, data: Uint8Array, decoded: unknown): Promise<Applied> {
    if (this.#role !== 'running') return Promise.reject(new ShuttingDown());
    if (this.#core.role !== 'leader') return Promise.reject(new NotLeader());
    const outcome = this.#proposals.enqueue(type, data, decoded, this.#options.runtime.clock.nowMs());
    this.#scheduleFlush();
    return outcome;
  }

  /** The next batch is appended after this turn, or when the disk is free again. */
  #scheduleFlush(): void {
    if (this.#flushScheduled || this.#proposals.waitingCount === 0) return;
    if (this.#writer.busy || this.#replacing) {
      this.#setTimer(this.#proposals.oldestQueuedAtMs + enqueueTimeoutMs);
      return;
    }
    this.#flushScheduled = true;
    this.#nextTurn(() => {
      this.#flushScheduled = false;
      this.#guard(() => this.#flush());
    });
  }

  #flush(): void {
    if (this.#writer.busy || this.#replacing || this.#role !== 'running') return;
    const nowMs = this.#options.runtime.clock.nowMs();
    const batch = this.#proposals.take(nowMs);
    if (batch.length === 0) return;
    const { outcome } = this.#step({ kind: 'propose', proposals: batch }, (effects) => {
      if (effects.outcome?.ok) this.#proposals.appended(batch, effects.outcome.firstIndex);
    });
    assert(outcome !== null, 'a proposal has an outcome');
    if (!outcome.ok) for (const proposal of batch) proposal.reject(refusalError(outcome));
    this.#dispatchedAtMs = nowMs;
    this.#metrics.dispatchNumLogs(batch.length);
  }

  /** One step of the core, and everything it asks for. `before` sees the effects first. */
  #step(input: Input, before?: (effects: Effects) => void): Effects {
    const effects = this.#core.step(input, this.#options.runtime.clock.nowMs());
    before?.(effects);
    if (this.#core.appliedIndex > this.#appliedIndex) {
      // A snapshot replaced the state machine.
      this.#appliedIndex = this.#core.appliedIndex;
      this.#commitIndex = Math.max(this.#commitIndex, this.#appliedIndex);
      this.#appliedWaiters.advance(this.#appliedIndex);
    }
    this.#leaseUntilMs = this.#core.leaseUntilMs;
    if (effects.events.length > 0) this.#reporter.report(effects.events, this.#core.leader);
    if (effects.persist) this.#writer.write(effects.persist);
    for (const message of effects.messages) this.#options.transport?.send(message);
    for (const { token, confirmed } of effects.reads) this.#reads.answer(token, confirmed);
    if (effects.leadershipChanged) this.#onLeadershipChanged();
    if (effects.install) this.#snapshotter.install(effects.install);
    this.#setTimer(effects.deadlineMs);
    if (effects.commitIndex > this.#commitIndex) {
      this.#metrics.commitNumLogs(effects.commitIndex - this.#commitIndex);
      this.#commitIndex = effects.commitIndex;
      if (this.#mayApply) this.#applyCommitted(applySliceMs);
    }
    return effects;
  }

  #onPersisted(writes: readonly Persist[]): void {
    const nowMs = this.#options.runtime.clock.nowMs();
    this.#metrics.dispatchLog(nowMs - this.#dispatchedAtMs);
    for (const write of writes) for (const message of write.messages) this.#options.transport?.send(message);
    this.#step({ kind: 'persisted', seq: writes.at(-1)!.seq });
  }

  #onPersistFailed(writes: readonly Persist[], error: unknown): void {
    const failure =
      error instanceof StorageFailed ? error : new StorageFailed('failed to write to the raft log', error);
    this.#logger.error('failed to commit logs', { error: failure.message });
    for (const message of writes.flatMap((write) => write.messages.flatMap((m) => refusalInstead(m) ?? [])))
      this.#options.transport?.send(message);
    this.#step({ kind: 'persistFailed', seq: writes[0]!.seq }, (effects) => {
      if (effects.droppedFrom > 0) this.#proposals.rejectFrom(effects.droppedFrom, () => failure);
    });
  }

  /** What was before a snapshot must not be applied behind it. */
  get #mayApply(): boolean {
    return this.#role === 'running' && !this.#replacing && !this.#snapshotter.installing;
  }

  /** Applies what is committed; after `sliceMs` the rest waits for the next turn. */
  #applyCommitted(sliceMs: number): void {
    if (this.#applying) return;
    this.#applying = true;
    const { clock } = this.#options.runtime;
    const startMs = clock.nowMs();
    while (this.#appliedIndex < this.#commitIndex) {
      const from = this.#appliedIndex + 1;
      this.#apply(this.#core.log.entries(from, Math.min(this.#commitIndex, from + applyBatch - 1)));
      if (clock.nowMs() - startMs < sliceMs || this.#appliedIndex === this.#commitIndex) continue;
      this.#nextTurn(() => {
        if (this.#mayApply) this.#guard(() => this.#applyCommitted(applySliceMs));
      });
      break;
    }
    this.#applying = false;
    if (this.#dispatchedAtMs > 0) this.#metrics.commitTime(startMs - this.#dispatchedAtMs);
    this.#step({ kind: 'applied', index: this.#appliedIndex });
  }

  #apply(entries: readonly LogEntry[]): void {
    const { clock } = this.#options.runtime;
    const commands = entries.every(isCommand) ? entries : entries.filter(isCommand);
    const startMs = clock.nowMs();
    const results = commands.length > 0 ? this.#options.fsm.apply(commands) : [];
    assert(results.length === commands.length, 'the state machine gives one result per entry');
    this.#metrics.fsmApply(clock.nowMs() - startMs);
    this.#appliedIndex = entries.at(-1)!.index;
    let next = 0;
    for (const entry of entries) this.#proposals.applied(entry.index, isCommand(entry) ? results[next++] : null);
    this.#appliedWaiters.advance(this.#appliedIndex);
  }

  #onLeadershipChanged(): void {
    const { leader, role } = this.#core;
    const wasLeader = this.#leadership.isLeader;
    this.#leadership = { leader, isLeader: role === 'leader' };
    if (wasLeader && !this.#leadership.isLeader) {
      this.#proposals.rejectInLog(() => new LeadershipLost());
      this.#proposals.rejectWaiting(() => new NotLeader());
    }
    for (const listener of [...this.#listeners]) listener(this.#leadership);
  }

  #setTimer(atMs: number): void {
    if (atMs >= this.#timerAtMs || this.#role !== 'running' || atMs === Number.POSITIVE_INFINITY) return;
    this.#timer?.cancel();
    this.#timerAtMs = atMs;
    const { clock } = this.#options.runtime;
    this.#timer = clock.after(Math.max(0, atMs - clock.nowMs()), () => {
      this.#timerAtMs = Number.POSITIVE_INFINITY;
      this.#guard(() => {
        this.#proposals.expire(clock.nowMs());
        this.#step({ kind: 'tick' });
        this.#scheduleFlush();
      });
    });
  }

  /** Whatever throws in here is a broken invariant: this node must not go on. */
  #guard(work: () => void): void {
    if (this.#role !== 'running') return;
    try {
      work();
    } catch (error) {
      this.#fail(asError(error));
    }
  }

  #fail(error: Error): void {
    if (this.#role !== 'running') return;
    this.#logger.error('stopping', { error: error.message });
    this.#end(() => new ShuttingDown());
    this.#options.onFatal?.(error);
  }

  /** Nothing is taken in or given out any more. */
  #end(error: () => Error): void {
    this.#role = 'stopping';
    this.#timer?.cancel();
    this.#leaseUntilMs = Number.NEGATIVE_INFINITY;
    this.#leadership = { leader: null, isLeader: false };
    this.#proposals.rejectInLog(error);
    this.#proposals.rejectWaiting(error);
    this.#reads.rejectAll(error);
    this.#appliedWaiters.rejectAll(error);
  }
}

const isCommand = (entry: LogEntry): boolean => entry.type === entryTypes.command;
