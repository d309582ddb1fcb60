/** What a server asks of the gossip pools it is in. */
import type { KeyringOutcome } from '../gossip/consul-pool.ts';
import type { Coordinate } from '../gossip/serf/core/coordinate.ts';
import type { KeyOperation } from '../gossip/serf/internal-queries.ts';

export interface ServerPool {
  /** @throws SerfLimitError for an event that is too large to gossip */
  userEvent(name: string, payload: Uint8Array | null, coalesce: boolean): void;
  /** Asks every node to do something with its keys. `key` is raw; empty for a list. */
  keyring(operation: KeyOperation, key: Uint8Array, relayFactor: number): Promise<KeyringOutcome>;
  /** Where a member is in the network; undefined when this node does not know. */
  coordinateOf(member: string): Coordinate | undefined;
}

export interface ServerPools {
  readonly lan: () => ServerPool;
  /** null where there is no WAN pool. */
  readonly wan: () => ServerPool | null;
}
