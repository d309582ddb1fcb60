/** What the leader knows of one follower, and what it may send next. */
import { maxInFlight } from './timings.ts';

export type ProgressMode =
  /** One request at a time until the logs are known to match. */
  | 'probe'
  /** Requests leave without waiting for answers. */
  | 'pipeline'
  /** A snapshot is on its way. */
  | 'snapshot';

export interface Progress {
  mode: ProgressMode;
  nextIndex: number;
  matchIndex: number;
  /** Requests with entries (or idle replication) not yet answered. */
  inFlight: number;
  /** Failures in a row, for the back-off. */
  failures: number;
  /** Nothing is sent before this time. */
  retryAtMs: number;
  /** Commit index of the last request sent; 0 when nobody knows whether it arrived. */
  commitSent: number;
  /** Time of the last answer. */
  contactMs: number;
  /** Latest departure of a request that was answered in this term: the basis of the lease. */
  ackedSentMs: number;
  /** Highest leadership check confirmed. */
  ackedRound: number;
}

export const newProgress = (nextIndex: number, nowMs: number): Progress => ({
  mode: 'probe',
  nextIndex,
  matchIndex: 0,
  inFlight: 0,
  failures: 0,
  retryAtMs: 0,
  commitSent: 0,
  contactMs: nowMs,
  ackedSentMs: Number.NEGATIVE_INFINITY,
  ackedRound: 0,
});

export const maySend = (progress: Progress, nowMs: number): boolean => {
  if (nowMs < progress.retryAtMs) return false;
  switch (progress.mode) {
    case 'probe':
      return progress.inFlight === 0;
    case 'pipeline':
      return progress.inFlight < maxInFlight;
    case 'snapshot':
      return false;
  }
};

/** 10 ms x 2^max(0, n - 2) after the n-th failure in a row, n capped at 12. */
export const backoffMs = (failures: number): number => 10 * 2 ** Math.max(0, Math.min(failures, 12) - 2);

/** A request failed: sends one at a time again. */
export function fallBack(progress: Progress, nowMs: number): void {
  progress.failures += 1;
  progress.retryAtMs = nowMs + backoffMs(progress.failures);
  // A pipeline runs ahead of what is known to match; a probe stays where it is.
  if (progress.mode === 'pipeline') progress.nextIndex = progress.matchIndex + 1;
  progress.mode = 'probe';
  progress.inFlight = 0;
  progress.commitSent = 0;
}
