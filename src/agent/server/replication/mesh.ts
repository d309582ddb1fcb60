/** Config entries (intentions among them) and federation states of the primary, kept here as well. */
import { messageOf } from '../../../lib/message-of.ts';
import type { FederationState } from '../../../structs/federation.ts';
import { sameRow } from '../../state/equal.ts';
import { type ConfigEntryRow, configEntryKey, configEntryName, fold } from '../../state/schema.ts';
import type { ServerContext } from '../context.ts';
import { type Ask, changesOf } from './ask.ts';
import type { Replicated } from './replicator.ts';

/** Entries refer to those of earlier kinds, so these are written first and removed last. */
const order = [
  'proxy-defaults',
  'mesh',
  'service-defaults',
  'service-resolver',
  'service-splitter',
  'service-router',
  'ingress-gateway',
  'terminating-gateway',
  'service-intentions',
];
const rank = ({ Kind }: ConfigEntryRow): number => order.indexOf(Kind);

export function replicatedConfigEntries(
  { store, propose, config }: ServerContext,
  ask: Ask,
): Replicated<ConfigEntryRow, ConfigEntryRow> {
  const write = (Op: 'upsert' | 'delete', Entry: ConfigEntryRow): Promise<unknown> =>
    propose('configEntry', { Op, Datacenter: config.datacenter, Entry, Token: '' });
  return {
    name: 'config entries',
    fetch: changesOf(ask, 'ConfigEntry.ListAll', {}, ({ Entries }) => Entries as ConfigEntryRow[] | null),
    local: () => store.state.tables.configEntries.rows.values(),
    keyOf: (entry) => configEntryKey(entry.Kind, configEntryName(entry)),
    isSame: (remote, local) => sameRow(local, remote),
    async apply(removed, changed, signal) {
      // One that does not fit yet must not hold up the others.
      const faults: string[] = [];
      const attempt = async (op: 'upsert' | 'delete', entry: ConfigEntryRow): Promise<void> => {
        signal.throwIfAborted();
        await write(op, entry).catch((error: unknown) =>
          faults.push(`${op} ${entry.Kind}/${configEntryName(entry)}: ${messageOf(error)}`),
        );
      };
      for (const entry of [...removed].sort((a, b) => rank(b) - rank(a))) await attempt('delete', entry);
      for (const entry of [...changed].sort((a, b) => rank(a) - rank(b))) await attempt('upsert', entry);
      if (faults.length > 0) throw new Error(faults.join('; '));
    },
  };
}

export function replicatedFederationStates(
  { store, propose, config }: ServerContext,
  ask: Ask,
): Replicated<FederationState, FederationState> {
  const write = (Op: 'upsert' | 'delete', State: FederationState): Promise<unknown> =>
    propose('federationState', { Datacenter: config.datacenter, Op, State, Token: '' });
  return {
    name: 'federation states',
    fetch: changesOf(ask, 'FederationState.List', {}, ({ States }) => States),
    local: () => store.state.tables.federationStates.rows.values(),
    keyOf: ({ Datacenter }) => fold(Datacenter),
    isSame: (remote, local) => remote.PrimaryModifyIndex === local.PrimaryModifyIndex,
    async apply(removed, changed, signal) {
      for (const state of removed) {
        signal.throwIfAborted();
        await write('delete', state);
      }
      for (const state of changed) {
        signal.throwIfAborted();
        await write('upsert', state);
      }
    },
  };
}
