/** A logger and metrics that say nothing. */
import type { Logger, Metrics } from '../src/agent/telemetry/api.ts';

const nothing = (): void => {};

export const silentLogger: Logger = {
  named: () => silentLogger,
  enabled: () => false,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};

export const silentMetrics: Metrics = {
  counter: () => nothing,
  sample: () => nothing,
  gauge: () => nothing,
};
