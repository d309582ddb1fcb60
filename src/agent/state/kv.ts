/** The key/value table: what commands do to it and what reads see. Keys of these functions are in byte order. */

import type { BTree } from '../../lib/btree/btree.ts';
import { goQuote } from '../../lib/go-format.ts';
import type { MaybePromise } from '../../lib/runtime.ts';
import type { DirEntry } from '../../structs/kv.ts';
import { KvRow, packValue, type Tombstone } from './kv-row.ts';
import { getSession } from './session.ts';
import { CommandError, maxIndex, type ReadIndex, type State, type Transaction } from './store.ts';
import type { WatchSet } from './watches.ts';

/** `entry` as it is written: key in byte order, value packed. Of its indexes only `ModifyIndex` of a CAS is looked at. */
export interface KvWrite {
  readonly key: string;
  readonly value: string;
  readonly entry: DirEntry;
}

export const toKvWrite = (key: string, entry: DirEntry): KvWrite => ({ key, value: packValue(entry.Value), entry });

function write(
  tx: Transaction,
  old: KvRow | undefined,
  { key, value, entry }: KvWrite,
  lockIndex: number,
  session: string,
): KvRow {
  if (
    old !== undefined &&
    old.lockIndex === lockIndex &&
    old.session === session &&
    old.flags === entry.Flags &&
    old.value === value
  ) {
    // Nothing changed: nobody is woken and the entry keeps its index.
    return old;
  }
  const row = new KvRow(key, value, entry.Flags, lockIndex, session, old?.createIndex ?? tx.index, tx.index);
  tx.put('kvs', row);
  tx.bump('kvs');
  return row;
}

/** A plain write leaves the holder of a lock alone, but takes the lock counter from the writer, as Consul does. */
export function setKey(tx: Transaction, put: KvWrite): KvRow {
  const old = tx.tables.kvs.get(put.key);
  return write(tx, old, put, put.entry.LockIndex, old?.session ?? '');
}

/** Null when the index is stale. Index 0 means: only if there is no such key. */
export function casKey(tx: Transaction, put: KvWrite): KvRow | null {
  const old = tx.tables.kvs.get(put.key);
  return (old?.modifyIndex ?? 0) === put.entry.ModifyIndex
    ? write(tx, old, put, put.entry.LockIndex, old?.session ?? '')
    : null;
}

/** Null when somebody else holds the lock. */
export function lockKey(tx: Transaction, put: KvWrite): KvRow | null {
  const { entry } = put;
  if (entry.Session === '') throw new CommandError('missing session');
  if (getSession(tx, entry.Session) === undefined) throw new CommandError(`invalid session ${goQuote(entry.Session)}`);
  const old = tx.tables.kvs.get(put.key);
  if (old === undefined) return write(tx, old, put, 1, entry.Session);
  if (old.session === entry.Session) return write(tx, old, put, old.lockIndex, entry.Session);
  return old.session === '' ? write(tx, old, put, old.lockIndex + 1, entry.Session) : null;
}

/** Null when the session does not hold the lock. */
export function unlockKey(tx: Transaction, put: KvWrite): KvRow | null {
  if (put.entry.Session === '') throw new CommandError('missing session');
  const old = tx.tables.kvs.get(put.key);
  if (old === undefined || old.session !== put.entry.Session) return null;
  return write(tx, old, put, old.lockIndex, '');
}

/** Takes the lock from a session that ended; the value stays. */
export function releaseKey(tx: Transaction, row: KvRow): void {
  tx.put('kvs', new KvRow(row.key, row.value, row.flags, row.lockIndex, '', row.createIndex, tx.index));
  tx.bump('kvs');
}

/** Leaves a tombstone, so that listings of what is above the key do not go back in time. */
export function deleteKey(tx: Transaction, key: string): void {
  if (tx.remove('kvs', key) === undefined) return;
  bury(tx, key);
}

/** False when the index is stale. A key that is not there counts as deleted. */
export function deleteKeyCas(tx: Transaction, key: string, index: number): boolean {
  const old = tx.tables.kvs.get(key);
  if (old === undefined) return true;
  if (old.modifyIndex !== index) return false;
  deleteKey(tx, key);
  return true;
}

export function deleteTree(tx: Transaction, prefix: string): void {
  if (!tx.removeKeys(prefix)) return;
  // One tombstone for the tree; everything has no prefix above it that could be listed.
  if (prefix === '') tx.bump('kvs');
  else bury(tx, prefix);
}

function bury(tx: Transaction, key: string): void {
  tx.put('tombstones', { key, index: tx.index });
  tx.bump('tombstones');
  tx.bump('kvs');
}

/** Forgets tombstones up to an index: nobody waits on a listing as old as that. */
export function reapTombstones(tx: Transaction, index: number): void {
  const keys: string[] = [];
  tx.tables.tombstones.rows.scan('', (stone) => {
    if (stone.index <= index) keys.push(stone.key);
  });
  for (const key of keys) tx.remove('tombstones', key);
}

const tableIndex: readonly string[] = ['kvs', 'tombstones'];

/** A missing key reports the index of the table, so that who waits for it sees its creation. */
export function getKey(
  state: State,
  watch: WatchSet,
  key: string,
): { readonly index: ReadIndex; readonly row: KvRow | undefined } {
  watch.key(key);
  const row = state.tables.kvs.get(key);
  return { index: row === undefined ? tableIndex : row.modifyIndex, row };
}

/** Rows looked at in one go of the event loop. */
const listSlice = 8192;

export interface KvList<T> {
  readonly index: ReadIndex;
  readonly items: T[];
}

/**
 * The index is the last change below the prefix, deletions included; without any, and for '', that of the table. A long list
 * is gathered from a copy of the tables, with pauses.
 */
export function listKeys<T>(
  state: State,
  watch: WatchSet,
  prefix: string,
  item: (row: KvRow) => T,
  pause: () => Promise<void>,
): MaybePromise<KvList<T>> {
  watch.prefix(prefix);
  const { kvs, tombstones } = state.tables;
  const list = new Listing(prefix, item);
  if (list.gather(kvs.rows)) return { index: list.index(tombstones.rows, tableIndex), items: list.items };
  return gatherOn(list, kvs.rows.clone(), tombstones.rows.clone(), maxIndex(state, ...tableIndex), pause);
}

async function gatherOn<T>(
  list: Listing<T>,
  rows: BTree<KvRow>,
  tombstones: BTree<Tombstone>,
  table: number,
  pause: () => Promise<void>,
): Promise<KvList<T>> {
  do await pause();
  while (!list.gather(rows));
  return { index: list.index(tombstones, table), items: list.items };
}

class Listing<T> {
  readonly items: T[] = [];
  readonly #prefix: string;
  readonly #item: (row: KvRow) => T;
  #next: string;
  #lastChange = 0;

  constructor(prefix: string, item: (row: KvRow) => T) {
    this.#prefix = prefix;
    this.#item = item;
    this.#next = prefix;
  }

  /** Takes one slice further; true at the end. */
  gather(tree: BTree<KvRow>): boolean {
    let left = listSlice;
    let last = '';
    const cut = tree.scan(this.#next, (row) => {
      if (!row.key.startsWith(this.#prefix)) return false;
      this.items.push(this.#item(row));
      if (row.modifyIndex > this.#lastChange) this.#lastChange = row.modifyIndex;
      last = row.key;
      left--;
      return left > 0;
    });
    if (cut || left > 0) return true;
    // No key comes between this one and itself with the lowest unit appended.
    this.#next = `${last}\0`;
    return false;
  }

  index(tombstones: BTree<Tombstone>, table: ReadIndex): ReadIndex {
    if (this.#prefix === '') return table;
    tombstones.scanPrefix(this.#prefix, (stone) => {
      if (stone.index > this.#lastChange) this.#lastChange = stone.index;
    });
    return this.#lastChange === 0 ? table : this.#lastChange;
  }
}
