/** Patience with an end, by the clock that everything else goes by. */
import type { Clock } from './runtime.ts';

/** Runs something with a signal that aborts after `timeoutMs` by this clock. */
export async function withDeadline<T>(
  clock: Clock,
  timeoutMs: number,
  run: (signal: AbortSignal) => T | Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const timer = clock.after(timeoutMs, () => over.abort(new Error('timed out')));
  try {
    return await run(over.signal);
  } finally {
    timer.cancel();
  }
}
