/**
 * Keeps a table of this datacenter like the one of the primary: waits until that has changed, then removes here what is not
 * there and writes what differs. One per table, on the leader alone.
 */
import { messageOf } from '../../../lib/message-of.ts';
import type { Clock, Timer } from '../../../lib/runtime.ts';
import type { Logger } from '../../telemetry/api.ts';

/** What the primary has. */
export interface Remote<Item> {
  readonly index: number;
  readonly items: readonly Item[];
}

export interface Replicated<Item, Local> {
  /** In logs. */
  readonly name: string;
  /** The primary's table, when its index is beyond `minIndex`, or after a while as it is. */
  readonly fetch: (minIndex: number, signal: AbortSignal) => Promise<Remote<Item>>;
  readonly local: () => readonly Local[];
  readonly keyOf: (item: Item | Local) => string;
  readonly isSame: (item: Item, local: Local) => boolean;
  /** Rejects when not everything could be written; it is tried again. */
  readonly apply: (removed: readonly Local[], changed: readonly Item[], signal: AbortSignal) => Promise<void>;
}

export interface ReplicatorOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** A round has succeeded (the primary's index) or failed (null). */
  readonly onRound: (index: number | null) => void;
}

/** Pauses after rounds: a primary that changes all the time is not followed faster. */
const pauseMs = 250;
const firstRetryMs = 1_000;
const lastRetryMs = 60_000;

export class Replicator<Item, Local> {
  readonly #of: Replicated<Item, Local>;
  readonly #options: ReplicatorOptions;
  readonly #stopped = new AbortController();
  #pause: Timer | null = null;
  /** The primary's index that is reached here. */
  #index = 0;

  constructor(of: Replicated<Item, Local>, options: ReplicatorOptions) {
    this.#of = of;
    this.#options = options;
  }

  start(): void {
    void this.#run(firstRetryMs);
  }

  stop(): void {
    this.#stopped.abort(new Error('replication stopped'));
    this.#pause?.cancel();
  }

  async #run(retryMs: number): Promise<void> {
    const { signal } = this.#stopped;
    let waitMs = pauseMs;
    try {
      await this.#round(signal);
      this.#options.onRound(this.#index);
    } catch (error) {
      if (signal.aborted) return;
      this.#index = 0;
      this.#options.onRound(null);
      this.#options.logger.warn('replication error (will retry if still leader)', {
        of: this.#of.name,
        error: messageOf(error),
      });
      waitMs = retryMs;
    }
    if (signal.aborted) return;
    const nextRetryMs = waitMs === pauseMs ? firstRetryMs : Math.min(retryMs * 2, lastRetryMs);
    this.#pause = this.#options.clock.after(waitMs, () => void this.#run(nextRetryMs));
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { fetch, local, keyOf, isSame, apply } = this.#of;
    const remote = await fetch(this.#index, signal);
    if (signal.aborted) return;
    const there = new Map(remote.items.map((item) => [keyOf(item), item]));
    const here = new Map(local().map((row) => [keyOf(row), row]));
    const removed = [...here].filter(([key]) => !there.has(key)).map(([, row]) => row);
    const changed = [...there].flatMap(([key, item]) => {
      const row = here.get(key);
      return row !== undefined && isSame(item, row) ? [] : [item];
    });
    if (removed.length + changed.length > 0) {
      await apply(removed, changed, signal);
      this.#options.logger.debug('replicated', {
        of: this.#of.name,
        removed: removed.length,
        changed: changed.length,
      });
    }
    // An index that went back is another history: everything is compared again.
    this.#index = remote.index < this.#index ? 0 : remote.index;
  }
}
