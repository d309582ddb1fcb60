/**
 * Follows an answer by blocking queries: asks with the index of the last answer, gets the next when something changed.
 * Survives agents that restart (index goes back), errors (backs off with jitter) and tells what it is doing.
 */
import type { Answer, AnswerMeta, QueryOptions } from './http.ts';
import { type Pace, realPace } from './pace.ts';

export type BlockingState<T> =
  /** Nothing known yet. */
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live'; readonly value: T; readonly meta: AnswerMeta }
  /** The last known value (if any) may be old: an attempt failed, the next comes in `retryInMs`. */
  | {
      readonly kind: 'stale';
      readonly sinceMs: number;
      readonly failures: number;
      readonly retryInMs: number;
      readonly error: Error;
    };

export interface BlockingOptions {
  readonly signal?: AbortSignal | undefined;
  /** Longest wait of one query. Default: the agent's own 5 minutes. */
  readonly waitMs?: number | undefined;
  /** First pause after an error, doubled up to `maxBackoffMs`, each shortened at random by up to half. */
  readonly minBackoffMs?: number | undefined;
  readonly maxBackoffMs?: number | undefined;
  /** Pause between answers of an endpoint that does not block (no index). Default 10 s. */
  readonly pollMs?: number | undefined;
  readonly pace?: Pace | undefined;
}

/** The index to ask with next. An index that went back means another history: start from the beginning. */
export function nextIndex(asked: number, answered: number): number {
  if (answered < asked) return 0;
  return Math.max(answered, 1);
}

/**
 * `query` is one read of the client, e.g. `(options) => client.kv.list('', options)`. Yields `connecting` first, then
 * each new answer and each failure. Ends, without an error, when the signal aborts.
 */
export async function* blockingQuery<T>(
  query: (options: QueryOptions) => Promise<Answer<T>>,
  options: BlockingOptions = {},
): AsyncGenerator<BlockingState<T>, void, undefined> {
  const { signal, waitMs, minBackoffMs = 250, maxBackoffMs = 15_000, pollMs = 10_000, pace = realPace } = options;
  let index = 0;
  let failures = 0;
  let failedAtMs = 0;
  let seen = false;
  const aborted = (): boolean => signal?.aborted ?? false;
  yield { kind: 'connecting' };
  while (!aborted()) {
    try {
      const answer = await query({ signal, ...(index > 0 && { index, waitMs }) });
      if (aborted()) return;
      const changed = !seen || failures > 0 || answer.meta.index !== index || answer.meta.index === 0;
      const blocks = answer.meta.index > 0;
      index = blocks ? nextIndex(index, answer.meta.index) : 0;
      failures = 0;
      seen = true;
      if (changed) yield { kind: 'live', ...answer };
      if (!blocks) await pace.pause(pollMs, signal);
    } catch (error) {
      if (aborted()) return;
      if (failures === 0) failedAtMs = pace.wallMs();
      failures += 1;
      // Who answers next may know another history.
      index = 0;
      const ceilingMs = Math.min(maxBackoffMs, minBackoffMs * 2 ** Math.min(failures - 1, 20));
      const retryInMs = Math.round(ceilingMs * (1 - pace.float() / 2));
      const reason = error instanceof Error ? error : new Error(String(error));
      yield { kind: 'stale', sinceMs: failedAtMs, failures, retryInMs, error: reason };
      await pace.pause(retryInMs, signal);
    }
  }
}
