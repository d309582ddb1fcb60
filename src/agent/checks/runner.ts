/** What all checks have in common: they report, they stop, and most of them run again and again. */
import { messageOf } from '../../lib/message-of.ts';
import type { Clock, Random, Timer } from '../../lib/runtime.ts';
import type { Status } from './definition.ts';

export interface CheckRunner {
  /** Nothing is reported afterwards; timers, sockets and processes are gone soon. */
  stop(): void;
}

export interface Result {
  readonly status: Status;
  readonly output: string;
}

export type Report = (result: Result) => void;

/** One run. Whatever it waits for ends when the signal aborts. */
export interface Attempt {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** The time was over; else an abort means that nobody wants the result any more. */
  readonly timedOut: () => boolean;
}

export interface PeriodicOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Never rejects for what the target does: that is a result. */
  readonly probe: (attempt: Attempt) => Promise<Result>;
  readonly report: Report;
}

/** The first run comes at a random moment of the first interval: checks registered together do not run together. */
export function startPeriodic(options: PeriodicOptions): CheckRunner {
  const { clock, random, intervalMs, timeoutMs, probe, report } = options;
  let next: Timer;
  let current: AbortController | undefined;
  let stopped = false;

  const run = async (): Promise<void> => {
    const controller = new AbortController();
    current = controller;
    let expired = false;
    const limit = clock.after(timeoutMs, () => {
      expired = true;
      controller.abort();
    });
    let result: Result;
    try {
      result = await probe({ signal: controller.signal, timeoutMs, timedOut: () => expired });
    } catch (error) {
      result = { status: 'critical', output: messageOf(error) };
    }
    limit.cancel();
    if (stopped) return;
    current = undefined;
    report(result);
    // A report may have ended the check.
    if (!stopped) next = clock.after(intervalMs, () => void run());
  };

  next = clock.after(random.float() * intervalMs, () => void run());
  return {
    stop: () => {
      stopped = true;
      next.cancel();
      current?.abort();
    },
  };
}
