/** A table as data: what each column shows of an object, and how wide it may be. */
import { type Align, cellWidth, type Span } from '../text.ts';

export interface Column<T> {
  readonly title: string;
  /** Cells it needs at least. */
  readonly width: number;
  /** Takes what its contents need while there is room; such columns share in this proportion when there is too little. */
  readonly grow?: number;
  readonly align?: Align;
  /** Shown in tables at least this wide. */
  readonly from?: number;
  /** Text must be safe for a screen. */
  readonly cell: (row: T) => Span;
  /** What rows are sorted by; by default the text of the cell. */
  readonly sortBy?: (row: T) => string | number;
}

/** Ascending by a column; equal rows keep their order. */
export function compareBy<T>({ sortBy, cell }: Column<T>): (a: T, b: T) => number {
  const value = sortBy ?? ((row: T) => cell(row).text);
  return (a, b) => {
    const [x, y] = [value(a), value(b)];
    return x < y ? -1 : x > y ? 1 : 0;
  };
}

export interface PlacedColumn<T> {
  readonly column: Column<T>;
  readonly width: number;
}

export const columnGap = 2;

/** Rows whose contents decide over widths: enough for most tables, and the same while one scrolls. */
const measuredRows = 300;
/** Air that a growing column gets at most beyond what it needs. */
const mostAir = 8;

/** Chooses the columns that a width has room for, or all, and gives the growing ones what their contents need. */
export function placeColumns<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  width: number,
  wide = false,
): PlacedColumn<T>[] {
  const wanted = wide ? columns : columns.filter(({ from = 0 }) => width >= from);
  const shown = wide ? wanted : fitting(wanted, width);
  const needed = neededCells(shown);
  const measured = rows.slice(0, measuredRows);
  const wishes = shown.map((column) => (column.grow === undefined ? 0 : wish(column, measured)));
  const granted = share(Math.max(0, width - needed), shown, wishes);
  const rest = Math.max(0, width - needed - granted.reduce((sum, cells) => sum + cells, 0));
  const air = share(
    rest,
    shown,
    shown.map(({ grow }) => (grow === undefined ? 0 : mostAir)),
  );
  return shown.map((column, index) => ({ column, width: column.width + granted[index]! + air[index]! }));
}

function neededCells<T>(columns: readonly Column<T>[]): number {
  return columns.reduce((sum, column) => sum + column.width, 0) + columnGap * Math.max(0, columns.length - 1);
}

/** The last columns say least: they go first where not all of them fit. */
function fitting<T>(columns: readonly Column<T>[], width: number): readonly Column<T>[] {
  let count = columns.length;
  while (count > 1 && neededCells(columns.slice(0, count)) > width) count--;
  return columns.slice(0, count);
}

function wish<T>(column: Column<T>, rows: readonly T[]): number {
  const widest = rows.reduce((most, row) => Math.max(most, cellWidth(column.cell(row).text)), 0);
  return Math.max(0, widest - column.width);
}

/** Shares out `cells` by `grow`, nobody more than its wish; what one does not need goes to the others. */
function share<T>(cells: number, columns: readonly Column<T>[], wishes: readonly number[]): number[] {
  const given = wishes.map(() => 0);
  let left = cells;
  while (left > 0) {
    const hungry = wishes.flatMap((wanted, index) => (given[index]! < wanted ? [index] : []));
    if (hungry.length === 0) break;
    const shares = hungry.reduce((sum, index) => sum + (columns[index]!.grow ?? 0), 0);
    const pool = left;
    for (const index of hungry) {
      const part = Math.ceil((pool * (columns[index]!.grow ?? 0)) / shares);
      const taken = Math.min(part, wishes[index]! - given[index]!, left);
      given[index]! += taken;
      left -= taken;
    }
  }
  return given;
}
