/** How key/value entries are held: compact, since there may be very many. */
import { byteOrder, fromByteOrder } from '../../lib/btree/byte-order.ts';
import { asNative } from '../../lib/msgpack/text.ts';
import type { DirEntry, PackedDirEntry } from '../../structs/kv.ts';

/** Immutable. All rows have one hidden class. */
export class KvRow {
  /** The key in byte order (lib/btree). */
  readonly key: string;
  /**
   * The value's bytes as a string of one char (U+0000..U+00FF) each: the engine keeps that in one byte a char, in one
   * movable object. A typed array would cost some 200 bytes more, and a view on a request's buffer would keep all
   * of it alive.
   */
  readonly value: string;
  readonly flags: number | bigint;
  readonly lockIndex: number;
  readonly session: string;
  readonly createIndex: number;
  readonly modifyIndex: number;

  constructor(
    key: string,
    value: string,
    flags: number | bigint,
    lockIndex: number,
    session: string,
    createIndex: number,
    modifyIndex: number,
  ) {
    this.key = key;
    this.value = value;
    this.flags = flags;
    this.lockIndex = lockIndex;
    this.session = session;
    this.createIndex = createIndex;
    this.modifyIndex = modifyIndex;
  }
}

export interface Tombstone {
  readonly key: string;
  readonly index: number;
}

export function packValue(value: Uint8Array | null): string {
  return value === null || value.length === 0 ? '' : asNative(value).latin1Slice(0, value.length);
}

export const unpackValue = (value: string): Uint8Array | null => (value === '' ? null : Buffer.from(value, 'latin1'));

export const toDirEntry = (row: KvRow): DirEntry => ({
  LockIndex: row.lockIndex,
  Key: fromByteOrder(row.key),
  Flags: row.flags,
  Value: unpackValue(row.value),
  Session: row.session,
  CreateIndex: row.createIndex,
  ModifyIndex: row.modifyIndex,
});

/**
 * An entry of a listing. The value's bytes are made when they are looked at: a listing of many is rendered piece by piece,
 * and need not hold all of them at once.
 */
export class ListedEntry implements DirEntry {
  LockIndex: number;
  Key: string;
  Flags: number | bigint;
  Session: string;
  CreateIndex: number;
  ModifyIndex: number;
  readonly #value: string;

  constructor(row: KvRow) {
    this.LockIndex = row.lockIndex;
    this.Key = fromByteOrder(row.key);
    this.Flags = row.flags;
    this.Session = row.session;
    this.CreateIndex = row.createIndex;
    this.ModifyIndex = row.modifyIndex;
    this.#value = row.value;
  }

  get Value(): Uint8Array | null {
    return unpackValue(this.#value);
  }

  get sizeBytes(): number {
    return 100 + this.Key.length + this.#value.length;
  }
}

/** As `toDirEntry` without the value, which transactions do not repeat to the writer. */
export const toHeader = (row: KvRow): DirEntry => ({
  LockIndex: row.lockIndex,
  Key: fromByteOrder(row.key),
  Flags: row.flags,
  Value: null,
  Session: row.session,
  CreateIndex: row.createIndex,
  ModifyIndex: row.modifyIndex,
});

/** For snapshots: nothing is unpacked. */
export const toPackedEntry = (row: KvRow): PackedDirEntry => ({
  LockIndex: row.lockIndex,
  Key: fromByteOrder(row.key),
  Flags: row.flags,
  Value: row.value,
  Session: row.session,
  CreateIndex: row.createIndex,
  ModifyIndex: row.modifyIndex,
});

/** A row exactly as an entry says, indexes included (snapshots). */
export const fromPackedEntry = (entry: PackedDirEntry): KvRow =>
  new KvRow(
    byteOrder(entry.Key),
    entry.Value,
    entry.Flags,
    entry.LockIndex,
    entry.Session,
    entry.CreateIndex,
    entry.ModifyIndex,
  );
