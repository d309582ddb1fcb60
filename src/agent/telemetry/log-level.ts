/** The five levels of the log, their order and their names in configuration. */
import type { LogLevel } from './api.ts';

/** Order of severity; a sink of rank r takes everything of rank >= r. */
export const levelRank: Readonly<Record<LogLevel, number>> = { trace: 1, debug: 2, info: 3, warn: 4, error: 5 };

/** Above every level: the rank of a logger nobody listens to. */
export const rankOff = 6;

const byName: Readonly<Record<string, LogLevel>> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERR: 'error',
  ERROR: 'error',
};

/** Names as Consul lists them in its error texts. */
export const levelNames = Object.keys(byName);

/** The level of a name in any case ("INFO", "err"), or null if there is none. */
export function parseLogLevel(name: string): LogLevel | null {
  const upper = name.toUpperCase();
  return Object.hasOwn(byName, upper) ? byName[upper]! : null;
}
