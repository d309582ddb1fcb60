/** Stand-ins for what surrounds a server in unit tests. */
import type { ServerPool } from '../../../../src/agent/server/pools.ts';

/** A pool without others, where nothing happens. */
export const quietPool: ServerPool = {
  userEvent: () => {},
  keyring: async () => ({ messages: {}, keys: {}, primaryKeys: {}, nodes: 1, error: '' }),
  coordinateOf: () => undefined,
};
