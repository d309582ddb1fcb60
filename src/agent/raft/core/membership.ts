/**
 * Which configuration counts: a server uses the latest one in its log, committed or not, and goes back to the committed one
 * when that entry is truncated (Raft thesis 4.1). Only one change is under way at a time.
 */
import type { Configuration, LogEntry } from '../api.ts';
import { entryTypes } from '../api.ts';
import { assert } from './assert.ts';
import {
  applyChange,
  type ConfigurationChange,
  configurationFault,
  emptyConfiguration,
  isSoleVoter,
  isVoter,
} from './configuration.ts';
import { ensureProgress } from './replication.ts';
import { standInTurn } from './roles.ts';
import type { CoreState } from './state.ts';

/** Turns the bytes of a configuration entry into a configuration and back; throws on garbage. */
export interface ConfigurationCodec {
  encode(configuration: Configuration): Uint8Array;
  decode(data: Uint8Array): Configuration;
}

interface Placed {
  readonly index: number;
  readonly configuration: Configuration;
}

export class Membership {
  readonly #codec: ConfigurationCodec;
  /** The committed configuration and those after it, oldest first. Never empty. */
  #placed: Placed[];

  constructor(codec: ConfigurationCodec, committed: Placed = { index: 0, configuration: emptyConfiguration }) {
    this.#codec = codec;
    this.#placed = [committed];
  }

  get latest(): Configuration {
    return this.#placed.at(-1)!.configuration;
  }
  get latestIndex(): number {
    return this.#placed.at(-1)!.index;
  }
  get committedIndex(): number {
    return this.#placed[0]!.index;
  }
  get committed(): Configuration {
    return this.#placed[0]!.configuration;
  }
  /** A voter in any configuration that may still count: a change is only begun when the one before it is committed. */
  mayCampaign(id: string): boolean {
    return this.#placed.slice(-2).some(({ configuration }) => isVoter(configuration, id));
  }

  encode(configuration: Configuration): Uint8Array {
    return this.#codec.encode(configuration);
  }

  /** Takes configurations over at append, on every server. */
  appended(entries: readonly LogEntry[], state: CoreState | null): void {
    for (const entry of entries) {
      if (entry.type !== entryTypes.configuration) continue;
      assert(entry.index > this.latestIndex, 'configurations come in log order');
      const before = this.latest;
      const configuration = this.#codec.decode(entry.data);
      this.#placed.push({ index: entry.index, configuration });
      if (state) changed(state, before);
    }
  }

  truncatedFrom(index: number, state: CoreState): void {
    if (this.latestIndex < index) return;
    assert(this.committedIndex < index, 'a committed configuration is never truncated');
    const before = this.latest;
    this.#placed = this.#placed.filter((placed) => placed.index < index);
    changed(state, before);
  }

  committedThrough(index: number): void {
    while (this.#placed.length > 1 && this.#placed[1]!.index <= index) this.#placed.shift();
  }

  reset(index: number, configuration: Configuration, state: CoreState): void {
    const before = this.latest;
    this.#placed = [{ index, configuration }];
    changed(state, before);
  }
}

function changed(state: CoreState, before: Configuration): void {
  const { latestIndex: index, latest: configuration } = state.membership;
  state.event({ kind: 'configuration', index, configuration });
  if (state.leading) ensureProgress(state, state.leading, before);
}

/** Leader: appends one configuration change, if it may be made now. */
export function proposeChange(state: CoreState, change: ConfigurationChange, prevIndex: number): boolean {
  const { leading, membership } = state;
  if (!leading) {
    state.refused('notLeader');
    return false;
  }
  if (leading.transfer) {
    state.refused('transferring');
    return false;
  }
  const refuse = (detail: string): boolean => {
    state.refused('badChange', detail);
    return false;
  };
  // Before an entry of this term is committed, an older change may still be open (Raft thesis 4.1, its erratum).
  if (state.commitIndex < leading.startIndex || membership.latestIndex > state.commitIndex) {
    return refuse('another configuration change is in progress');
  }
  if (prevIndex > 0 && prevIndex !== membership.latestIndex) {
    return refuse(`configuration changed since ${prevIndex} (latest is ${membership.latestIndex})`);
  }
  const next = applyChange(membership.latest, change);
  const fault = configurationFault(next);
  if (fault !== '') return refuse(fault);
  const index = state.log.lastIndex + 1;
  state.append([
    {
      index,
      term: state.term,
      type: entryTypes.configuration,
      data: membership.encode(next),
      extensions: null,
      appendedAtMs: state.options.wallMs(),
    },
  ]);
  state.accepted(index);
  return true;
}

/** The first entry of a server that has nothing yet: the same on every server that bootstraps alike. */
export function bootstrap(state: CoreState, configuration: Configuration): void {
  if (state.term > 0 || state.log.lastIndex > 0) {
    state.refused('badChange', 'bootstrap only works on new clusters');
    return;
  }
  const fault = configurationFault(configuration);
  if (fault !== '') {
    state.refused('badChange', fault);
    return;
  }
  state.setTerm(1, '');
  const data = state.membership.encode(configuration);
  state.append([{ index: 1, term: 1, type: entryTypes.configuration, data, extensions: null, appendedAtMs: 0 }]);
  state.accepted(1);
  if (selfDecidesAlone(state)) state.electionAtMs = state.nowMs;
  else if (mayCampaign(state)) standInTurn(state, state.nowMs);
}

/**
 * Voters stand for election, and so do servers whose removal is in their log but not known to be committed: they may be the
 * only ones whose log is long enough (Raft thesis 4.2.2). They ask the voters of their latest configuration and do not count
 * themselves.
 */
export const mayCampaign = (state: CoreState): boolean => state.membership.mayCampaign(state.self.id);
export const selfDecidesAlone = (state: CoreState): boolean => isSoleVoter(state.membership.latest, state.self.id);
/** Nobody else, voting or not, has any entry of this server. */
export const isAlone = (state: CoreState): boolean =>
  state.membership.latest.servers.length === 1 && selfDecidesAlone(state);
