/**
 * How long blocking queries wait. One that is asked again, of another server or another leader, waits for what is left of its time and
 * not for all of it anew: whoever asked has reckoned with that much.
 */
import type { Config } from '../config/config.ts';

export type WaitLimits = Pick<Config, 'defaultQueryTimeMs' | 'maxQueryTimeMs'>;

/** What queries carry; `MaxQueryTime` in nanoseconds. */
export interface Waiting {
  readonly MinQueryIndex?: number;
  readonly MaxQueryTime?: number;
}

/** Less would be no wish: 0 stands for the default. */
const shortestNs = 1e6;

export const isBlocking = (args: object): boolean => ((args as Waiting).MinQueryIndex ?? 0) > 0;

export function waitMsOf(args: object, { defaultQueryTimeMs, maxQueryTimeMs }: WaitLimits): number {
  const { MaxQueryTime = 0 } = args as Waiting;
  return Math.min(MaxQueryTime > 0 ? MaxQueryTime / 1e6 : defaultQueryTimeMs, maxQueryTimeMs);
}

/** The question of whoever has waited for so long already. */
export function afterWaiting<A extends object>(args: A, waitedMs: number, limits: WaitLimits): A {
  if (!isBlocking(args)) return args;
  const leftMs = waitMsOf(args, limits) - waitedMs;
  return { ...args, MaxQueryTime: Math.max(Math.round(leftMs * 1e6), shortestNs) };
}
