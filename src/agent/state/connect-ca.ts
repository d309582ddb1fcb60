/** The certificate authority's tables. */
import type { CAConfiguration, CAConsulProviderState, CARequest, CARoot } from '../../structs/connect.ts';
import { CommandError, maxIndex, type State, type Transaction } from './store.ts';
import type { WatchSet } from './watches.ts';

const tableIndex = 'connect-ca-builtin';
const serialIndex = 'connect-ca-builtin-serial';

/** Result of a CA command: whether a check-and-set took place, a serial number, or nothing. */
export function applyCA(tx: Transaction, request: CARequest): boolean | number | null {
  switch (request.Op) {
    case 'set-roots':
      return setRoots(tx, request.Index, request.Roots ?? []);
    case 'set-config': {
      const config = given(request.Config);
      if (config.ModifyIndex !== 0) return casConfig(tx, config);
      setConfig(tx, config);
      return null;
    }
    case 'set-roots-config': {
      const config = given(request.Config);
      // Both or nothing: the configuration is looked at first.
      if (config.ModifyIndex !== 0 && tx.tables.caConfig.get('')?.ModifyIndex !== config.ModifyIndex) return false;
      if (!setRoots(tx, request.Index, request.Roots ?? [])) return false;
      setConfig(tx, config);
      return true;
    }
    case 'set-provider-state':
      setProviderState(tx, given(request.ProviderState));
      return true;
    case 'delete-provider-state':
      if (tx.remove('caProviders', given(request.ProviderState).ID) !== undefined) tx.bump(tableIndex);
      return true;
    case 'increment-provider-serial': {
      // The first one follows the index of the provider's table, as in Consul.
      const serial = maxIndex(tx, serialIndex, tableIndex) + 1;
      tx.setIndex(serialIndex, serial);
      return serial;
    }
    default:
      throw new CommandError(`Invalid CA operation '${request.Op}'`);
  }
}

export interface CaRoots {
  readonly index: number;
  readonly roots: readonly CARoot[];
  /** '' while there is none. */
  readonly clusterId: string;
}

/** The roots that are trusted, and the name of the cluster they are for. */
export function readCaRoots(state: State, watch: WatchSet): CaRoots {
  watch.topic('connect-ca-roots');
  watch.topic('connect-ca-config');
  const config = state.tables.caConfig.get('');
  return {
    index: Math.max(maxIndex(state, 'connect-ca-roots'), config?.ModifyIndex ?? 0),
    roots: Array.from(state.tables.caRoots.rows.entries(), ([, root]) => root),
    clusterId: config?.ClusterID ?? '',
  };
}

function given<T>(value: T | null): T {
  if (value === null) throw new CommandError('CA operation without its subject');
  return value;
}

function setConfig(tx: Transaction, config: CAConfiguration): void {
  const old = tx.tables.caConfig.get('');
  // The cluster's identity is chosen once.
  const ClusterID = config.ClusterID === '' ? (old?.ClusterID ?? '') : config.ClusterID;
  tx.put('caConfig', { ...config, ClusterID, CreateIndex: old?.CreateIndex ?? tx.index, ModifyIndex: tx.index });
}

function casConfig(tx: Transaction, config: CAConfiguration): boolean {
  if (tx.tables.caConfig.get('')?.ModifyIndex !== config.ModifyIndex) return false;
  setConfig(tx, config);
  return true;
}

/** Replaces all roots, unless they have changed since `index`. */
function setRoots(tx: Transaction, index: number, roots: readonly CARoot[]): boolean {
  if (roots.filter((root) => root.Active).length !== 1) {
    throw new CommandError('there must be exactly one active CA root');
  }
  if (maxIndex(tx, 'connect-ca-roots') !== index) return false;
  const old = new Map(tx.tables.caRoots.rows.entries());
  for (const id of old.keys()) tx.remove('caRoots', id);
  for (const root of roots) {
    tx.put('caRoots', { ...root, CreateIndex: old.get(root.ID)?.CreateIndex ?? tx.index, ModifyIndex: tx.index });
  }
  tx.bump('connect-ca-roots');
  return true;
}

function setProviderState(tx: Transaction, state: CAConsulProviderState): void {
  const CreateIndex = tx.tables.caProviders.get(state.ID)?.CreateIndex ?? tx.index;
  tx.put('caProviders', { ...state, CreateIndex, ModifyIndex: tx.index });
  tx.bump(tableIndex);
}
