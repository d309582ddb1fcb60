/**
 * Calls that need a leader wait here while there is none, or it cannot be reached, up to `rpc_hold_timeout`: an election is over before
 * most clients would have tried again.
 */
import type { Clock, Random, Timer } from '../../lib/runtime.ts';
import { errors } from '../errors.ts';

interface Held {
  readonly resume: () => void;
  readonly timer: Timer;
  readonly fail: (error: Error) => void;
}

export interface Waiting {
  /** From `Gate.deadlineMs`. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
  /** Why a leader that is known did not do it; null when there is none. */
  readonly because: Error | null;
}

/** Calls held at once; more are refused at once. */
const maxHeld = 10_000;
/** Calls that go on in one turn of the event loop. */
const sliceSize = 64;
/** Pauses before a known leader is asked again are random, up to this part of the hold time. */
const jitterFraction = 16;

export class Gate {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #holdTimeoutMs: number;
  readonly #held = new Set<Held>();
  /** Those that the open gate still has to let through. */
  readonly #due = new Set<Held>();
  #nextSlice: Timer | null = null;

  constructor({ clock, random }: { readonly clock: Clock; readonly random: Random }, holdTimeoutMs: number) {
    this.#clock = clock;
    this.#random = random;
    this.#holdTimeoutMs = holdTimeoutMs;
  }

  /** When a call that begins now has to give up. */
  deadlineMs(): number {
    return this.#clock.nowMs() + this.#holdTimeoutMs;
  }

  /** Whether a call that began then would have given up by now. */
  isOver(sinceMs: number): boolean {
    return this.#clock.nowMs() - sinceMs >= this.#holdTimeoutMs;
  }

  /**
   * Runs `retry` when the gate opens, and for a leader that is known also after a pause: that he can be reached again is no news of
   * Raft's. Rejects at the deadline with `because`, or `No cluster leader`.
   */
  hold<T>(retry: () => T | Promise<T>, { deadlineMs, signal, because }: Waiting): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const leftMs = deadlineMs - this.#clock.nowMs();
      const refusal = because ?? errors.noLeader();
      if (leftMs <= 0 || this.#held.size >= maxHeld) {
        reject(refusal);
        return;
      }
      const leave = (settle: () => void): void => {
        if (!this.#held.delete(held)) return;
        this.#due.delete(held);
        held.timer.cancel();
        signal?.removeEventListener('abort', onAbort);
        settle();
      };
      const fail = (error: unknown): void => leave(() => reject(error));
      const onAbort = (): void => fail(signal?.reason);
      const resume = (): void => leave(() => resolve(Promise.resolve().then(retry)));
      const pauseMs = this.#random.float() * (this.#holdTimeoutMs / jitterFraction);
      const timer =
        because !== null && pauseMs < leftMs
          ? this.#clock.after(pauseMs, resume)
          : this.#clock.after(leftMs, () => fail(refusal));
      const held: Held = { resume, timer, fail };
      this.#held.add(held);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** There is a leader: everybody tries again, so many at a time that a leader's first moments are not theirs alone. */
  open(): void {
    for (const held of this.#held) this.#due.add(held);
    if (this.#nextSlice === null) this.#release();
  }

  #release(): void {
    this.#nextSlice = null;
    let left = sliceSize;
    for (const held of this.#due) {
      if (left-- === 0) {
        this.#nextSlice = this.#clock.after(0, () => this.#release());
        return;
      }
      held.resume();
    }
  }

  stop(): void {
    this.#nextSlice?.cancel();
    for (const held of [...this.#held]) held.fail(errors.shuttingDown());
  }
}
