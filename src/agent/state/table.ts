/**
 * A table: rows by primary key in a persistent tree, and for every secondary index a tree from index key to primary key.
 * Rows are frozen by convention: a change puts a new row.
 */
import { BTree } from '../../lib/btree/btree.ts';
import type { Watches } from './watches.ts';

export interface TableDefinition<Row> {
  readonly key: (row: Row) => string;
  /** The keys under which a row is found besides its own; null for none. */
  readonly indexes: Readonly<Record<string, (row: Row) => string | readonly string[] | null>>;
  /** Names to the watches what a changed row is part of; called for the old row and the new one, unless `touchesByKey`. */
  readonly touch: (row: Row, watches: Watches) => void;
  /** What `touch` names depends on the row's key alone. */
  readonly touchesByKey?: boolean;
}

/** Stands for a key in the journal where a whole tree was noted. */
const wholeTree = Symbol('whole tree');

/** Undoes the writes of a command that failed half-way. */
export class Journal {
  readonly #trees: BTree<unknown>[] = [];
  readonly #keys: (string | typeof wholeTree)[] = [];
  readonly #olds: unknown[] = [];

  note<T>(tree: BTree<T>, key: string, old: T | undefined): void {
    this.#trees.push(tree as BTree<unknown>);
    this.#keys.push(key);
    this.#olds.push(old);
  }

  /** Before a change of many entries at once. */
  noteTree<T>(tree: BTree<T>): void {
    this.#trees.push(tree as BTree<unknown>);
    this.#keys.push(wholeTree);
    this.#olds.push(tree.clone());
  }

  forget(): void {
    if (this.#trees.length === 0) return;
    this.#trees.length = 0;
    this.#keys.length = 0;
    this.#olds.length = 0;
  }

  undo(): void {
    for (let i = this.#trees.length - 1; i >= 0; i--) {
      const tree = this.#trees[i] as BTree<unknown>;
      const key = this.#keys[i] as string | typeof wholeTree;
      const old = this.#olds[i];
      if (key === wholeTree) tree.become(old as BTree<unknown>);
      else if (old === undefined) tree.delete(key);
      else tree.set(key, old);
    }
    this.forget();
  }
}

/** Separates the parts of compound keys. */
export const part = '\0';

export class Table<Row> {
  readonly definition: TableDefinition<Row>;
  readonly rows: BTree<Row>;
  readonly indexes: Readonly<Record<string, BTree<string>>>;
  readonly #indexed: readonly {
    readonly of: (row: Row) => string | readonly string[] | null;
    readonly tree: BTree<string>;
  }[];

  constructor(
    definition: TableDefinition<Row>,
    rows: BTree<Row> = new BTree(),
    indexes: Readonly<Record<string, BTree<string>>> = Object.fromEntries(
      Object.keys(definition.indexes).map((name) => [name, new BTree<string>()]),
    ),
  ) {
    this.definition = definition;
    this.rows = rows;
    this.indexes = indexes;
    this.#indexed = Object.entries(definition.indexes).map(([name, of]) => ({
      of,
      tree: indexes[name] as BTree<string>,
    }));
  }

  clone(): Table<Row> {
    return new Table(
      this.definition,
      this.rows.clone(),
      Object.fromEntries(Object.entries(this.indexes).map(([name, tree]) => [name, tree.clone()])),
    );
  }

  get(key: string): Row | undefined {
    return this.rows.get(key);
  }

  /** The rows that an index files under `key`, in order of their primary keys. */
  by(index: string, key: string): Row[] {
    const rows: Row[] = [];
    (this.indexes[index] as BTree<string>).scanPrefix(key + part, (primary) =>
      rows.push(this.rows.get(primary) as Row),
    );
    return rows;
  }

  /** The rows whose index key starts with `prefix`. */
  byPrefix(index: string, prefix: string): Row[] {
    return (this.indexes[index] as BTree<string>).values(prefix).map((primary) => this.rows.get(primary) as Row);
  }

  first(index: string, key: string): Row | undefined {
    let row: Row | undefined;
    (this.indexes[index] as BTree<string>).scanPrefix(key + part, (primary) => {
      row = this.rows.get(primary);
      return false;
    });
    return row;
  }

  put(row: Row, journal: Journal | null): Row | undefined {
    const key = this.definition.key(row);
    const old = this.rows.set(key, row);
    journal?.note(this.rows, key, old);
    for (const { of, tree } of this.#indexed) {
      const before = old === undefined ? null : of(old);
      const after = of(row);
      if (before === after) continue;
      unfile(tree, before, key, journal);
      file(tree, after, key, journal);
    }
    return old;
  }

  remove(key: string, journal: Journal | null): Row | undefined {
    const old = this.rows.delete(key);
    if (old === undefined) return undefined;
    journal?.note(this.rows, key, old);
    for (const { of, tree } of this.#indexed) unfile(tree, of(old), key, journal);
    return old;
  }

  /** Removes all rows whose key starts with `prefix`; returns how many. For tables whose indexes file few of the rows. */
  removePrefix(prefix: string, journal: Journal): number {
    for (const { tree } of this.#indexed) {
      const filed: string[] = [];
      tree.scan('', (key, entry) => {
        if (key.startsWith(prefix)) filed.push(entry);
      });
      for (const entry of filed) journal.note(tree, entry, tree.delete(entry));
    }
    journal.noteTree(this.rows);
    return this.rows.deletePrefix(prefix);
  }
}

type IndexKeys = string | readonly string[] | null;

function file(tree: BTree<string>, under: IndexKeys, key: string, journal: Journal | null): void {
  if (under === null) return;
  if (typeof under === 'string') {
    const entry = under + part + key;
    const old = tree.set(entry, key);
    journal?.note(tree, entry, old);
  } else for (const one of under) file(tree, one, key, journal);
}

function unfile(tree: BTree<string>, under: IndexKeys, key: string, journal: Journal | null): void {
  if (under === null) return;
  if (typeof under === 'string') {
    const entry = under + part + key;
    const old = tree.delete(entry);
    if (old !== undefined) journal?.note(tree, entry, old);
  } else for (const one of under) unfile(tree, one, key, journal);
}
