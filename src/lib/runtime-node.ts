/** The real world behind `Runtime`: Node's clocks, timers and random numbers. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock, Random, Runtime, Timer } from './runtime.ts';

/** Node's timers fire at once when they are set to more: about 25 days. */
const longestMs = 2 ** 31 - 1;

function afterLong(delayMs: number, fn: () => void): Timer {
  let timer: Timer;
  const wait = (leftMs: number): void => {
    const stepMs = Math.min(leftMs, longestMs);
    timer = clock.after(stepMs, () => (leftMs > stepMs ? wait(leftMs - stepMs) : fn()));
  };
  wait(delayMs);
  return { cancel: () => timer.cancel() };
}

const clock: Clock = {
  wallMs: () => Date.now(),
  nowMs: () => performance.now(),
  after: (delayMs, fn) => {
    if (delayMs > longestMs) return afterLong(delayMs, fn);
    const timer = setTimeout(fn, delayMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

const random: Random = {
  float: () => Math.random(),
  int: (limit) => Math.floor(Math.random() * limit),
  // A copy: `randomBytes` may hand out a view of a shared pool.
  bytes: (length) => Uint8Array.from(randomBytes(length)),
  uuid: () => randomUUID(),
};

export const nodeRuntime: Runtime = { clock, random };
