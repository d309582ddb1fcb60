import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encode, textOf } from '../../../src/lib/msgpack/index.ts';
import { decodeTime } from '../../../src/lib/msgpack/time.ts';
import {
  readArchive,
  readState,
  recordTypes,
  SnapshotError,
  type StateRecord,
  writeState,
} from '../../../src/snapshot/index.ts';
import { PackedDirEntry } from '../../../src/structs/kv.ts';
import { make } from '../../../src/structs/make.ts';
import { any } from '../../../src/structs/schema.ts';
import { notation, readBytes, readJson, recorded, unhex } from '../lib/msgpack/vectors.ts';

async function* stream(bytes: Uint8Array, chunkBytes = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

async function stateOf(name: string): Promise<Buffer> {
  const archive = await readArchive(stream(readBytes(`snapshots/${name}.snap`)));
  const state = await collect(archive.state);
  await archive.dispose();
  return state;
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

async function readAll(bytes: Uint8Array, chunkBytes?: number): Promise<{ lastIndex: number; records: StateRecord[] }> {
  const { lastIndex, records } = await readState(stream(bytes, chunkBytes));
  const all: StateRecord[] = [];
  for await (const record of records) all.push(record);
  return { lastIndex, records: all };
}

/** The recordings show bytes as texts where they are printable, and some times as bytes. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first?.[0] === '$hex') {
    const bytes = unhex(String(first[1]));
    return decodeTime(bytes) ?? textOf(bytes);
  }
  if (entries.length === 1 && first?.[0] === 'raw_decoded') return comparable(first[1]);
  return Object.fromEntries(entries.map(([key, field]) => [key, comparable(field)]));
}

/** As the recordings have it: a key's value in bytes. */
const unpacked = ({ type, value }: StateRecord): unknown =>
  type === 'kv' ? { ...value, Value: value.Value === '' ? null : Buffer.from(value.Value, 'latin1') } : value;

const byteOf = (record: StateRecord): number =>
  record.type === 'foreign' ? record.value.byte : recordTypes[record.type].byte;

const withoutZone = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, field) => (typeof field === 'string' ? field.replace(/\+00:00$/, 'Z') : field)));

interface Recorded {
  /** Of values inside a raw there is the kind and the value. */
  readonly records: readonly { type?: number; body?: unknown; raw_decoded?: [kind: string, value: unknown] }[];
}

describe.each(['plain', 'acl'])('the state of %s.snap', (name) => {
  it('decodes to the recorded records', async () => {
    const [header, ...wanted] = (readJson(`snapshots/${name}.records.json`) as Recorded).records;
    const { lastIndex, records } = await readAll(await stateOf(name), 37);
    expect({ LastIndex: lastIndex }).toEqual(header?.body);
    expect(records.map(byteOf)).toEqual(wanted.map((record) => record.type));
    for (const [i, record] of records.entries()) {
      expect(withoutZone(comparable(notation(unpacked(record))))).toMatchObject(
        withoutZone(comparable(notation(recorded(wanted[i]?.body ?? wanted[i]?.raw_decoded?.[1])))) as object,
      );
    }
  });

  it('written again decodes to the same', async () => {
    const first = await readAll(await stateOf(name));
    const again = await readAll(await collect(writeState(first.lastIndex, first.records)));
    expect(again).toEqual(first);
  });

  it('keeps its length when written again', async () => {
    const state = await stateOf(name);
    const { lastIndex, records } = await readAll(state);
    // Whole numbers in untyped maps are floats there and integers here; nothing else may change.
    const again = await collect(writeState(lastIndex, records));
    const saved = wholeFloats(state).map((value) => 9 - encode(any, value).length);
    expect(state.length - again.length).toBe(saved.reduce((sum, bytes) => sum + bytes, 0));
  });

  it('cut anywhere is complete or refused', async () => {
    const state = await stateOf(name);
    const { records } = await readAll(state);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: state.length - 1 }), async (length) => {
        try {
          const cut = await readAll(state.subarray(0, length));
          expect(cut.records).toEqual(records.slice(0, cut.records.length));
        } catch (error) {
          expect(error).toBeInstanceOf(SnapshotError);
        }
      }),
      { numRuns: 60 },
    );
  });
});

/** Floats (cb) without fraction in the recorded states, all of them in untyped maps. */
function wholeFloats(state: Buffer): number[] {
  const values: number[] = [];
  for (let at = state.indexOf(0xcb); at >= 0 && at + 9 <= state.length; at = state.indexOf(0xcb, at + 1)) {
    const value = state.readDoubleBE(at + 1);
    if (value >= 1 && value < 1e6 && Number.isInteger(value)) values.push(value);
  }
  return values;
}

describe('state streams', () => {
  it('keep a record of a type that only newer servers know', async () => {
    const foreign = Buffer.concat([Buffer.of(99), encode(any, { Name: 'x', List: [1, 2, 3] })]);
    const state = Buffer.concat([await collect(writeState(1, [])), foreign, foreign]);
    for (const chunkBytes of [1, 1000]) {
      const { records } = await readAll(state, chunkBytes);
      expect(records.map(byteOf)).toEqual([99, 99]);
      expect((await collect(writeState(1, records))).equals(state)).toBe(true);
    }
  });

  it('refuse a record that is none', async () => {
    for (const [byte, ...value] of [
      [99, 0xc0],
      [99, 0xa1, 0x78],
      [128, 0x80],
      [255, 0x80],
    ] as const) {
      const state = Buffer.concat([await collect(writeState(1, [])), Buffer.from([byte, ...value])]);
      await expect(readAll(state)).rejects.toThrow(new SnapshotError(`Unrecognized msg type ${byte}`));
    }
  });

  it('refuse to be empty', async () => {
    await expect(readAll(new Uint8Array(0))).rejects.toThrow(new SnapshotError('EOF'));
  });

  it('keep unfinished chunks, whose map has integers for keys', async () => {
    const chunk = { OpNum: 2n ** 63n + 5n, SequenceNum: 1, NumChunks: 2, Term: 3, Data: new Uint8Array([1, 2]) };
    const record: StateRecord = {
      type: 'chunkingState',
      value: { ChunkMap: { [String(chunk.OpNum)]: [chunk] } },
    };
    const bytes = await collect(writeState(7, [record]));
    expect(bytes.includes(Buffer.from('cf8000000000000005', 'hex'))).toBe(true);
    expect((await readAll(bytes)).records).toEqual([record]);
  });

  it('close their source at an error and when nobody wants the rest', async () => {
    let closed = 0;
    async function* source(tail: number): AsyncGenerator<Uint8Array> {
      try {
        yield* writeState(1, [{ type: 'index', value: { Key: 'kvs', Value: 1 } }]);
        yield Buffer.from([tail, 0xc1]);
      } finally {
        closed++;
      }
    }
    await expect(async () => {
      for await (const _ of (await readState(source(16))).records);
    }).rejects.toThrow(SnapshotError);
    for await (const _ of (await readState(source(16))).records) break;
    expect(closed).toBe(2);
  });

  it('survive garbage', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), async (garbage) => {
        try {
          await readAll(garbage, 7);
        } catch (error) {
          expect(error).toBeInstanceOf(SnapshotError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('let the event loop turn while 100,000 records are written and read', async () => {
    function* entries(): Generator<StateRecord> {
      const Value = '\u00ab'.repeat(256);
      for (let i = 0; i < 100_000; i++) {
        yield { type: 'kv', value: make(PackedDirEntry, { Key: `key/${i}`, Value, CreateIndex: i, ModifyIndex: i }) };
      }
    }
    const held = { turns: 0, stop: false };
    const turn = (): void => {
      held.turns++;
      if (!held.stop) setImmediate(turn);
    };
    setImmediate(turn);
    let count = 0;
    for await (const _ of (await readState(writeState(5, entries()))).records) count++;
    held.stop = true;
    expect(count).toBe(100_000);
    expect(held.turns).toBeGreaterThan(20);
  });
});
