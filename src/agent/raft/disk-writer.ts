/**
 * The one hand that writes to the log store: core writes in their order, what waits together as one, and jobs like compaction
 * between them.
 */
import type { LogEntry } from './api.ts';
import type { HardState, Persist } from './core/effects.ts';
import type { LogStore, LogWrite } from './log-store.ts';

export interface DiskOutcome {
  /** Everything up to this write is durable. */
  persisted(writes: readonly Persist[]): void;
  /** These writes were not done, nor any after them. */
  failed(writes: readonly Persist[], error: unknown): void;
  /** Nothing is being written and nothing waits. */
  idle(): void;
}

interface Job {
  readonly run: () => Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class DiskWriter {
  readonly #store: LogStore;
  readonly #outcome: DiskOutcome;
  /** In order; neighbouring writes are done together. */
  #queue: (Persist | Job)[] = [];
  #busy = false;
  #idleWaiters: (() => void)[] = [];

  constructor(store: LogStore, outcome: DiskOutcome) {
    this.#store = store;
    this.#outcome = outcome;
  }

  get busy(): boolean {
    return this.#busy;
  }

  write(persist: Persist): void {
    this.#queue.push(persist);
    if (!this.#busy) void this.#work();
  }

  /** Runs `job` after the writes asked for so far. */
  run(job: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ run: job, resolve, reject });
      if (!this.#busy) void this.#work();
    });
  }

  whenIdle(): Promise<void> {
    return this.#busy ? new Promise((resolve) => this.#idleWaiters.push(resolve)) : Promise.resolve();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    while (this.#queue.length > 0) {
      const next = this.#queue[0]!;
      if ('run' in next) {
        this.#queue.shift();
        await next.run().then(next.resolve, next.reject);
      } else await this.#writeAll();
    }
    this.#busy = false;
    for (const resolve of this.#idleWaiters.splice(0)) resolve();
    this.#outcome.idle();
  }

  async #writeAll(): Promise<void> {
    const end = this.#queue.findIndex((item) => 'run' in item);
    const writes = this.#queue.splice(0, end < 0 ? this.#queue.length : end).filter(isWrite);
    const write = merged(writes);
    try {
      if (write.hardState || write.entries.length > 0) await this.#store.write(write);
    } catch (error) {
      // What was queued behind a failed write builds on it.
      const behind = this.#queue.filter(isWrite);
      this.#queue = this.#queue.filter((item) => !isWrite(item));
      this.#outcome.failed([...writes, ...behind], error);
      return;
    }
    this.#outcome.persisted(writes);
  }
}

const isWrite = (item: Persist | Job): item is Persist => !('run' in item);

/** Several writes as one: the last term and vote, and the entries with replaced suffixes cut away. */
export function merged(writes: readonly Persist[]): LogWrite {
  if (writes.length === 1) return writes[0]!;
  let hardState: HardState | null = null;
  const entries: LogEntry[] = [];
  for (const write of writes) {
    hardState = write.hardState ?? hardState;
    const first = write.entries[0];
    // A later write may begin even before the first one: then only the later one counts.
    if (first && entries.length > 0)
      entries.length = Math.max(0, Math.min(entries.length, first.index - entries[0]!.index));
    for (const entry of write.entries) entries.push(entry);
  }
  return { hardState, entries };
}
