/** Coordinate updates are collected and replicated together from time to time: a hint is not worth a log entry each. */
import { messageOf } from '../../../lib/message-of.ts';
import type { Clock, Timer } from '../../../lib/runtime.ts';
import type { Coordinate } from '../../../structs/coordinate.ts';
import type { Logger } from '../../telemetry/api.ts';

export interface CoordinateBatchOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly periodMs: number;
  readonly propose: (batch: readonly Coordinate[]) => Promise<unknown>;
}

const batchSize = 128;
/** What one period cannot take is dropped: nodes will tell again. */
const batchesPerPeriod = 5;

export class CoordinateBatch {
  readonly #options: CoordinateBatchOptions;
  readonly #waiting = new Map<string, Coordinate>();
  #timer: Timer | undefined;

  constructor(options: CoordinateBatchOptions) {
    this.#options = options;
  }

  /** The newest of a node counts. */
  add(update: Coordinate): void {
    const key = `${update.Node}\0${update.Segment}`;
    if (!this.#waiting.has(key) && this.#waiting.size >= batchSize * batchesPerPeriod) {
      this.#options.logger.warn('Discarded coordinate update', { node: update.Node });
      return;
    }
    this.#waiting.set(key, update);
    this.#timer ??= this.#options.clock.after(this.#options.periodMs, () => void this.#flush());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#waiting.clear();
  }

  async #flush(): Promise<void> {
    this.#timer = undefined;
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    try {
      for (let at = 0; at < all.length; at += batchSize) await this.#options.propose(all.slice(at, at + batchSize));
    } catch (error) {
      this.#options.logger.warn('Batch update failed', {
        error: messageOf(error),
      });
    }
  }
}
