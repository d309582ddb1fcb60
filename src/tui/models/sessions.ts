/**
 * Sessions and what they hold. Consul lists sessions but not locks: a lock is a key whose entry names a session. So the
 * entries are watched where they are few, and searched once, on demand, where they are very many.
 */

import type { SessionEntry } from '../../client/index.ts';
import type { Clock } from '../../lib/runtime.ts';
import { type KvEntry, kvEntries, kvKeys, sessions as sessionList } from '../source/queries.ts';
import type { Source } from '../source/source.ts';
import { follow, followInto } from './follow.ts';
import { createResource, failureOf, type Resource } from './resource.ts';
import { createStore, type Readable } from './store.ts';

/** Up to so many keys their entries are watched all the time. */
export const mostWatchedKeys = 5_000;

export interface Lock {
  readonly key: string;
  readonly session: string;
  readonly lockIndex: number;
  readonly modifyIndex: number;
}

export type LockSearch =
  | { readonly kind: 'counting' }
  | { readonly kind: 'live' }
  /** Too many keys to watch: nothing is known until `scan`. */
  | { readonly kind: 'too-many'; readonly keys: number }
  | { readonly kind: 'scanning'; readonly keys: number }
  /** What a scan found, `atMs` on the monotonic clock. */
  | { readonly kind: 'scanned'; readonly keys: number; readonly atMs: number }
  | { readonly kind: 'failed'; readonly message: string };

export interface SessionRow {
  readonly session: SessionEntry;
  /** Ids of the checks it depends on. */
  readonly checks: readonly string[];
  readonly locks: readonly Lock[];
}

export interface SessionsSnapshot {
  readonly sessions: Resource<readonly SessionEntry[]>;
  readonly rows: readonly SessionRow[];
  readonly search: LockSearch;
}

export interface SessionsModel extends Readable<SessionsSnapshot> {
  /** Watches until aborted. May be called again afterwards. */
  run(signal: AbortSignal): Promise<void>;
  /** Looks through all entries once, where they are too many to be watched. */
  scan(): void;
}

export function createSessionsModel(source: Source, clock: Clock): SessionsModel {
  const sessions = createResource<readonly SessionEntry[]>(clock);
  let locks: readonly Lock[] = [];
  let search: LockSearch = { kind: 'counting' };
  let running: AbortSignal | undefined;
  const store = createStore(assemble());

  function assemble(): SessionsSnapshot {
    const bySession = Map.groupBy(locks, (lock) => lock.session);
    const rows = (sessions.get().value ?? []).map((session) => ({
      session,
      checks: [...(session.NodeChecks ?? []), ...(session.ServiceChecks ?? []).map(checkName)],
      locks: bySession.get(session.ID) ?? [],
    }));
    return { sessions: sessions.get(), rows, search };
  }

  const publish = () => store.set(assemble());

  function searched(next: LockSearch, entries?: readonly KvEntry[]): void {
    search = next;
    if (entries !== undefined) locks = locksOf(entries);
    publish();
  }

  async function followLocks(signal: AbortSignal): Promise<void> {
    try {
      const { length } = await source.read(kvKeys(''), signal);
      if (length > mostWatchedKeys) {
        if (search.kind !== 'scanned') searched({ kind: 'too-many', keys: length });
        return;
      }
    } catch (error) {
      if (!signal.aborted) searched({ kind: 'failed', message: failureOf(error).message });
      return;
    }
    await follow(
      clock,
      source.follow(kvEntries(''), signal),
      (entries) => searched({ kind: 'live' }, entries),
      (failure) => searched({ kind: 'failed', message: failure.message }),
      signal,
    );
  }

  async function scan(keys: number, signal: AbortSignal): Promise<void> {
    searched({ kind: 'scanning', keys });
    try {
      const entries = await source.read(kvEntries(''), signal);
      searched({ kind: 'scanned', keys: entries.length, atMs: clock.nowMs() }, entries);
    } catch (error) {
      if (signal.aborted) searched({ kind: 'too-many', keys });
      else searched({ kind: 'failed', message: failureOf(error).message });
    }
  }

  sessions.subscribe(publish);

  return {
    get: store.get,
    subscribe: store.subscribe,
    async run(signal) {
      running = signal;
      await Promise.all([followInto(clock, source.follow(sessionList, signal), sessions, signal), followLocks(signal)]);
    },
    scan() {
      if (running === undefined || running.aborted) return;
      if (search.kind === 'too-many' || search.kind === 'scanned') void scan(search.keys, running);
    },
  };
}

function locksOf(entries: readonly KvEntry[]): readonly Lock[] {
  return entries
    .filter(({ session }) => session !== '')
    .map(({ key, session, lockIndex, modifyIndex }) => ({ key, session, lockIndex, modifyIndex }));
}

/** A service check is `{ID, Namespace}` in 1.10 and was a plain string before. */
function checkName(check: unknown): string {
  return typeof check === 'object' && check !== null && 'ID' in check ? String(check.ID) : String(check);
}
