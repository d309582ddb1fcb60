/** A clock that stands still until a test moves it. */
import type { Clock, Timer } from '../../../../src/lib/runtime.ts';

export class FakeClock implements Clock {
  #timers: { atMs: number; fn: () => void }[] = [];
  #nowMs = 1000;
  #wallOffsetMs: number;

  constructor(wallMs = Date.UTC(2021, 6, 22, 10, 54, 50)) {
    this.#wallOffsetMs = wallMs - this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs + this.#wallOffsetMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  get timerCount(): number {
    return this.#timers.length;
  }

  after(delayMs: number, fn: () => void): Timer {
    const timer = { atMs: this.#nowMs + delayMs, fn };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  /** Fires what is due on the way, in order. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (;;) {
      const due = this.#timers.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.fn();
    }
    this.#nowMs = untilMs;
  }
}

/** Lets everything that is ready run: immediates, and file operations that take real time. */
export async function settle(turns = 5): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}
