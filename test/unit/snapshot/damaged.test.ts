import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createFsm } from '../../../src/agent/server/fsm/fsm.ts';
import { Store } from '../../../src/agent/state/store.ts';
import { packArchive, readArchive, SnapshotError, type SnapshotMeta } from '../../../src/snapshot/index.ts';
import { encodeCommand } from '../../../src/structs/commands.ts';
import { silentLogger, silentMetrics } from '../../silent.ts';

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** A machine that holds one key. */
function machine() {
  const store = new Store(() => 0);
  let restores = 0;
  const fsm = createFsm({
    store,
    clock: { nowMs: () => 0, wallMs: () => 0, after: () => ({ cancel() {} }) },
    logger: silentLogger,
    metrics: silentMetrics,
    onApplied() {},
    onRestored: () => restores++,
  });
  const entry = { Key: 'kept', Value: Buffer.from('v'), Flags: 0, Session: '' };
  const indexes = { LockIndex: 0, CreateIndex: 0, ModifyIndex: 0 };
  const data = encodeCommand('kv', { Datacenter: 'dc1', Op: 'set', DirEnt: { ...entry, ...indexes }, Token: '' });
  fsm.apply([{ index: 1, term: 1, type: 0, data, extensions: null, appendedAtMs: 0 }]);
  return { store, restores: () => restores, restore: (bytes: Uint8Array) => restoreInto(fsm, bytes) };
}

async function restoreInto(fsm: ReturnType<typeof createFsm>, bytes: Uint8Array): Promise<void> {
  const archive = await readArchive(once(bytes));
  try {
    await fsm.restore(archive.state);
  } finally {
    await archive.dispose();
  }
}

/** Positions that are the same in every run, spread over `length`. */
const spread = (count: number, from: number, to: number): number[] =>
  Array.from({ length: count }, (_, i) => from + Math.floor(((i * 0.618034) % 1) * (to - from)));

const edited = (bytes: Uint8Array, edit: (copy: Buffer) => void): Buffer => {
  const copy = Buffer.from(bytes);
  edit(copy);
  return copy;
};
const flipped = (bytes: Uint8Array, at: number, bit: number): Buffer =>
  edited(bytes, (copy) => {
    copy[at]! ^= 1 << bit;
  });

/** Type, then Consul's header: the rest of gzip's first ten bytes may be anything. */
const gzipHeaderBytes = 10;

interface Parts {
  readonly meta: SnapshotMeta;
  readonly state: Buffer;
}

async function opened(bytes: Uint8Array): Promise<Parts> {
  const archive = await readArchive(once(bytes));
  const state = Buffer.concat(await Array.fromAsync(archive.state));
  await archive.dispose();
  return { meta: archive.meta, state };
}

/** An archive that is whole around a state that is not. */
async function around(state: Uint8Array, meta: SnapshotMeta): Promise<Buffer> {
  const packed = await packArchive(meta, once(state));
  return Buffer.concat(await Array.fromAsync(packed.read()));
}

async function variants(bytes: Buffer): Promise<[string, Uint8Array][]> {
  const { length } = bytes;
  const { meta, state } = await opened(bytes);
  const tar = gunzipSync(bytes);
  const all: [string, Uint8Array][] = [];
  for (const at of spread(25, 0, length)) all.push([`cut at ${at}`, bytes.subarray(0, at)]);
  for (const at of spread(40, gzipHeaderBytes, length)) {
    all.push([`bit ${at % 8} of byte ${at} flipped`, flipped(bytes, at, at % 8)]);
  }
  for (const at of spread(10, gzipHeaderBytes, length)) {
    all.push([`byte ${at} missing`, Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)])]);
    all.push([`16 bytes at ${at} twice`, Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - 16))])]);
  }
  for (const tail of ['x', '\0', 'a whole line\n'])
    all.push(['something behind', Buffer.concat([bytes, Buffer.from(tail)])]);
  all.push(['twice', Buffer.concat([bytes, bytes])]);
  // Well compressed, but the tar in it is damaged where its bytes mean something.
  for (const at of spread(10, 0, 300)) all.push([`tar header, byte ${at}`, gzipSync(flipped(tar, at, 1))]);
  all.push(['tar cut', gzipSync(tar.subarray(0, 1024))]);
  all.push(['more behind the tar', gzipSync(Buffer.concat([tar, Buffer.alloc(10, 1)]))]);
  // Archives that are whole, hashes included, around a state that cannot be read.
  for (const cut of spread(8, 1, state.length)) {
    all.push([`state cut by ${cut}`, await around(state.subarray(0, state.length - cut), meta)]);
  }
  all.push(['an unknown record', await around(Buffer.concat([state, Buffer.of(99, 0xc0)]), meta)]);
  all.push(['no state', await around(Buffer.alloc(0), meta)]);
  all.push(['a state of text', await around(Buffer.from('not a state at all'), meta)]);
  return all;
}

describe.each(['plain', 'acl'])('damaged copies of a real archive (%s)', (name) => {
  const bytes = readFileSync(new URL(`../../data/vectors/snapshots/${name}.snap`, import.meta.url));

  it('are refused, all of them, and nothing changes', async () => {
    const all = await variants(bytes);
    expect(all.length).toBeGreaterThanOrEqual(100);
    const { store, restores, restore } = machine();
    const taken: string[] = [];
    for (const [what, damaged] of all) {
      const error = await restore(damaged).then(
        () => null,
        (thrown: unknown) => thrown,
      );
      if (error === null) taken.push(what);
      else expect(error, what).toBeInstanceOf(SnapshotError);
    }
    expect(taken).toEqual([]);
    expect(restores()).toBe(0);
    expect(store.state.tables.kvs.rows.keys()).toEqual(['kept']);
  });

  it('do not hide a whole one', async () => {
    const { store, restore } = machine();
    await restore(bytes);
    expect(store.state.tables.kvs.get('kept')).toBeUndefined();
  });
});
