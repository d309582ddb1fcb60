/**
 * What the agent takes from the world, as values that can be replaced: the real thing in `lib/runtime-node.ts`,
 * virtual time from a seed in `test/sim`. Cores never touch clocks or `Math.random` themselves.
 */

export interface Timer {
  /** Safe to call more than once, and after the timer fired. */
  cancel(): void;
}

export interface Clock {
  /** Wall-clock time, milliseconds since the Unix epoch. May jump. */
  wallMs(): number;
  /** Milliseconds since an arbitrary start; never goes back. Use it for every interval. */
  nowMs(): number;
  /** Calls `fn` once, `delayMs` from now. Does not keep the process alive. */
  after(delayMs: number, fn: () => void): Timer;
}

export interface Random {
  /** Uniform in [0, 1). */
  float(): number;
  /** Uniform integer in [0, limit). */
  int(limit: number): number;
  bytes(length: number): Uint8Array;
  /** A random (version 4 shaped) UUID as Consul prints it: lower case, dashed. */
  uuid(): string;
}

export interface Runtime {
  readonly clock: Clock;
  readonly random: Random;
}

export type MaybePromise<T> = T | Promise<T>;
