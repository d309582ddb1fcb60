/** The key/value store against a model that knows nothing of trees and indexes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyCommand } from '../../../../src/agent/server/fsm/apply.ts';
import { getKey, type KvList, listKeys } from '../../../../src/agent/state/kv.ts';
import { toDirEntry } from '../../../../src/agent/state/kv-row.ts';
import { resolveIndex, Store } from '../../../../src/agent/state/store.ts';
import { watchNothing } from '../../../../src/agent/state/watches.ts';
import { byteOrder, fromByteOrder } from '../../../../src/lib/btree/byte-order.ts';
import { RegisterRequest } from '../../../../src/structs/catalog.ts';
import { DirEntry, KVSRequest } from '../../../../src/structs/kv.ts';
import { make } from '../../../../src/structs/make.ts';
import { Session, SessionRequest } from '../../../../src/structs/session.ts';

const keys = ['', 'a', 'a/', 'a/b', 'a/b/c', 'ab', 'b', '\uffee', '\u{1f600}', 'é'];
const sessionIds = [0, 1, 2].map((n) => `00000000-0000-4000-8000-00000000000${n}`);

interface Entry {
  readonly value: string;
  readonly flags: number;
  readonly lockIndex: number;
  readonly session: string;
  readonly create: number;
  readonly modify: number;
}

/** What Consul documents, as plainly as possible. */
class Model {
  readonly entries = new Map<string, Entry>();
  readonly sessions = new Map<string, 'release' | 'delete'>();
  /** Deletions: what was deleted, when. */
  readonly graves = new Map<string, number>();
  tableIndex = 0;

  apply(index: number, op: string, key: string, value: string, flags: number, session: string, cas: number): unknown {
    const old = this.entries.get(key);
    const put = (lockIndex: number, holder: string): void => {
      const entry: Entry = { value, flags, lockIndex, session: holder, create: old?.create ?? index, modify: index };
      if (old !== undefined && JSON.stringify({ ...old, modify: 0 }) === JSON.stringify({ ...entry, modify: 0 }))
        return;
      this.entries.set(key, entry);
      this.tableIndex = index;
    };
    const remove = (): void => {
      if (!this.entries.delete(key)) return;
      this.graves.set(key, index);
      this.tableIndex = index;
    };
    switch (op) {
      case 'set':
        put(0, old?.session ?? '');
        return null;
      case 'cas':
        if ((old?.modify ?? 0) !== cas) return false;
        put(0, old?.session ?? '');
        return true;
      case 'delete':
        remove();
        return null;
      case 'delete-cas':
        if (old !== undefined && old.modify !== cas) return false;
        remove();
        return true;
      case 'delete-tree': {
        const below = [...this.entries.keys()].filter((one) => one.startsWith(key));
        for (const one of below) this.entries.delete(one);
        if (below.length === 0) return null;
        if (key !== '') this.graves.set(key, index);
        this.tableIndex = index;
        return null;
      }
      case 'lock':
        if (!this.sessions.has(session)) return `invalid session "${session}"`;
        if (old !== undefined && old.session !== '' && old.session !== session) return false;
        put(old === undefined ? 1 : old.session === session ? old.lockIndex : old.lockIndex + 1, session);
        return true;
      default:
        if (old?.session !== session) return false;
        put(old.lockIndex, '');
        return true;
    }
  }

  end(index: number, session: string): void {
    const behavior = this.sessions.get(session);
    this.sessions.delete(session);
    for (const [key, entry] of [...this.entries]) {
      if (behavior === undefined || entry.session !== session) continue;
      this.tableIndex = index;
      if (behavior === 'release') this.entries.set(key, { ...entry, session: '', modify: index });
      else {
        this.entries.delete(key);
        this.graves.set(key, index);
      }
    }
  }

  list(prefix: string): { index: number; keys: string[] } {
    const below = [...this.entries].filter(([key]) => key.startsWith(prefix));
    const found = below.map(([key]) => key).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    if (prefix === '') return { index: this.tableIndex, keys: found };
    const graves = [...this.graves].filter(([key]) => key.startsWith(prefix)).map(([, index]) => index);
    const index = Math.max(0, ...below.map(([, entry]) => entry.modify), ...graves);
    return { index: index === 0 ? this.tableIndex : index, keys: found };
  }
}

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constantFrom('set', 'set', 'cas', 'delete', 'delete-cas', 'delete-tree', 'lock', 'lock', 'unlock'),
      key: fc.constantFrom(...keys),
      value: fc.constantFrom('', 'x', '\u00ff\u0000'),
      flags: fc.constantFrom(0, 7),
      session: fc.constantFrom(...sessionIds),
      /** For a CAS: the entry's index, or a wrong one. */
      current: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constantFrom('create', 'destroy'),
      session: fc.constantFrom(...sessionIds),
      behavior: fc.constantFrom('release' as const, 'delete' as const),
    }),
  },
);

const unpaused = () => Promise.resolve();

describe('the key/value store', () => {
  it('gathers a long list as it was when it was asked for, with pauses', async () => {
    const store = new Store(() => 0);
    const put = (index: number, key: string) =>
      applyCommand(store, index, {
        name: 'kv',
        body: make(KVSRequest, { Op: 'set', DirEnt: make(DirEntry, { Key: key }) }),
      });
    const names = Array.from({ length: 20_000 }, (_, i) => `l/${String(i).padStart(5, '0')}`);
    for (const [i, name] of names.entries()) put(i + 1, name);
    put(30_000, 'beside');
    let pauses = 0;
    const listed = listKeys(
      store.state,
      watchNothing,
      'l/',
      (row) => row.key,
      async () => {
        pauses++;
        put(40_000 + pauses, `l/new${pauses}`);
      },
    );
    expect(listed).toBeInstanceOf(Promise);
    expect(await listed).toEqual({ index: 20_000, items: names });
    expect(pauses).toBe(2);
  });

  it('does what a plain model of it does, under any sequence of commands', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const store = new Store(() => 0);
        const model = new Model();
        applyCommand(store, 1, {
          name: 'register',
          body: make(RegisterRequest, { Node: 'n', Address: '127.0.0.1' }),
        });
        let index = 1;
        for (const s of steps) {
          index++;
          if ('behavior' in s) {
            const create = s.op === 'create';
            if (create && model.sessions.has(s.session)) continue;
            if (create) model.sessions.set(s.session, s.behavior);
            else model.end(index, s.session);
            const session = make(Session, { ID: s.session, Node: 'n', Behavior: s.behavior });
            applyCommand(store, index, {
              name: 'session',
              body: make(SessionRequest, { Op: s.op, Session: session }),
            });
            continue;
          }
          const cas = s.current ? (model.entries.get(s.key)?.modify ?? 0) : index + 99;
          const entry = make(DirEntry, {
            Key: s.key,
            Value: Buffer.from(s.value, 'latin1'),
            Flags: s.flags,
            Session: s.op === 'lock' || s.op === 'unlock' ? s.session : '',
            ModifyIndex: cas,
          });
          const result = applyCommand(store, index, {
            name: 'kv',
            body: make(KVSRequest, { Op: s.op, DirEnt: entry }),
          });
          const wanted = model.apply(index, s.op, s.key, s.value, s.flags, s.session, cas);
          expect(result instanceof Error ? result.message : result).toEqual(wanted);
        }
        const { state } = store;
        for (const prefix of [...keys, 'a/b/c/d', 'z']) {
          const list = listKeys(state, watchNothing, byteOrder(prefix), (row) => fromByteOrder(row.key), unpaused);
          const { index: at, items } = list as KvList<string>;
          expect({ index: resolveIndex(state, at), keys: items }).toEqual(model.list(prefix));
        }
        for (const [key, entry] of model.entries) {
          const { index: at, row } = getKey(state, watchNothing, byteOrder(key));
          expect(resolveIndex(state, at)).toBe(entry.modify);
          expect(toDirEntry(row!)).toEqual({
            LockIndex: entry.lockIndex,
            Key: key,
            Flags: entry.flags,
            Value: entry.value === '' ? null : Buffer.from(entry.value, 'latin1'),
            Session: entry.session,
            CreateIndex: entry.create,
            ModifyIndex: entry.modify,
          });
        }
        const missing = getKey(state, watchNothing, 'nowhere');
        expect(missing.row).toBeUndefined();
        expect(resolveIndex(state, missing.index)).toBe(model.tableIndex);
      }),
      { numRuns: 300 },
    );
  });
});
