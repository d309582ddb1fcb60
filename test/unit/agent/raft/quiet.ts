/** Loggers and metrics that say nothing. */
import type { Logger, Metrics } from '../../../../src/agent/telemetry/api.ts';

const nothing = (): void => {};

export const quietLogger: Logger = {
  named: () => quietLogger,
  enabled: () => false,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};

export const quietMetrics: Metrics = {
  counter: () => nothing,
  sample: () => nothing,
  gauge: () => nothing,
};
