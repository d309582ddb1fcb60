/**
 * A cursor over a long list and the part of the list that is on screen. The cursor stays on its row when rows come and
 * go around it. Costs nothing per row but when the rows change.
 */
import type { Command } from './keys.ts';
import { createStore, type Readable } from './models/store.ts';

export interface ListState<Row> {
  readonly rows: readonly Row[];
  /** Of the cursor; 0 in an empty list. */
  readonly index: number;
  /** Where the window was when the cursor last moved; `visibleRows` fits it to the screen. */
  readonly offset: number;
}

export interface List<Row> extends Readable<ListState<Row>> {
  setRows(rows: readonly Row[]): void;
  /** Moves the cursor; false if the command does not move cursors. `height`: rows on screen. */
  handle(command: Command, height: number): boolean;
  moveTo(index: number): void;
  current(): Row | undefined;
}

export interface ListOptions<Row> {
  readonly keyOf: (row: Row) => string | number;
  /** A cursor at the end stays at the end when rows are added: logs. */
  readonly sticky?: boolean;
}

export function createList<Row>({ keyOf, sticky = false }: ListOptions<Row>): List<Row> {
  const store = createStore<ListState<Row>>({ rows: [], index: 0, offset: 0 });
  // A cursor that nobody has moved stays where it began, whatever comes in before it.
  let moved = false;

  return {
    get: store.get,
    subscribe: store.subscribe,
    setRows(rows) {
      const { rows: before, index, offset } = store.get();
      if (rows === before) return;
      const old = before[index];
      if (old === undefined || !moved || (sticky && index === before.length - 1)) {
        const end = sticky ? clamp(rows.length - 1, rows.length) : 0;
        store.set({ rows, index: end, offset: end });
        return;
      }
      const key = keyOf(old);
      const same = rows[index];
      const found = same !== undefined && keyOf(same) === key ? index : rows.findIndex((row) => keyOf(row) === key);
      const next = clamp(found === -1 ? index : found, rows.length);
      // The window moves along with the cursor's row: what is looked at stays where it is.
      store.set({ rows, index: next, offset: Math.max(0, offset + next - index) });
    },
    handle(command, height) {
      const { rows, index, offset } = store.get();
      const target = movement(command, index, rows.length, Math.max(1, height));
      if (target === undefined) return false;
      moved = true;
      const next = clamp(target, rows.length);
      store.set({ rows, index: next, offset: windowOffset(offset, next, rows.length, height) });
      return true;
    },
    moveTo(index) {
      moved = true;
      store.update((state) => ({ ...state, index: clamp(index, state.rows.length) }));
    },
    current() {
      const { rows, index } = store.get();
      return rows[index];
    },
  };
}

export interface ListWindow<Row> {
  /** Of the first row shown. */
  readonly offset: number;
  readonly rows: readonly Row[];
}

/** The rows to draw on this many lines: around the cursor, whatever the size of the screen was before. */
export function visibleRows<Row>({ rows, index, offset }: ListState<Row>, height: number): ListWindow<Row> {
  if (height <= 0) return { offset: 0, rows: [] };
  const start = windowOffset(offset, index, rows.length, height);
  return { offset: start, rows: rows.slice(start, start + height) };
}

function movement(command: Command, index: number, length: number, height: number): number | undefined {
  switch (command) {
    case 'up':
      return index - 1;
    case 'down':
      return index + 1;
    case 'page-up':
      return index - Math.max(1, height - 1);
    case 'page-down':
      return index + Math.max(1, height - 1);
    case 'first':
      return 0;
    case 'last':
      return length - 1;
    default:
      return undefined;
  }
}

function clamp(index: number, length: number): number {
  return Math.max(0, Math.min(index, length - 1));
}

/** The offset nearest to the old one that shows the cursor and leaves no gap at the end. */
function windowOffset(offset: number, index: number, length: number, height: number): number {
  const nearest = Math.max(index - height + 1, Math.min(offset, index));
  return Math.max(0, Math.min(nearest, length - height));
}
