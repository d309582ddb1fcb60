import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entryTypes, type LogEntry } from '../../../../src/agent/raft/api.ts';
import { CorruptStorage } from '../../../../src/agent/raft/errors.ts';
import { logDiskToRead, openLogDisk } from '../../../../src/agent/raft/log-disk.ts';
import type { LogStore } from '../../../../src/agent/raft/log-store.ts';
import { openFileLogStore } from '../../../../src/agent/raft/log-store-files.ts';
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
  readonly make: () => Promise<LogStore>;
}

/** Small files, so that they follow each other. */
const open = async (path: string, segmentBytes = 300): Promise<LogStore> =>
  openFileLogStore({ disk: await openLogDisk(path), segmentBytes });

const kinds: Kind[] = [
  { name: 'in memory', make: async () => new MemoryLogStore() },
  { name: 'in files', make: () => open(join(directory, String(++next)), 150) },
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
    const store = await make();
    expect([store.firstIndex, store.lastIndex, store.hardState]).toEqual([1, 0, { term: 0, votedFor: '' }]);
    await store.close();
  });

  it('gives back what was appended, any part of it', async () => {
    const store = await make();
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
    const store = await make();
    await append(store, entries(1, 4, 1));
    await append(store, entries(5, 9, 1));
    await append(store, entries(7, 8, 2));
    expect(all(store)).toEqual(plain([...entries(1, 6, 1), ...entries(7, 8, 2)]));
    await append(store, entries(1, 2, 3));
    expect(all(store)).toEqual(plain(entries(1, 2, 3)));
    await store.close();
  });

  it('keeps term and vote, together with entries or alone', async () => {
    const store = await make();
    await store.write({ hardState: { term: 3, votedFor: '10.0.0.1:8300' }, entries: entries(1, 2, 3) });
    await store.write({ hardState: { term: 4, votedFor: '' }, entries: [] });
    expect(store.hardState).toEqual({ term: 4, votedFor: '' });
    expect(store.lastIndex).toBe(2);
    await store.close();
  });

  it('drops a prefix, but never more than was asked for', async () => {
    const store = await make();
    for (let index = 1; index <= 30; index += 3) await append(store, entries(index, index + 2, 1));
    await store.compact(10);
    expect(store.firstIndex).toBeGreaterThan(1);
    expect(store.firstIndex).toBeLessThanOrEqual(11);
    expect(all(store)).toEqual(plain(entries(store.firstIndex, 30, 1)));
    await store.compact(30);
    expect(store.firstIndex).toBeLessThanOrEqual(31);
    expect(store.lastIndex).toBe(30);
    await append(store, entries(31, 32, 2));
    expect(all(store).slice(-2)).toEqual(plain(entries(31, 32, 2)));
    await store.close();
  });

  it('continues elsewhere after a reset', async () => {
    const store = await make();
    await append(store, entries(1, 9, 1));
    await store.reset(100);
    expect([store.firstIndex, store.lastIndex]).toEqual([101, 100]);
    await append(store, entries(101, 103, 2));
    expect(all(store)).toEqual(plain(entries(101, 103, 2)));
    await store.close();
  });

  it('refuses entries that leave a gap', async () => {
    const store = await make();
    await append(store, entries(1, 3, 1));
    await expect(append(store, entries(5, 6, 1))).rejects.toThrow('entries join the log');
    await store.close();
  });

  it('cuts what is large into several records and reads it back', async () => {
    const store = await make();
    const big = Array.from({ length: 7 }, (_, i) => entry(1 + i, 1, String(i).repeat(400_000)));
    await append(store, big);
    expect(all(store)).toEqual(plain(big));
    await store.close();
  });
});

describe('a log store in files', () => {
  const path = (): string => join(directory, String(++next));
  const newest = (at: string): string => join(at, readdirSync(at).sort().at(-1)!);

  it('finds everything again after it was closed', async () => {
    const at = path();
    let store = await open(at);
    const configuration = { ...entry(2, 1), type: entryTypes.configuration };
    await store.write({ hardState: { term: 7, votedFor: 'a:1' }, entries: [entry(1, 1), configuration] });
    await append(store, entries(3, 12, 4));
    await append(store, entries(13, 14, 7));
    await store.close();
    store = await open(at);
    expect(store.hardState).toEqual({ term: 7, votedFor: 'a:1' });
    expect(all(store)).toEqual(plain([entry(1, 1), configuration, ...entries(3, 12, 4), ...entries(13, 14, 7)]));
    expect(store.contents().runs).toEqual([
      { firstIndex: 1, term: 1 },
      { firstIndex: 3, term: 4 },
      { firstIndex: 13, term: 7 },
    ]);
    expect(store.contents().configurations.map((e) => e.index)).toEqual([2]);
    await store.compact(12);
    await store.close();
    store = await open(at);
    expect([store.firstIndex, store.lastIndex]).toEqual([13, 14]);
    expect(store.hardState).toEqual({ term: 7, votedFor: 'a:1' });
    await store.reset(50);
    await store.close();
    store = await open(at);
    expect([store.firstIndex, store.lastIndex]).toEqual([51, 50]);
    expect(store.contents()).toEqual({ runs: [], configurations: [] });
    await store.close();
  });

  it('forgets at opening what was replaced', async () => {
    const at = path();
    let store = await open(at, 1 << 20);
    await store.write({ hardState: { term: 9, votedFor: '' }, entries: entries(1, 4, 1) });
    await append(store, [{ ...entry(5, 2), type: entryTypes.configuration }, ...entries(6, 9, 2)]);
    await append(store, entries(4, 5, 3));
    await store.close();
    store = await open(at, 1 << 20);
    expect(all(store)).toEqual(plain([...entries(1, 3, 1), ...entries(4, 5, 3)]));
    expect(store.contents()).toEqual({
      runs: [
        { firstIndex: 1, term: 1 },
        { firstIndex: 4, term: 3 },
      ],
      configurations: [],
    });
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
      fc.asyncProperty(
        fc.array(operation, { maxLength: 25 }),
        fc.integer({ min: 50, max: 900 }),
        async (operations, segmentBytes) => {
          const at = path();
          const model = new MemoryLogStore();
          let store = await open(at, segmentBytes);
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
              store = await open(at, segmentBytes);
              expect(store.hardState).toEqual({ term: 100, votedFor: '' });
            }
            expect([store.firstIndex, store.lastIndex]).toEqual([model.firstIndex, model.lastIndex]);
          }
          expect(all(store)).toEqual(all(model));
          await store.close();
        },
      ),
      { numRuns: 30 },
    );
  });

  it('holds all of a write or nothing when it was cut short anywhere', async () => {
    const at = path();
    const store = await open(at, 1 << 20);
    await store.write({ hardState: { term: 5, votedFor: 'a' }, entries: entries(1, 3, 1) });
    const file = newest(at);
    const before = readFileSync(file);
    const big = 'x'.repeat(700_000);
    await store.write({ hardState: { term: 6, votedFor: 'b' }, entries: [entry(4, 5, big), entry(5, 5, big)] });
    await store.close();
    const whole = readFileSync(file);
    const cuts = Array.from({ length: 16 }, (_, i) => before.length + 4 * i);
    cuts.push(before.length + 700_000, before.length + 700_060, before.length + 700_090, whole.length - 1);
    for (const zeros of [false, true]) {
      for (const cut of zeros ? cuts.slice(0, -1) : cuts) {
        // What never reached the disk reads as zeros, at least a sector of it.
        writeFileSync(file, zeros ? Buffer.from(whole).fill(0, cut) : whole.subarray(0, cut));
        const again = await open(at, 1 << 20);
        expect([again.lastIndex, again.hardState.term]).toEqual([3, 5]);
        await append(again, entries(4, 4, 5));
        expect(all(again)).toEqual(plain([...entries(1, 3, 1), entry(4, 5)]));
        await again.close();
      }
    }
    writeFileSync(file, whole);
    const again = await open(at);
    expect([again.lastIndex, again.hardState.term]).toEqual([5, 6]);
    await again.close();
  });

  it('goes on when the first write to a new file was cut short', async () => {
    const at = path();
    const store = await open(at, 200);
    await append(store, [entry(1, 0, 'x'.repeat(300))]);
    await append(store, entries(2, 3, 0));
    await store.close();
    truncateSync(newest(at), 40);
    const again = await open(at, 200);
    expect(again.lastIndex).toBe(1);
    await append(again, entries(2, 2, 0));
    expect(again.lastIndex).toBe(2);
    await again.close();
    expect(readdirSync(at)).toHaveLength(2);
  });

  it('refuses a file of which a byte was changed, and names it', async () => {
    const at = path();
    const store = await open(at, 1 << 20);
    await store.write({ hardState: { term: 1, votedFor: 'somebody' }, entries: entries(1, 3, 1) });
    await append(store, entries(4, 6, 1));
    await store.close();
    const file = newest(at);
    const bytes = readFileSync(file);
    for (let where = 0; where < bytes.length; where++) {
      const changed = Buffer.from(bytes);
      changed[where]! ^= 0x40;
      writeFileSync(file, changed);
      // A length that points beyond the end looks like a write that was cut short, if no frame follows.
      const outcome = await open(at, 1 << 20).then(
        async (again) => {
          await again.close();
          return again.lastIndex;
        },
        (error) => error,
      );
      if (outcome === 3) expect(where).toBeGreaterThan(bytes.length - 200);
      else {
        expect(outcome).toBeInstanceOf(CorruptStorage);
        expect(outcome.message).toContain(`${file} is corrupt: byte `);
      }
      writeFileSync(file, bytes);
    }
  });

  it('refuses a file that is no log at all, one that is missing, and an older one that was cut', async () => {
    const at = path();
    const store = await open(at);
    await append(store, entries(1, 20, 0));
    await append(store, entries(21, 40, 0));
    await append(store, entries(41, 60, 0));
    await store.close();
    const files = readdirSync(at).sort();
    expect(files).toHaveLength(3);
    const [first, second] = files.map((name) => join(at, name)) as [string, string];
    const bytes = readFileSync(second);
    truncateSync(second, bytes.length - 1);
    await expect(open(at)).rejects.toThrow(second);
    writeFileSync(second, 'this is not a log'.repeat(100));
    await expect(open(at)).rejects.toThrow(second);
    writeFileSync(second, readFileSync(first));
    await expect(open(at)).rejects.toThrow(`${second} is corrupt: byte 0: it was file 1`);
    // Without it, what came before it is no longer part of the log: whoever needs that misses it.
    rmSync(second);
    const again = await open(at);
    expect([again.firstIndex, again.lastIndex]).toEqual([41, 60]);
    expect(readdirSync(at)).toHaveLength(2);
    await again.compact(1);
    expect(readdirSync(at)).toHaveLength(1);
    await again.close();
  });

  it('takes back what did not fit, and goes on when there is space', async () => {
    const at = path();
    const disk = await openLogDisk(at);
    let fails = 0;
    const full = {
      ...disk,
      open: async (name: string) => {
        const file = await disk.open(name);
        const write = file.write.bind(file);
        return Object.assign(file, {
          write: async (position: number, bytes: Buffer) => {
            if (fails-- > 0) {
              await write(position, bytes.subarray(0, bytes.length - 5));
              throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
            }
            await write(position, bytes);
          },
        });
      },
    };
    for (const segmentBytes of [1 << 20, 1]) {
      const store = await openFileLogStore({ disk: full, segmentBytes });
      const last = store.lastIndex;
      await append(store, entries(last + 1, last + 2, 0));
      fails = 2;
      for (let i = 0; i < 2; i++) {
        await expect(append(store, entries(last + 3, last + 9, 0))).rejects.toMatchObject({ code: 'ENOSPC' });
        expect(store.lastIndex).toBe(last + 2);
      }
      await append(store, entries(last + 3, last + 4, 0));
      await store.close();
      const again = await open(at);
      expect(all(again)).toEqual(plain(entries(1, last + 4, 0)));
      await again.close();
    }
  });

  it('is only read where it is only looked at', async () => {
    const at = path();
    const store = await open(at);
    await append(store, entries(1, 5, 0));
    await store.close();
    truncateSync(newest(at), readFileSync(newest(at)).length - 3);
    const bytes = readFileSync(newest(at));
    const again = await openFileLogStore({ disk: logDiskToRead(at) });
    expect(again.lastIndex).toBe(0);
    await again.close();
    expect(readFileSync(newest(at))).toEqual(bytes);
  });
});
