/**
 * Proposals on their way: first waiting to be appended (all of one turn together), then in the log until they are applied.
 */
import type { Applied, EntryType } from './api.ts';
import type { Proposal } from './core/effects.ts';
import { EnqueueTimeout } from './errors.ts';

export interface Waiting extends Proposal {
  readonly queuedAtMs: number;
  readonly resolve: (applied: Applied) => void;
  readonly reject: (error: Error) => void;
}

/** One append takes at most so much: the rest goes into the next. */
const maxBatchEntries = 1024;
const maxBatchBytes = 4 << 20;
/** More than this waiting is refused at once. */
const maxWaitingBytes = 256 << 20;
const maxWaiting = 65_536;
/** Consul's limit for enqueueing. */
export const enqueueTimeoutMs = 30_000;

export class Proposals {
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** In the log, ascending by index; those before `#head` are done. */
  #inLog: { readonly index: number; readonly proposal: Waiting }[] = [];
  #head = 0;

  get waitingCount(): number {
    return this.#waiting.length;
  }
  get inLogCount(): number {
    return this.#inLog.length - this.#head;
  }
  get oldestQueuedAtMs(): number {
    return this.#waiting[0]?.queuedAtMs ?? Number.POSITIVE_INFINITY;
  }

  enqueue(type: EntryType, data: Uint8Array, decoded: unknown, queuedAtMs: number): Promise<Applied> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length >= maxWaiting || this.#waitingBytes >= maxWaitingBytes) {
        reject(new EnqueueTimeout());
        return;
      }
      this.#waitingBytes += data.length;
      this.#waiting.push({ type, data, extensions: null, decoded, queuedAtMs, resolve, reject });
    });
  }

  /** The next batch, oldest first; those that waited too long are turned away on the way. */
  take(nowMs: number): readonly Waiting[] {
    this.expire(nowMs);
    let count = 0;
    let bytes = 0;
    while (count < this.#waiting.length && count < maxBatchEntries) {
      bytes += this.#waiting[count]!.data.length;
      if (count > 0 && bytes > maxBatchBytes) break;
      count += 1;
    }
    const batch = count === this.#waiting.length ? this.#waiting : this.#waiting.slice(0, count);
    this.#waiting = batch === this.#waiting ? [] : this.#waiting.slice(count);
    for (const proposal of batch) this.#waitingBytes -= proposal.data.length;
    return batch;
  }

  expire(nowMs: number): void {
    let late = 0;
    while (late < this.#waiting.length && nowMs - this.#waiting[late]!.queuedAtMs >= enqueueTimeoutMs) late++;
    for (const proposal of this.#waiting.splice(0, late)) {
      this.#waitingBytes -= proposal.data.length;
      proposal.reject(new EnqueueTimeout());
    }
  }

  appended(batch: readonly Waiting[], firstIndex: number): void {
    for (let i = 0; i < batch.length; i++) this.#inLog.push({ index: firstIndex + i, proposal: batch[i]! });
  }

  /** The entry at `index` was applied; whoever proposed it hears of it. */
  applied(index: number, result: unknown): void {
    const next = this.#inLog[this.#head];
    if (next === undefined || next.index !== index) return;
    this.#head += 1;
    if (this.#head === this.#inLog.length) {
      this.#inLog = [];
      this.#head = 0;
    }
    next.proposal.resolve({ index, result });
  }

  rejectFrom(index: number, error: () => Error): void {
    const keep = this.#inLog.findIndex((placed, i) => i >= this.#head && placed.index >= index);
    if (keep < 0) return;
    for (const { proposal } of this.#inLog.splice(keep)) proposal.reject(error());
  }

  rejectInLog(error: () => Error): void {
    this.rejectFrom(0, error);
  }

  rejectWaiting(error: () => Error): void {
    this.#waitingBytes = 0;
    for (const proposal of this.#waiting.splice(0)) proposal.reject(error());
  }
}
