/** One raft server on virtual time, with a state machine of words. */
import type { Fsm, LogEntry } from '../../../../src/agent/raft/api.ts';
import type { Message } from '../../../../src/agent/raft/core/messages.ts';
import { timingsFor } from '../../../../src/agent/raft/core/timings.ts';
import { StorageFailed } from '../../../../src/agent/raft/errors.ts';
import type { LogWrite } from '../../../../src/agent/raft/log-store.ts';
import { MemoryLogStore } from '../../../../src/agent/raft/log-store-memory.ts';
import { createRaft } from '../../../../src/agent/raft/raft.ts';
import type { Recovery } from '../../../../src/agent/raft/recovery.ts';
import { memorySnapshotStore } from '../../../../src/agent/raft/snapshot-store-memory.ts';
import type { Logger } from '../../../../src/agent/telemetry/api.ts';
import { silentMetrics } from '../../../silent.ts';
import { Process, World } from '../../../sim/world.ts';

/** Words in the order they were applied. `fail` gives an error result, `throw` breaks the machine. */
export class WordFsm implements Fsm {
  words: string[] = [];
  readonly batches: number[] = [];
  readonly decoded: unknown[] = [];

  apply(entries: readonly LogEntry[]): unknown[] {
    this.batches.push(entries.length);
    return entries.map((entry) => {
      const word = Buffer.from(entry.data).toString();
      if (word === 'throw') throw new Error('the machine is broken');
      this.decoded.push(entry.decoded);
      this.words.push(word);
      return word === 'fail' ? new Error('no such word') : `${word}!`;
    });
  }

  snapshot() {
    const frozen = this.words.join(' ');
    return {
      write: async function* () {
        yield Buffer.from(frozen);
      },
      release: () => {},
    };
  }

  async restore(stream: AsyncIterable<Uint8Array>): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    if (text === 'bad') throw new Error('not a snapshot');
    this.words = text === '' ? [] : text.split(' ');
  }
}

/** Counts writes, and fails those it is told to. */
export class CountingStore extends MemoryLogStore {
  writes: number[] = [];
  failing = false;
  override async write(write: LogWrite): Promise<void> {
    if (this.failing)
      throw new StorageFailed('failed to write', Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
    this.writes.push(write.entries.length);
    await super.write(write);
  }
}

export const self = { id: 'node-1', address: '127.0.0.1:8300' };
export const peer = { id: 'node-2', address: '127.0.0.2:8300' };
export const voter = (who: typeof self) => ({ suffrage: 'voter', ...who }) as const;
export const bytes = (text: string): Uint8Array => Buffer.from(text);

export async function* streamOf(text: string): AsyncGenerator<Uint8Array> {
  yield bytes(text);
}

/** A stream that waits until it is told to go on. */
export function heldStream(text: string): [AsyncIterable<Uint8Array>, () => void] {
  let go = (): void => {};
  const told = new Promise<void>((resolve) => {
    go = resolve;
  });
  const stream = async function* () {
    await told;
    yield bytes(text);
  };
  return [stream(), () => go()];
}

export class Bench {
  readonly world = new World(1);
  readonly process = new Process(this.world, 'test');
  readonly store = new CountingStore();
  readonly snapshots = memorySnapshotStore(this.process.runtime.clock.wallMs);
  readonly log: string[] = [];
  fsm = new WordFsm();
  fatal: Error | null = null;
  recovery: Recovery | null = null;
  /** With another voter, messages to it go here. */
  other: ((message: Message) => void) | null = null;

  start(trailingLogs = 100) {
    const line = (message: string, fields: object = {}): void => {
      this.log.push([message, ...Object.entries(fields).map(([key, value]) => `${key}=${value}`)].join(' '));
    };
    const logger: Logger = {
      named: () => logger,
      enabled: () => true,
      trace: line,
      debug: line,
      info: line,
      warn: line,
      error: line,
    };
    return createRaft({
      ...self,
      storage: { store: this.store, snapshots: this.snapshots, recovery: this.recovery },
      fsm: this.fsm,
      runtime: this.process.runtime,
      logger,
      metrics: silentMetrics,
      bootstrap: { servers: this.other ? [voter(self), voter(peer)] : [voter(self)] },
      ...(this.other && { transport: { send: this.other } }),
      timings: timingsFor(1),
      snapshotIntervalMs: 30_000,
      snapshotThreshold: 8,
      trailingLogs,
      nextTurn: (fn) => void this.world.after(0, fn, this.process),
      onFatal: (error) => {
        this.fatal = error;
      },
    });
  }

  /** Runs virtual time until the promise has settled. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const done = (): void => {
      settled = true;
    };
    promise.then(done, done);
    await this.world.run(() => settled, this.world.nowMs + 60_000);
    if (!settled) throw new Error('did not settle within a virtual minute');
    return promise;
  }

  async leader(trailingLogs?: number) {
    const raft = await this.start(trailingLogs);
    await this.settle(raft.barrier().catch(() => raft.barrier()));
    return raft;
  }
}
