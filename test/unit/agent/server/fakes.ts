/** Stand-ins for what surrounds a server in unit tests. */
import type { ServerPool } from '../../../../src/agent/server/pools.ts';
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

export const quietMetrics: Metrics = { counter: () => nothing, sample: () => nothing, gauge: () => nothing };

/** A pool without others, where nothing happens. */
export const quietPool: ServerPool = {
  userEvent: nothing,
  keyring: async () => ({ messages: {}, keys: {}, primaryKeys: {}, nodes: 1, error: '' }),
  coordinateOf: () => undefined,
};
