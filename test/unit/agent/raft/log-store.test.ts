import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entryTypes, type LogEntry } from '../../../../src/agent/raft/api.ts';
import { CorruptStorage } from '../../../../src/agent/raft/errors.ts';
import type { LogStore } from '../../../../src/agent/raft/log-store.ts';
import { openLmdbLogStore } from '../../../../src/agent/raft/log-store-lmdb.ts';
import { MemoryLogStore } from '../../../../src/agent/raft/log-store-memory.ts';
import { entries, entry, plain } from './entries.ts';

let directory: string;
let next = 0;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tc-log-store-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Kind {
  readonly name: string;
  readonly make: () => { store: LogStore; reopen: ((store: LogStore) => Promise<LogStore>) | null };
}

const kinds: Kind[] = [
  { name: 'in memory', make: () => ({ store: new MemoryLogStore(), reopen: null }) },
  {
    name: 'in LMDB',
    make: () => {
      const path = join(directory, String(++next));
      const reopen = async (store: LogStore): Promise<LogStore> => {
        await store.close();
        return openLmdbLogStore({ path });
      };
      return { store: openLmdbLogStore({ path }), reopen };
    },
  },
];

const all = (store: LogStore): string[] => {
  const list: LogEntry[] = [];
  while (store.firstIndex + list.length <= store.lastIndex) {
    list.push(...store.read(store.firstIndex + list.length, store.lastIndex));
  }
  return plain(list);
};

const append = (store: LogStore, list: readonly LogEntry[]): Promise<void> =>
  store.write({ hardState: null, entries: list });

describe.each(kinds)('a log store $name', ({ make }) => {
  it('is empty at first', async () => {
    const { store } = make();
    expect([store.firstIndex, store.lastIndex, store.hardState]).toEqual([1, 0, { term: 0, votedFor: '' }]);
    await store.close();
  });

  it('gives back what was appended, any part of it', async () => {
    const { store } = make();
    await append(store, entries(1, 5, 1));
    await append(store, entries(6, 6, 1));
    await append(store, entries(7, 20, 2));
    expect([store.firstIndex, store.lastIndex]).toEqual([1, 20]);
    for (let from = 1; from <= 20; from++) {
      for (let to = from; to <= 20; to++) {
        const list = store.read(from, to);
        expect(plain(list)).toEqual(plain([...entries(1, 6, 1), ...entries(7, 20, 2)].slice(from - 1, to)));
      }
    }
    await store.close();
  });

  it('replaces the suffix when an append begins inside the log, also inside one batch', async () => {
    const { store } = make();
    await append(store, entries(1, 4, 1));
    await append(store, entries(5, 9, 1));
    await append(store, entries(7, 8, 2));
    expect(all(store)).toEqual(plain([...entries(1, 6, 1), ...entries(7, 8, 2)]));
    await append(store, entries(1, 2, 3));
    expect(all(store)).toEqual(plain(entries(1, 2, 3)));
    await store.close();
  });

  it('keeps term and vote, together with entries or alone', async () => {
    const { store } = make();
    await store.write({ hardState: { term: 3, votedFor: '10.0.0.1:8300' }, entries: entries(1, 2, 3) });
    await store.write({ hardState: { term: 4, votedFor: '' }, entries: [] });
    expect(store.hardState).toEqual({ term: 4, votedFor: '' });
    expect(store.lastIndex).toBe(2);
    await store.close();
  });

  it('drops a prefix, but never more than was asked for', async () => {
    const { store } = make();
    for (let index = 1; index <= 30; index += 3) await append(store, entries(index, index + 2, 1));
    await store.compact(10);
    expect(store.firstIndex).toBeGreaterThan(1);
    expect(store.firstIndex).toBeLessThanOrEqual(11);
    expect(all(store)).toEqual(plain(entries(store.firstIndex, 30, 1)));
    await store.compact(30);
    expect([store.firstIndex, store.lastIndex]).toEqual([31, 30]);
    await append(store, entries(31, 32, 1));
    expect(all(store)).toEqual(plain(entries(31, 32, 1)));
    await store.close();
  });

  it('continues elsewhere after a reset', async () => {
    const { store } = make();
    await append(store, entries(1, 9, 1));
    await store.reset(100);
    expect([store.firstIndex, store.lastIndex]).toEqual([101, 100]);
    await append(store, entries(101, 103, 2));
    expect(all(store)).toEqual(plain(entries(101, 103, 2)));
    await store.close();
  });

  it('refuses entries that leave a gap', async () => {
    const { store } = make();
    await append(store, entries(1, 3, 1));
    await expect(append(store, entries(5, 6, 1))).rejects.toThrow('entries join the log');
    await store.close();
  });

  it('cuts what is large into several records and reads it back', async () => {
    const { store } = make();
    const big = Array.from({ length: 7 }, (_, i) => entry(1 + i, 1, String(i).repeat(400_000)));
    await append(store, big);
    expect(all(store)).toEqual(plain(big));
    await store.close();
  });
});

describe('a log store in LMDB', () => {
  const path = (): string => join(directory, String(++next));

  it('finds everything again after it was closed', async () => {
    const at = path();
    let store = openLmdbLogStore({ path: at });
    const configuration = { ...entry(2, 1), type: entryTypes.configuration };
    await store.write({ hardState: { term: 7, votedFor: 'a:1' }, entries: [entry(1, 1), configuration] });
    await append(store, entries(3, 12, 4));
    await append(store, entries(13, 14, 7));
    await store.close();
    store = openLmdbLogStore({ path: at });
    expect(store.hardState).toEqual({ term: 7, votedFor: 'a:1' });
    expect(all(store)).toEqual(plain([entry(1, 1), configuration, ...entries(3, 12, 4), ...entries(13, 14, 7)]));
    expect(store.contents().runs).toEqual([
      { firstIndex: 1, term: 1 },
      { firstIndex: 3, term: 4 },
      { firstIndex: 13, term: 7 },
    ]);
    expect(store.contents().configurations.map(({ index }) => index)).toEqual([2]);
    await store.compact(12);
    await store.close();
    store = openLmdbLogStore({ path: at });
    expect([store.firstIndex, store.lastIndex]).toEqual([13, 14]);
    await store.reset(50);
    await store.close();
    store = openLmdbLogStore({ path: at });
    expect([store.firstIndex, store.lastIndex]).toEqual([51, 50]);
    await store.close();
  });

  it('behaves like the one in memory whatever is done to it', async () => {
    const operation = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('append' as const), n: fc.integer({ min: 1, max: 9 }) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('replace' as const), n: fc.nat(12) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('compact' as const), n: fc.nat(12) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('reset' as const), n: fc.nat(12) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const), n: fc.constant(0) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 25 }), async (operations) => {
        const at = path();
        const model = new MemoryLogStore();
        let store = openLmdbLogStore({ path: at });
        await store.write({ hardState: { term: 100, votedFor: '' }, entries: [] });
        let term = 1;
        for (const { kind, n } of operations) {
          term += 1;
          if (kind === 'append' || kind === 'replace') {
            const back = kind === 'replace' ? Math.min(n, store.lastIndex - store.firstIndex + 1) : 0;
            const from = store.lastIndex + 1 - back;
            const list = entries(from, from + (kind === 'append' ? n : 1) - 1, term);
            await append(store, list);
            await append(model, list);
          } else if (kind === 'compact') {
            await store.compact(store.firstIndex + n);
            await model.compact(store.firstIndex - 1);
          } else if (kind === 'reset') {
            await store.reset(store.lastIndex + n);
            await model.reset(model.lastIndex + n);
          } else {
            await store.close();
            store = openLmdbLogStore({ path: at });
          }
          expect([store.firstIndex, store.lastIndex]).toEqual([model.firstIndex, model.lastIndex]);
        }
        expect(all(store)).toEqual(all(model));
        await store.close();
      }),
      { numRuns: 15 },
    );
  });

  it('refuses a file whose record was changed, and names it', async () => {
    const at = path();
    const store = openLmdbLogStore({ path: at });
    await append(store, [entry(1, 1, `begin ${'x'.repeat(6000)} end`)]);
    await store.close();
    const file = join(at, 'raft.db', 'data.mdb');
    const bytes = readFileSync(file);
    const where = bytes.indexOf('xxxxxxxx');
    expect(where).toBeGreaterThan(0);
    bytes[where + 100] = 0x79;
    writeFileSync(file, bytes);
    expect(() => openLmdbLogStore({ path: at })).toThrow(CorruptStorage);
    expect(() => openLmdbLogStore({ path: at })).toThrow(`${file} is corrupt: entry 1: checksum does not match`);
  });

  it('refuses a file that is no log at all, and one that was cut short', async () => {
    const at = path();
    const store = openLmdbLogStore({ path: at });
    await append(store, entries(1, 200, 1));
    await append(store, entries(201, 1200, 1));
    await store.close();
    const file = join(at, 'raft.db', 'data.mdb');
    truncateSync(file, 3 * 4096);
    expect(() => openLmdbLogStore({ path: at })).toThrow(file);
    writeFileSync(file, 'this is not a database'.repeat(1000));
    expect(() => openLmdbLogStore({ path: at })).toThrow(file);
  });
});
