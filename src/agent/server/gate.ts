/**
 * Calls that need a leader wait here while there is none, up to `rpc_hold_timeout`: an election is over before most
 * clients would have tried again.
 */
import type { Clock, Timer } from '../../lib/runtime.ts';
import { errors } from '../errors.ts';

interface Held {
  readonly resume: () => void;
  readonly timer: Timer;
  readonly fail: (error: Error) => void;
}

/** Calls held at once; more are refused at once. */
const maxHeld = 10_000;

export class Gate {
  readonly #clock: Clock;
  readonly #holdTimeoutMs: number;
  readonly #held = new Set<Held>();

  constructor(clock: Clock, holdTimeoutMs: number) {
    this.#clock = clock;
    this.#holdTimeoutMs = holdTimeoutMs;
  }

  /** When a call that begins now has to give up. */
  deadlineMs(): number {
    return this.#clock.nowMs() + this.#holdTimeoutMs;
  }

  /** Runs `retry` when the gate opens; rejects with `No cluster leader` at the deadline. */
  hold<T>(retry: () => T | Promise<T>, deadlineMs: number, signal?: AbortSignal): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const leftMs = deadlineMs - this.#clock.nowMs();
      if (leftMs <= 0 || this.#held.size >= maxHeld) {
        reject(errors.noLeader());
        return;
      }
      const leave = (settle: () => void): void => {
        if (!this.#held.delete(held)) return;
        held.timer.cancel();
        signal?.removeEventListener('abort', onAbort);
        settle();
      };
      const fail = (error: unknown): void => leave(() => reject(error));
      const onAbort = (): void => fail(signal?.reason);
      const held: Held = {
        resume: () => leave(() => resolve(Promise.resolve().then(retry))),
        timer: this.#clock.after(leftMs, () => fail(errors.noLeader())),
        fail,
      };
      this.#held.add(held);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** There is a leader: everybody tries again. */
  open(): void {
    for (const held of [...this.#held]) held.resume();
  }

  stop(): void {
    for (const held of [...this.#held]) held.fail(errors.shuttingDown());
  }
}
