/** Small tables of operation: autopilot, system metadata, coordinates, federation states. */
import type { Coordinate } from '../../structs/coordinate.ts';
import type { FederationState } from '../../structs/federation.ts';
import type { SystemMetadataEntry } from '../../structs/internal.ts';
import type { AutopilotConfig } from '../../structs/operator.ts';
import { getNode } from './nodes.ts';
import { fold } from './schema.ts';
import { maxIndex, type State, type Transaction } from './store.ts';
import type { WatchSet } from './watches.ts';

export const getAutopilot = (state: State): AutopilotConfig | undefined => state.tables.autopilot.get('');

export function setAutopilot(tx: Transaction, config: AutopilotConfig): void {
  const CreateIndex = getAutopilot(tx)?.CreateIndex ?? tx.index;
  tx.put('autopilot', { ...config, CreateIndex, ModifyIndex: tx.index });
}

/** False when the index is stale, or nothing was there to compare with. */
export function casAutopilot(tx: Transaction, config: AutopilotConfig): boolean {
  if (getAutopilot(tx)?.ModifyIndex !== config.ModifyIndex) return false;
  setAutopilot(tx, config);
  return true;
}

export const getMetadata = (state: State, key: string): string | undefined =>
  state.tables.systemMetadata.get(key)?.Value;

export function setMetadata(tx: Transaction, entry: SystemMetadataEntry): void {
  const CreateIndex = tx.tables.systemMetadata.get(entry.Key)?.CreateIndex ?? tx.index;
  tx.put('systemMetadata', { ...entry, CreateIndex, ModifyIndex: tx.index });
  tx.bump('system-metadata');
  if (entry.Key !== 'intention-format') return;
  // From now on intentions are config entries: what was read of those so far may be more, and their own table is empty.
  tx.bump('config-entries');
  tx.bump('connect-intentions');
}

export function deleteMetadata(tx: Transaction, key: string): void {
  if (tx.remove('systemMetadata', key) !== undefined) tx.bump('system-metadata');
}

/** Coordinates of nodes that are gone by now are dropped silently. */
export function updateCoordinates(tx: Transaction, batch: readonly Coordinate[]): void {
  for (const update of batch) {
    if (update.Coord !== null && getNode(tx, update.Node) !== undefined) tx.put('coordinates', update);
  }
  tx.bump('coordinates');
}

export function listCoordinates(state: State, watch: WatchSet): { index: number; coordinates: Coordinate[] } {
  watch.topic('coordinates');
  return { index: maxIndex(state, 'coordinates'), coordinates: state.tables.coordinates.rows.values() };
}

export function setFederationState(tx: Transaction, request: FederationState): void {
  const CreateIndex = tx.tables.federationStates.get(fold(request.Datacenter))?.CreateIndex ?? tx.index;
  // The primary's own index travels with replicated states; there it is this one.
  const PrimaryModifyIndex = request.PrimaryModifyIndex === 0 ? tx.index : request.PrimaryModifyIndex;
  tx.put('federationStates', { ...request, PrimaryModifyIndex, CreateIndex, ModifyIndex: tx.index });
  tx.bump('federation-states');
}

export function deleteFederationState(tx: Transaction, datacenter: string): void {
  if (tx.remove('federationStates', fold(datacenter)) !== undefined) tx.bump('federation-states');
}
