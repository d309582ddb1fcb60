/** `success_before_passing` and `failures_before_critical`: how often in a row a result must come before it counts. Pure. */
import type { Report, Result } from './runner.ts';

export interface Thresholds {
  /** 0 and 1: at once. */
  readonly successBeforePassing: number;
  readonly failuresBeforeCritical: number;
}

/** Results in, those that count out. A warning is a success that is not quite one. */
export function withThresholds({ successBeforePassing, failuresBeforeCritical }: Thresholds, report: Report): Report {
  let successes = 0;
  let failures = 0;
  return (result: Result) => {
    if (result.status === 'critical') {
      successes = 0;
      failures = Math.min(failures + 1, failuresBeforeCritical);
      if (failures >= failuresBeforeCritical) report(result);
    } else {
      failures = 0;
      successes = Math.min(successes + 1, successBeforePassing);
      if (successes >= successBeforePassing) report(result);
    }
  };
}
