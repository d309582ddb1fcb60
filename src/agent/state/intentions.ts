/** Intentions as one list, read from the config entries that hold them by destination. */

import { Intention, type ServiceIntentionsConfigEntry, type SourceIntention } from '../../structs/intention.ts';
import { make, zeroTime } from '../../structs/make.ts';
import { listConfigEntries } from './config-entry.ts';
import { type ConfigEntryRow, configEntryKey, topics } from './schema.ts';
import type { ReadIndex, State } from './store.ts';
import type { WatchSet } from './watches.ts';

const kind = 'service-intentions';
const namespace = 'default';
const index: readonly string[] = ['config-entries'];

export interface IntentionsRead {
  readonly index: ReadIndex;
  readonly intentions: Intention[];
}

const entryOf = (row: ConfigEntryRow): ServiceIntentionsConfigEntry => row as unknown as ServiceIntentionsConfigEntry;

function toIntention(entry: ServiceIntentionsConfigEntry, source: SourceIntention): Intention {
  return make(Intention, {
    ID: source.LegacyID,
    Description: source.Description,
    SourceNS: namespace,
    SourceName: source.Name,
    DestinationNS: namespace,
    DestinationName: entry.Name,
    SourceType: source.Type,
    Action: source.Action,
    Permissions: source.Permissions,
    Meta: source.LegacyID === '' ? entry.Meta : source.LegacyMeta,
    Precedence: source.Precedence,
    CreatedAt: source.LegacyCreateTime ?? zeroTime,
    UpdatedAt: source.LegacyUpdateTime ?? zeroTime,
    CreateIndex: entry.CreateIndex,
    ModifyIndex: entry.ModifyIndex,
  });
}

const intentionsOf = (row: ConfigEntryRow): Intention[] => {
  const entry = entryOf(row);
  return (entry.Sources ?? []).map((source) => toIntention(entry, source));
};

const text = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The order in which they count; ties by name. */
const byPrecedence = (a: Intention, b: Intention): number =>
  b.Precedence - a.Precedence || text(a.SourceName, b.SourceName) || text(a.DestinationName, b.DestinationName);

export function listIntentions(state: State, watch: WatchSet): IntentionsRead {
  const { entries } = listConfigEntries(state, watch, kind);
  return { index, intentions: entries.flatMap(intentionsOf).sort(byPrecedence) };
}

export function intentionById(state: State, watch: WatchSet, id: string): IntentionsRead {
  const { intentions } = listIntentions(state, watch);
  const wanted = id.toLowerCase();
  return { index, intentions: intentions.filter(({ ID }) => ID !== '' && ID.toLowerCase() === wanted) };
}

function toDestination(state: State, watch: WatchSet, name: string): Intention[] {
  watch.topic(topics.configEntry(kind, name));
  const row = state.tables.configEntries.get(configEntryKey(kind, name));
  return row === undefined ? [] : intentionsOf(row);
}

export function intentionExact(state: State, watch: WatchSet, source: string, destination: string): IntentionsRead {
  const intentions = toDestination(state, watch, destination);
  return { index, intentions: intentions.filter(({ SourceName }) => SourceName === source) };
}

export type MatchBy = 'source' | 'destination';

/** All that concern a service at one end, in the order in which they count. */
export function matchIntentions(state: State, watch: WatchSet, by: MatchBy, name: string): IntentionsRead {
  if (by === 'destination') {
    const names = name === '*' ? ['*'] : [name, '*'];
    return { index, intentions: names.flatMap((one) => toDestination(state, watch, one)).sort(byPrecedence) };
  }
  const { intentions } = listIntentions(state, watch);
  return { index, intentions: intentions.filter(({ SourceName }) => SourceName === name || SourceName === '*') };
}

/** The intention that decides, if there is one. */
export function decidingIntention(
  state: State,
  watch: WatchSet,
  source: string,
  destination: string,
): Intention | undefined {
  const { intentions } = matchIntentions(state, watch, 'destination', destination);
  return intentions.find(({ SourceName }) => SourceName === source || SourceName === '*');
}
