/** The real world behind `Runtime`: Node's clocks, timers and random numbers. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock, Random, Runtime } from './runtime.ts';

const clock: Clock = {
  wallMs: () => Date.now(),
  nowMs: () => performance.now(),
  after: (delayMs, fn) => {
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
