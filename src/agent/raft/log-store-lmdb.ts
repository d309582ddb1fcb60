/**
 * The durable log: LMDB in `<data>/raft/raft.db/`, one record a batch, keyed by its first index. Term and vote and the start
 * of the log have keys of their own. Every write is one LMDB transaction, synced before its promise resolves
 * (`overlappingSync` off: data pages, fdatasync, then the root).
 */
import { existsSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { getSystemErrorName } from 'node:util';
import { crc32 } from 'node:zlib';
import { open, type RootDatabase } from 'lmdb';
import type { LogEntry } from './api.ts';
import { assert } from './core/assert.ts';
import type { HardState } from './core/effects.ts';
import type { TermRun } from './core/log-view.ts';
import { asError, CorruptStorage, StorageFailed } from './errors.ts';
import { checkLmdbFile } from './lmdb-check.ts';
import { decodeRecord, encodeRecord } from './log-record.ts';
import { addContents, emptyHardState, type LogContents, type LogStore, type LogWrite } from './log-store.ts';

type Db = RootDatabase<Buffer, number | string>;

interface Batch {
  readonly first: number;
  readonly last: number;
}

const hardStateKey = 'hardState';
/** The log's first index when it has no entries that could tell. */
const startKey = 'start';
/** Batches are cut here, so that no record needs a long run of free pages. */
const maxRecordBytes = 1 << 20;
const readBytes = 1 << 20;
/** Free space wanted beyond the write itself after the disk was found full: pages on the way to the root. */
const spareBytes = 256 << 10;
/** Records deleted in one transaction when the log is cut. */
const compactStep = 2048;

export interface LmdbOptions {
  /** The directory that holds `raft.db/`. */
  readonly path: string;
}

/** Opens or makes the log. Throws CorruptStorage naming the file if what is there is not a log as it was written. */
export function openLmdbLogStore({ path }: LmdbOptions): LogStore {
  const directory = join(path, 'raft.db');
  const file = join(directory, 'data.mdb');
  let db: Db;
  try {
    if (existsSync(file)) checkLmdbFile(file);
    db = open<Buffer, number | string>({
      path: directory,
      noSubdir: false,
      maxDbs: 0,
      encoding: 'binary',
      overlappingSync: false,
      eventTurnBatching: false,
    });
  } catch (error) {
    throw new CorruptStorage(file, asError(error).message, { cause: error });
  }
  try {
    return new LmdbLogStore(db, directory, file);
  } catch (error) {
    void db.close();
    throw error instanceof CorruptStorage ? error : new CorruptStorage(file, asError(error).message, { cause: error });
  }
}

class LmdbLogStore implements LogStore {
  readonly place: string;
  readonly #db: Db;
  readonly #directory: string;
  #batches: Batch[] = [];
  #firstIndex: number;
  #hardState: HardState;
  readonly #contents = { runs: [] as TermRun[], configurations: [] as LogEntry[] };
  /** The last write failed for want of space: look before trying again, LMDB reports each failure loudly. */
  #diskWasFull = false;
  #busy = false;

  constructor(db: Db, directory: string, file: string) {
    this.#db = db;
    this.#directory = directory;
    this.place = file;
    this.#hardState = decodeHardState(db.getBinary(hardStateKey), file);
    const start = db.getBinary(startKey);
    this.#firstIndex = start ? start.readDoubleLE(0) : 1;
    this.#scan(file);
  }

  /** Reads every record once: checksums, and that the log has no holes. */
  #scan(file: string): void {
    for (const { key, value } of this.#db.getRange({ start: 0, end: Number.MAX_SAFE_INTEGER })) {
      if (typeof key !== 'number') throw new CorruptStorage(file, `unexpected key ${String(key)}`);
      const expected = this.#batches.length > 0 ? this.lastIndex + 1 : key;
      if (key !== expected) throw new CorruptStorage(file, `entries ${expected} to ${key - 1} are missing`);
      let entries: LogEntry[];
      try {
        entries = decodeRecord(value, key);
      } catch (error) {
        throw new CorruptStorage(file, `entry ${key}: ${asError(error).message}`, { cause: error });
      }
      addContents(this.#contents, entries);
      if (this.#batches.length === 0) this.#firstIndex = key;
      this.#batches.push({ first: key, last: entries.at(-1)!.index });
    }
    const lastTerm = this.#contents.runs.at(-1)?.term ?? 0;
    if (lastTerm > this.#hardState.term) {
      throw new CorruptStorage(file, `entries of term ${lastTerm}, but the stored term is ${this.#hardState.term}`);
    }
  }

  get hardState(): HardState {
    return this.#hardState;
  }
  get firstIndex(): number {
    return this.#firstIndex;
  }
  get lastIndex(): number {
    return this.#batches.at(-1)?.last ?? this.#firstIndex - 1;
  }

  read(from: number, to: number): readonly LogEntry[] {
    const entries: LogEntry[] = [];
    let bytes = 0;
    for (let i = this.#batchOf(from); i < this.#batches.length && bytes < readBytes; i++) {
      const { first } = this.#batches[i]!;
      if (first > to) break;
      const record = this.#db.getBinary(first);
      if (!record) throw new CorruptStorage(this.place, `entry ${first} is missing`);
      bytes += record.length;
      for (const entry of decodeRecord(record, first))
        if (entry.index >= from && entry.index <= to) entries.push(entry);
    }
    return entries;
  }

  async write({ hardState, entries }: LogWrite): Promise<void> {
    const change = entries.length > 0 ? this.#changeFor(entries) : { kept: this.#batches.length, records: [] };
    const { kept, records } = change;
    const stale = this.#batches.slice(kept);
    const only = records.length === 1 && stale.length === 0 && !hardState ? records[0]! : null;
    await this.#transact(records, () => {
      const db = this.#db;
      if (only) return db.put(only.first, only.bytes);
      return db.batch(() => {
        if (hardState) void db.put(hardStateKey, encodeHardState(hardState));
        for (const batch of stale) void db.remove(batch.first);
        for (const record of records) void db.put(record.first, record.bytes);
      });
    });
    if (hardState) this.#hardState = hardState;
    this.#batches.length = kept;
    for (const { first, last } of records) this.#batches.push({ first, last });
  }

  /** How many batches stay as they are, and the records that follow them. */
  #changeFor(entries: readonly LogEntry[]): { kept: number; records: readonly Stored[] } {
    const first = entries[0]!.index;
    assert(first >= this.#firstIndex && first <= this.lastIndex + 1, 'entries join the log');
    if (first > this.lastIndex) return { kept: this.#batches.length, records: toRecords(entries) };
    // A suffix is replaced; the batch it begins in keeps its head.
    const kept = this.#batchOf(first);
    const headFrom = this.#batches[kept]!.first;
    const head = headFrom < first ? this.read(headFrom, first - 1) : [];
    return { kept, records: toRecords([...head, ...entries]) };
  }

  async compact(index: number): Promise<void> {
    // Whole batches only: what a batch holds beyond `index` keeps it.
    while (this.#batches.length > 0 && this.#batches[0]!.last <= index) {
      const limit = this.#batches.findIndex((batch, i) => batch.last > index || i === compactStep);
      const doomed = limit < 0 ? this.#batches.slice() : this.#batches.slice(0, limit);
      await this.#remove(doomed, doomed.at(-1)!.last + 1);
      this.#batches.splice(0, doomed.length);
      this.#firstIndex = doomed.at(-1)!.last + 1;
    }
  }

  async reset(index: number): Promise<void> {
    await this.#remove(this.#batches, index + 1);
    this.#batches = [];
    this.#firstIndex = index + 1;
  }

  #remove(doomed: readonly Batch[], startIndex: number): Promise<void> {
    return this.#transact([], () =>
      this.#db.batch(() => {
        void this.#db.put(startKey, encodeIndex(startIndex));
        for (const batch of doomed) void this.#db.remove(batch.first);
      }),
    );
  }

  contents(): LogContents {
    return this.#contents;
  }

  async close(): Promise<void> {
    await this.#db.close();
  }

  /** Position of the batch that holds `index`. */
  #batchOf(index: number): number {
    let low = 0;
    let high = this.#batches.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#batches[middle]!.first <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  async #transact(records: readonly Stored[], run: () => Promise<unknown>): Promise<void> {
    assert(!this.#busy, 'one write at a time');
    this.#busy = true;
    try {
      if (this.#diskWasFull && this.#isFull(records)) throw noSpace();
      await run();
      this.#diskWasFull = false;
    } catch (error) {
      const cause = await causeOf(error);
      // A write that did not fit to its end is reported as an I/O error.
      this.#diskWasFull = codeOf(cause) === 'ENOSPC' || this.#isFull(records);
      throw new StorageFailed('failed to write to the raft log', this.#diskWasFull ? noSpace() : cause);
    } finally {
      this.#busy = false;
    }
  }

  #isFull(records: readonly Stored[]): boolean {
    let wantedBytes = spareBytes;
    for (const record of records) wantedBytes += record.bytes.length;
    const { bavail, bsize } = statfsSync(this.#directory);
    return bavail * bsize < wantedBytes;
  }
}

interface Stored extends Batch {
  readonly bytes: Buffer;
}

function toRecords(entries: readonly LogEntry[]): readonly Stored[] {
  const records: Stored[] = [];
  let from = 0;
  let sizeBytes = 0;
  const cut = (to: number): void => {
    const part = from === 0 && to === entries.length ? entries : entries.slice(from, to);
    records.push({ first: part[0]!.index, last: part.at(-1)!.index, bytes: encodeRecord(part) });
    from = to;
    sizeBytes = 0;
  };
  for (let i = 0; i < entries.length; i++) {
    const bytes = entries[i]!.data.length;
    if (i > from && sizeBytes + bytes > maxRecordBytes) cut(i);
    sizeBytes += bytes;
  }
  cut(entries.length);
  return records;
}

/** LMDB rejects with a wrapper whose `commitError` promise has the reason. */
async function causeOf(error: unknown): Promise<Error> {
  const wrapper = asError(error);
  if (!('commitError' in wrapper)) return wrapper;
  const cause = await Promise.resolve(wrapper.commitError).then(() => wrapper, asError);
  // LMDB gives errno as a number.
  const code = codeOf(cause);
  return typeof code === 'number' && code > 0 ? Object.assign(cause, { code: getSystemErrorName(-code) }) : cause;
}

const codeOf = (error: Error): unknown => ('code' in error ? error.code : undefined);

const noSpace = (): Error => Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });

const encodeIndex = (index: number): Buffer => {
  const out = Buffer.alloc(8);
  out.writeDoubleLE(index);
  return out;
};

/** term f64 | vote as UTF-8 | crc32 u32 of both. */
function encodeHardState({ term, votedFor }: HardState): Buffer {
  const vote = Buffer.from(votedFor);
  const out = Buffer.alloc(12 + vote.length);
  out.writeDoubleLE(term, 0);
  out.set(vote, 8);
  out.writeUInt32LE(crc32(out.subarray(0, 8 + vote.length)), 8 + vote.length);
  return out;
}

function decodeHardState(bytes: Buffer | undefined, file: string): HardState {
  if (!bytes) return emptyHardState;
  const end = bytes.length - 4;
  if (end < 8 || bytes.readUInt32LE(end) !== crc32(bytes.subarray(0, end))) {
    throw new CorruptStorage(file, 'term and vote: checksum does not match');
  }
  return { term: bytes.readDoubleLE(0), votedFor: bytes.toString('utf8', 8, end) };
}
