/**
 * The state of a datacenter as a server holds it: tables, the index table, watches, lock delays. Commands change it
 * one at a time, all or nothing. Reads are plain functions of `State`; a frozen `State` costs O(1).
 */
import { BTree } from '../../lib/btree/btree.ts';
import { LockDelays } from './lock-delays.ts';
import { cloneTableSet, createTableSet, type RowOf, type TableName, type TableSet } from './schema.ts';
import { Journal } from './table.ts';
import { Watches } from './watches.ts';

export interface State {
  readonly tables: TableSet;
  /** Raft index of the last change by table or service name (schema.ts, `indexKeys`). */
  readonly indexes: BTree<number>;
}

/** An expected failure of a command: goes to the proposer as the text. Nothing has changed then. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/**
 * The index of a read: fixed, or the last change of the named tables, whenever it is asked for. The latter moves without
 * waking who waits: a missing key reports the index of its table, but only its own creation is news.
 */
export type ReadIndex = number | readonly string[];

export const resolveIndex = (state: State, index: ReadIndex): number =>
  typeof index === 'number' ? index : maxIndex(state, ...index);

/** The largest of the named indexes. */
export function maxIndex(state: State, ...keys: readonly string[]): number {
  let max = 0;
  for (const key of keys) max = Math.max(max, state.indexes.get(key) ?? 0);
  return max;
}

/** What a command writes through. Valid during one `Store.write` only. */
export class Transaction implements State {
  tables: TableSet;
  indexes: BTree<number>;
  /** Raft index of the command. */
  index = 0;
  readonly watches: Watches;
  readonly lockDelays: LockDelays;
  readonly #journal = new Journal();

  constructor(state: State, watches: Watches, lockDelays: LockDelays) {
    this.tables = state.tables;
    this.indexes = state.indexes;
    this.watches = watches;
    this.lockDelays = lockDelays;
  }

  put<Name extends TableName>(name: Name, row: RowOf<Name>): void {
    const table = this.tables[name];
    const old = table.put(row as never, this.#journal) as RowOf<Name> | undefined;
    const touch = table.definition.touch as (row: RowOf<Name>, watches: Watches) => void;
    if (old !== undefined && table.definition.touchesByKey !== true) touch(old, this.watches);
    touch(row, this.watches);
  }

  remove<Name extends TableName>(name: Name, key: string): RowOf<Name> | undefined {
    const table = this.tables[name];
    const old = table.remove(key, this.#journal) as RowOf<Name> | undefined;
    if (old !== undefined) (table.definition.touch as (row: RowOf<Name>, watches: Watches) => void)(old, this.watches);
    return old;
  }

  /** Removes every row of the key/value table below a prefix; returns whether there was any. */
  removeKeys(prefix: string): boolean {
    if (this.tables.kvs.removePrefix(prefix, this.#journal) === 0) return false;
    this.watches.touchTree(prefix);
    return true;
  }

  /** Notes this command's index as the last change of a table or service. */
  bump(key: string): void {
    this.setIndex(key, this.index);
  }

  setIndex(key: string, value: number): void {
    this.#journal.note(this.indexes, key, this.indexes.set(key, value));
  }

  dropIndex(key: string): void {
    const old = this.indexes.delete(key);
    if (old !== undefined) this.#journal.note(this.indexes, key, old);
  }

  commit(): void {
    this.#journal.forget();
    this.lockDelays.commit();
    this.watches.commit();
  }

  rollback(): void {
    this.#journal.undo();
    this.lockDelays.rollback();
    this.watches.rollback();
  }
}

export const createState = (): State => ({ tables: createTableSet(), indexes: new BTree<number>() });

export const freeze = (state: State): State => ({
  tables: cloneTableSet(state.tables),
  indexes: state.indexes.clone(),
});

export class Store {
  readonly watches = new Watches();
  readonly lockDelays: LockDelays;
  readonly #transaction: Transaction;
  #state: State = createState();

  /** `nowMs`: a monotonic clock, for lock delays alone; everything else is a function of the commands. */
  constructor(nowMs: () => number) {
    this.lockDelays = new LockDelays(nowMs);
    this.#transaction = new Transaction(this.#state, this.watches, this.lockDelays);
  }

  /** Changes with every command: read it anew for every read, and never across an await. */
  get state(): State {
    return this.#state;
  }

  /** Runs one command at a Raft index. If it throws, nothing has happened. */
  write<T>(index: number, command: (tx: Transaction) => T): T {
    const tx = this.#transaction;
    tx.index = index;
    let result: T;
    try {
      result = command(tx);
    } catch (error) {
      tx.rollback();
      throw error;
    }
    tx.commit();
    return result;
  }

  /** Replaces everything at once; every reader is told. */
  replace(state: State): void {
    this.#state = state;
    this.#transaction.tables = state.tables;
    this.#transaction.indexes = state.indexes;
    this.lockDelays.clear();
    this.watches.changeAll();
  }
}
