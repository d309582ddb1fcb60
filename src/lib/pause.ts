/** Waiting by the clock that everything else goes by. */
import type { Clock } from './runtime.ts';

/** Resolves after `ms`, or at once when aborted. Leaves nothing on the signal, so that it can be done for ever. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.after(ms, end);
    signal.addEventListener('abort', end, { once: true });
  });
}
