/** A table as data: what each column shows of an object, and how wide it may be. */
import type { Align, Span } from '../text.ts';

export interface Column<T> {
  readonly title: string;
  /** Cells it needs at least. */
  readonly width: number;
  /** Share of the space that is left over; 0 or absent: stays as it is. */
  readonly grow?: number;
  readonly align?: Align;
  /** Shown in tables at least this wide. */
  readonly from?: number;
  /** Text must be safe for a screen. */
  readonly cell: (row: T) => Span;
}

export interface PlacedColumn<T> {
  readonly column: Column<T>;
  readonly width: number;
}

export const columnGap = 2;

/** Chooses the columns that a width has room for and shares out the rest of it. */
export function placeColumns<T>(columns: readonly Column<T>[], width: number): PlacedColumn<T>[] {
  const shown = columns.filter(({ from = 0 }) => width >= from);
  const needed = shown.reduce((sum, column) => sum + column.width, 0) + columnGap * Math.max(0, shown.length - 1);
  const spare = Math.max(0, width - needed);
  const shares = shown.reduce((sum, { grow = 0 }) => sum + grow, 0);
  let given = 0;
  let sharesSeen = 0;
  return shown.map((column) => {
    sharesSeen += column.grow ?? 0;
    const upTo = shares === 0 ? 0 : Math.floor((spare * sharesSeen) / shares);
    const placed = { column, width: column.width + upTo - given };
    given = upTo;
    return placed;
  });
}
