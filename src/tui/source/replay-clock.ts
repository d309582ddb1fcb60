/** Time of a recording: it can stop, run faster or slower, and jump ahead. Timers go with it. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Timer } from '../../lib/runtime.ts';

export interface ReplayClock extends Clock {
  readonly speed: number;
  readonly paused: boolean;
  togglePause(): void;
  changeSpeed(factor: number): void;
  /** Goes ahead at once, through everything that is due on the way, each at its own time. */
  advance(ms: number): Promise<void>;
}

interface Waiting {
  readonly atMs: number;
  readonly fn: () => void;
  real: Timer | undefined;
}

const slowest = 1 / 8;
const fastest = 64;
/** Turns of the event loop in which what a timer has set off comes to rest. */
const turns = 3;

/** `real` drives it; its own time starts at 0, which was `startedWallMs` on the wall. */
export function createReplayClock(real: Clock, startedWallMs: number): ReplayClock {
  let anchorRealMs = real.nowMs();
  let anchorMs = 0;
  let speed = 1;
  let paused = false;
  let advancing = false;
  const waiting = new Set<Waiting>();

  const stands = () => paused || advancing;
  const nowMs = () => anchorMs + (stands() ? 0 : (real.nowMs() - anchorRealMs) * speed);

  function arm(timer: Waiting): void {
    timer.real?.cancel();
    timer.real = stands()
      ? undefined
      : real.after(Math.max(0, (timer.atMs - nowMs()) / speed), () => {
          waiting.delete(timer);
          timer.fn();
        });
  }

  /** From now on time runs otherwise; what waits is set anew. */
  function change(apply: () => void): void {
    anchorMs = nowMs();
    anchorRealMs = real.nowMs();
    apply();
    for (const timer of waiting) arm(timer);
  }

  /** The next that is due, no later than `endMs`. */
  function next(endMs: number): Waiting | undefined {
    let first: Waiting | undefined;
    for (const timer of waiting) {
      if (timer.atMs <= endMs && (first === undefined || timer.atMs < first.atMs)) first = timer;
    }
    return first;
  }

  async function settle(): Promise<void> {
    for (let turn = 0; turn < turns; turn++) await nextTurn();
  }

  return {
    get speed() {
      return speed;
    },
    get paused() {
      return paused;
    },
    nowMs,
    wallMs: () => startedWallMs + nowMs(),
    after(delayMs, fn) {
      const timer: Waiting = { atMs: nowMs() + delayMs, fn, real: undefined };
      waiting.add(timer);
      arm(timer);
      return {
        cancel() {
          waiting.delete(timer);
          timer.real?.cancel();
        },
      };
    },
    togglePause: () =>
      change(() => {
        paused = !paused;
      }),
    changeSpeed: (factor) =>
      change(() => {
        speed = Math.max(slowest, Math.min(fastest, speed * factor));
      }),
    async advance(ms) {
      if (advancing) return;
      change(() => {
        advancing = true;
      });
      const endMs = anchorMs + ms;
      await settle();
      for (let due = next(endMs); due !== undefined; due = next(endMs)) {
        waiting.delete(due);
        anchorMs = Math.max(anchorMs, due.atMs);
        due.fn();
        await settle();
      }
      anchorMs = endMs;
      // Still standing: the anchor stays where it is, and time goes on from here.
      change(() => {
        advancing = false;
      });
    },
  };
}
