/** Config entries, and intentions as the part of them that names sources. */

import { lookOverEntry } from '../../structs/config-entry-rules/index.ts';
import { legacyFault } from '../../structs/config-entry-rules/intentions.ts';
import type { Intention, IntentionMutation, SourceIntention } from '../../structs/intention.ts';
import { checkEntryGraph } from './config-entry-graph.ts';
import { gatewayIndexKey, gatewayKinds } from './gateway-services.ts';
import { getMetadata } from './operator.ts';
import { type ConfigEntryRow, configEntryKey, configEntryName, fold, topics } from './schema.ts';
import { CommandError, type ReadIndex, type State, type Transaction } from './store.ts';
import { part } from './table.ts';
import type { WatchSet } from './watches.ts';

export const getConfigEntry = (state: State, kind: string, name: string): ConfigEntryRow | undefined =>
  state.tables.configEntries.get(configEntryKey(kind, name));

/** Moves with the table, without waking who waits for one entry of it. */
const configIndex: readonly string[] = ['config-entries'];

export interface ConfigEntryRead {
  readonly index: ReadIndex;
  readonly entry: ConfigEntryRow | null;
}

export function readConfigEntry(state: State, watch: WatchSet, kind: string, name: string): ConfigEntryRead {
  watch.topic(topics.configEntry(kind, name));
  return { index: configIndex, entry: getConfigEntry(state, kind, name) ?? null };
}

/** Those of a kind, or of all kinds (''). */
export function listConfigEntries(
  state: State,
  watch: WatchSet,
  kind: string,
): { readonly index: ReadIndex; readonly entries: ConfigEntryRow[] } {
  watch.topic(kind === '' ? 'config-entries' : topics.configKind(kind));
  return { index: configIndex, entries: state.tables.configEntries.rows.values(kind === '' ? '' : kind + part) };
}

/** Refused when it would not fit to the other entries. */
export function setConfigEntry(tx: Transaction, entry: ConfigEntryRow): void {
  const name = configEntryName(entry);
  const old = getConfigEntry(tx, entry.Kind, name);
  tx.put('configEntries', { ...entry, CreateIndex: old?.CreateIndex ?? tx.index, ModifyIndex: tx.index });
  bump(tx, entry.Kind);
  checkEntryGraph(tx, entry.Kind, name);
}

/** False when the index is stale. Index 0 means: only if there is none. */
export function casConfigEntry(tx: Transaction, entry: ConfigEntryRow): boolean {
  const old = getConfigEntry(tx, entry.Kind, configEntryName(entry));
  if ((old?.ModifyIndex ?? 0) !== entry.ModifyIndex) return false;
  setConfigEntry(tx, entry);
  return true;
}

/** Refused when others need it. */
export function deleteConfigEntry(tx: Transaction, kind: string, name: string): void {
  if (tx.remove('configEntries', configEntryKey(kind, name)) === undefined) return;
  bump(tx, kind);
  checkEntryGraph(tx, kind, name);
}

function bump(tx: Transaction, kind: string): void {
  tx.bump('config-entries');
  if ((gatewayKinds as readonly string[]).includes(kind)) tx.bump(gatewayIndexKey);
}

const intentionsKind = 'service-intentions';
const inConfigEntries = (state: State): boolean => getMetadata(state, 'intention-format') === 'config-entry';

/** Changes one source of the entry that holds a destination's intentions. */
export function mutateIntention(tx: Transaction, op: string, mutation: IntentionMutation): void {
  if (!inConfigEntries(tx)) {
    throw new CommandError(
      'state: IntentionMutation() is not allowed when intentions are not stored in config entries',
    );
  }
  const found = mutation.ID === '' ? null : findById(tx, mutation.ID);
  if (mutation.ID !== '' && op !== 'create' && found === null) {
    if (op === 'delete') return;
    throw new CommandError(`Cannot modify non-existent intention: '${mutation.ID}'`);
  }
  const destination = found?.entry.Name ?? mutation.Destination.Name;
  const entry = found?.entry ?? getConfigEntry(tx, intentionsKind, destination);
  const sources = [...((entry?.['Sources'] as SourceIntention[] | null | undefined) ?? [])];
  const source = mutation.Value?.Name ?? mutation.Source.Name;
  const isMeant = (one: SourceIntention): boolean =>
    found === null ? op !== 'create' && fold(one.Name) === fold(source) : one.LegacyID === mutation.ID;
  const at = sources.findIndex(isMeant);
  if (op === 'delete') {
    if (at < 0) return;
    sources.splice(at, 1);
    if (found === null) refuseLegacyParts(sources);
    if (sources.length === 0) deleteConfigEntry(tx, intentionsKind, destination);
    else setConfigEntry(tx, { ...(entry as ConfigEntryRow), Sources: sources });
    return;
  }
  if (mutation.Value === null) throw new CommandError('Intention mutation without a value');
  if (found === null && op !== 'create') refuseLegacyParts(sources.filter((_, i) => i !== at));
  if (at < 0) sources.push(mutation.Value);
  else sources[at] = mutation.Value;
  const wanted = { Kind: intentionsKind, Name: destination, Meta: null, CreateIndex: 0, ModifyIndex: 0, ...entry };
  const { entry: normal, fault } = lookOverEntry(intentionsKind, { ...wanted, Sources: sources });
  if (fault !== null) throw new CommandError(fault);
  setConfigEntry(tx, normal);
}

/** Writes by source and destination are of the newer form: what belongs to the older one stands in their way. */
function refuseLegacyParts(sources: readonly SourceIntention[]): void {
  const fault = legacyFault(sources);
  if (fault !== null) throw new CommandError(fault);
}

function findById(tx: Transaction, id: string): { readonly entry: ConfigEntryRow } | null {
  let found: { readonly entry: ConfigEntryRow } | null = null;
  tx.tables.configEntries.rows.scanPrefix(intentionsKind + part, (entry) => {
    const sources = (entry['Sources'] as SourceIntention[] | null) ?? [];
    if (!sources.some((source) => source.LegacyID === id)) return true;
    found = { entry };
    return false;
  });
  return found;
}

/** Intentions of their own table, as servers before 1.9 wrote them. */
export function setLegacyIntention(tx: Transaction, intention: Intention): void {
  refuseLegacy(tx);
  const CreateIndex = tx.tables.intentions.get(fold(intention.ID))?.CreateIndex ?? tx.index;
  tx.put('intentions', { ...intention, CreateIndex, ModifyIndex: tx.index });
  tx.bump('connect-intentions');
}

export function deleteLegacyIntention(tx: Transaction, id: string): void {
  refuseLegacy(tx);
  if (tx.remove('intentions', fold(id)) !== undefined) tx.bump('connect-intentions');
}

/** The leader empties the old table when it has moved everything to config entries. */
export function deleteLegacyIntentions(tx: Transaction): void {
  for (const key of tx.tables.intentions.rows.keys()) tx.remove('intentions', key);
  tx.bump('connect-intentions');
}

function refuseLegacy(tx: Transaction): void {
  if (inConfigEntries(tx)) {
    throw new CommandError('state: IntentionSet() is not allowed when intentions are stored in config entries');
  }
}
