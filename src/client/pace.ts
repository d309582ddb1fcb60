/** Time and chance for what waits and tries again; replaceable in tests. */

export interface Pace {
  /** Wall-clock milliseconds. */
  wallMs(): number;
  /** Resolves after `ms`, or at once when the signal aborts. Keeps the process alive. */
  pause(ms: number, signal?: AbortSignal): Promise<void>;
  /** Uniform in [0, 1). */
  float(): number;
}

export const realPace: Pace = {
  wallMs: () => Date.now(),
  float: () => Math.random(),
  pause: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done);
    }),
};

/** Aborts with `signal`, or after `ms` when that is not undefined. `done()` takes the timer away. */
export function deadline(
  ms: number | undefined,
  signal: AbortSignal,
  pace: Pace,
): { signal: AbortSignal; done(): void } {
  if (ms === undefined) return { signal, done: () => undefined };
  const late = new AbortController();
  const over = new AbortController();
  void pace.pause(ms, over.signal).then(() => {
    if (!over.signal.aborted) late.abort();
  });
  return { signal: AbortSignal.any([signal, late.signal]), done: () => over.abort() };
}
