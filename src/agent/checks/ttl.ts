/** The application reports by itself, and has to do so in time. */
import type { Clock, Timer } from '../../lib/runtime.ts';
import type { Status } from './definition.ts';
import { cutText } from './output.ts';
import type { CheckRunner, Report } from './runner.ts';

export interface TtlOptions {
  readonly clock: Clock;
  readonly ttlMs: number;
  readonly outputMaxBytes: number;
  readonly report: Report;
}

export interface TtlRunner extends CheckRunner {
  readonly ttlMs: number;
  /** The time begins anew. Gives back the output as it is kept. */
  set(status: Status, output: string): string;
}

export function startTtl({ clock, ttlMs, outputMaxBytes, report }: TtlOptions): TtlRunner {
  let lastOutput = '';
  let timer: Timer;
  const expire = (): void => {
    const before = lastOutput === '' ? '' : ` (last output before timeout follows): ${lastOutput}`;
    report({ status: 'critical', output: `TTL expired${before}` });
  };
  timer = clock.after(ttlMs, expire);
  return {
    ttlMs,
    set: (status, output) => {
      lastOutput = cutText(output, outputMaxBytes);
      timer.cancel();
      timer = clock.after(ttlMs, expire);
      report({ status, output: lastOutput });
      return lastOutput;
    },
    stop: () => timer.cancel(),
  };
}
