/** A blocking query that has not been answered yet. */
import type { MaybePromise } from '../../../lib/runtime.ts';
import type { Answer } from '../../rpc/caller.ts';
import type { Expiring } from './deadlines.ts';
import type { SharedRead } from './shared-reads.ts';

export class Waiter implements Expiring {
  slotMs = 0;
  readonly minIndex: number;
  /** What it waits on. */
  read: SharedRead;
  readonly resolve: (answer: MaybePromise<Answer<unknown>>) => void;
  readonly reject: (error: unknown) => void;
  /** Asks all over again, for when this server may no longer answer. */
  readonly again: () => MaybePromise<Answer<unknown>>;
  /** How often the state had been replaced when the wait began: after one more, whatever there is now is the answer. */
  readonly generation: number;
  done = false;
  unlisten: (() => void) | null = null;
  readonly #onExpire: (waiter: Waiter) => void;

  constructor(
    minIndex: number,
    generation: number,
    read: SharedRead,
    resolve: Waiter['resolve'],
    reject: Waiter['reject'],
    again: Waiter['again'],
    onExpire: (waiter: Waiter) => void,
  ) {
    this.minIndex = minIndex;
    this.generation = generation;
    this.read = read;
    this.resolve = resolve;
    this.reject = reject;
    this.again = again;
    this.#onExpire = onExpire;
  }

  expire(): void {
    this.#onExpire(this);
  }
}
