import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SnapshotPoint } from '../../../../src/agent/raft/core/effects.ts';
import { CorruptStorage } from '../../../../src/agent/raft/errors.ts';
import { nodeFiles } from '../../../../src/agent/raft/files.ts';
import { retention, type SnapshotStore } from '../../../../src/agent/raft/snapshot-store.ts';
import { openFileSnapshotStore } from '../../../../src/agent/raft/snapshot-store-file.ts';
import { memorySnapshotStore } from '../../../../src/agent/raft/snapshot-store-memory.ts';
import { silentLogger } from '../../../silent.ts';

let directory: string;
let next = 0;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tc-snapshots-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let nowMs = 1_700_000_000_000;
const wallMs = (): number => ++nowMs;
const open = (path: string): Promise<SnapshotStore> =>
  openFileSnapshotStore({ path, files: nodeFiles, wallMs, logger: silentLogger });

const point = (index: number, term = 2): SnapshotPoint => ({
  index,
  term,
  configuration: { servers: [{ suffrage: 'voter', id: 'a', address: '127.0.0.1:8300' }] },
  configurationIndex: 1,
});

async function put(store: SnapshotStore, at: SnapshotPoint, content: string) {
  const sink = await store.create(at);
  for (let from = 0; from < content.length; from += 1000)
    await sink.write(Buffer.from(content.slice(from, from + 1000)));
  return sink.commit();
}

async function textOf(store: SnapshotStore, id: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.read(id)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const kinds = [
  { name: 'in memory', make: async (): Promise<SnapshotStore> => memorySnapshotStore(wallMs) },
  { name: 'in files', make: () => open(join(directory, String(++next))) },
];

describe.each(kinds)('a snapshot store $name', ({ make }) => {
  it('gives back the newest snapshot as it was written', async () => {
    const store = await make();
    expect(store.list()).toEqual([]);
    const content = 'state '.repeat(100_000);
    const meta = await put(store, point(9), content);
    expect(meta).toMatchObject({ index: 9, term: 2, configurationIndex: 1, sizeBytes: content.length });
    expect(meta.id).toMatch(/^2-9-\d+$/);
    expect(store.list()[0]).toEqual(meta);
    expect(await textOf(store, meta.id)).toBe(content);
  });

  it('shows nothing of a snapshot that was given up', async () => {
    const store = await make();
    const sink = await store.create(point(3));
    await sink.write(Buffer.from('half'));
    expect(store.list()).toEqual([]);
    await sink.abort();
    await sink.abort();
    expect(store.list()).toEqual([]);
  });

  it('takes an empty state', async () => {
    const store = await make();
    const meta = await put(store, point(1), '');
    expect(await textOf(store, meta.id)).toBe('');
  });

  it('removes', async () => {
    const store = await make();
    const meta = await put(store, point(1), 'x');
    await store.remove(meta.id);
    await store.remove(meta.id);
    expect(store.list()).toEqual([]);
  });
});

describe('a snapshot store in files', () => {
  const path = (): string => join(directory, String(++next));

  it('keeps the newest two, by term, index and time, and finds them again', async () => {
    const at = path();
    const store = await open(at);
    await put(store, point(10, 2), 'a');
    await put(store, point(9, 3), 'b');
    await put(store, point(100, 2), 'c');
    const newest = await put(store, point(9, 3), 'd');
    expect(store.list().map(({ term, index }) => [term, index])).toEqual([
      [3, 9],
      [3, 9],
    ]);
    expect(store.list()[0]).toEqual(newest);
    expect(readdirSync(join(at, 'snapshots'))).toHaveLength(retention);
    expect((await open(at)).list()).toEqual(store.list());
  });

  it('writes meta.json as Consul does', async () => {
    const at = path();
    const store = await open(at);
    const meta = await put(store, point(5), '123456789');
    const text = readFileSync(join(at, 'snapshots', meta.id, 'meta.json'), 'utf8');
    expect(text.endsWith('\n')).toBe(true);
    expect(JSON.parse(text)).toEqual({
      Version: 1,
      ID: meta.id,
      Index: 5,
      Term: 2,
      Peers: Buffer.from('\x91\xae127.0.0.1:8300', 'latin1').toString('base64'),
      Configuration: { Servers: [{ Suffrage: 0, ID: 'a', Address: '127.0.0.1:8300' }] },
      ConfigurationIndex: 1,
      Size: 9,
      CRC: Buffer.from('995dc9bbdf1939fa', 'hex').toString('base64'),
    });
  });

  it('never shows a part of one that was given up when it was all but there', async () => {
    const at = path();
    const removed: string[] = [];
    const files: typeof nodeFiles = {
      ...nodeFiles,
      syncDirectory: async (of) => {
        if (of.endsWith('snapshots')) throw new Error('no');
      },
      remove: async (what) => void removed.push(what),
    };
    const store = await openFileSnapshotStore({ path: at, files, wallMs, logger: silentLogger });
    const sink = await store.create(point(3));
    await expect(sink.commit()).rejects.toThrow('no');
    await sink.abort();
    // What a crash leaves of the removal is as unfinished as the rest.
    expect(readdirSync(join(at, 'snapshots'))).toEqual([expect.stringMatching(/\.tmp$/)]);
    expect(removed).toEqual([expect.stringMatching(/\.tmp$/)]);
  });

  it('removes what a crash left unfinished', async () => {
    const at = path();
    mkdirSync(join(at, 'snapshots', '2-7-1.tmp'), { recursive: true });
    writeFileSync(join(at, 'snapshots', '2-7-1.tmp', 'state.bin'), 'half');
    expect((await open(at)).list()).toEqual([]);
    expect(existsSync(join(at, 'snapshots', '2-7-1.tmp'))).toBe(false);
  });

  it.each([
    ['meta.json', 'is not JSON', (): string => 'garbage', /meta\.json is corrupt: not JSON/],
    [
      'meta.json',
      'is of a later version',
      (text: string): string => text.replace('"Version":1', '"Version":2'),
      /version 2/,
    ],
    [
      'meta.json',
      'describes another one',
      (text: string): string => text.replace('"ID":"2-', '"ID":"3-'),
      /describes snapshot 3-/,
    ],
    ['meta.json', 'lacks a field', (text: string): string => text.replace('"Index"', '"X"'), /Index is no count/],
    [
      'state.bin',
      'was cut short',
      (text: string): string => text.slice(1),
      /state\.bin is corrupt: 8 bytes instead of 9/,
    ],
  ])('refuses a snapshot whose %s %s, and names the file', async (name, _why, change, message) => {
    const at = path();
    const meta = await put(await open(at), point(5), '123456789');
    const file = join(at, 'snapshots', meta.id, name);
    writeFileSync(file, change(readFileSync(file, 'utf8')));
    await expect(open(at)).rejects.toThrow(CorruptStorage);
    await expect(open(at)).rejects.toThrow(message);
  });

  it('refuses changed bytes at the end of reading them', async () => {
    const at = path();
    const meta = await put(await open(at), point(5), '123456789');
    writeFileSync(join(at, 'snapshots', meta.id, 'state.bin'), '123456780');
    const store = await open(at);
    await expect(textOf(store, meta.id)).rejects.toThrow(/state\.bin is corrupt: checksum does not match/);
  });
});
