/** A table's rows on screen: only those in the window are ever looked at. */
import { type ListState, visibleRows } from '../list.ts';
import { type Column, columnGap, type PlacedColumn, placeColumns } from '../rows/column.ts';
import { cellWidth, fitLine, type Line, pad, type Span, span } from '../text.ts';
import { signs } from '../theme.ts';

export interface TableOptions<T> {
  readonly columns: readonly Column<T>[];
  readonly list: ListState<T>;
  readonly width: number;
  /** With the header line. */
  readonly height: number;
  /** Draws the cursor. */
  readonly focused: boolean;
  /** All columns, cut at the edge where there is no room. */
  readonly wide?: boolean;
  readonly sort?: TableSort<T>;
  readonly marked?: (row: T) => boolean;
}

export interface TableSort<T> {
  readonly column: Column<T>;
  readonly reversed: boolean;
}

export function table<T>(options: TableOptions<T>): Line[] {
  const { columns, list, width, height, focused, wide = false, sort, marked } = options;
  const margin = marked === undefined ? 0 : 2;
  const placed = placeColumns(columns, list.rows, width - margin, wide);
  const header = cells(placed, ({ column }) =>
    column === sort?.column
      ? span(`${column.title}${sort.reversed ? '↓' : '↑'}`, 'accent')
      : span(column.title, 'muted'),
  );
  const lines: Line[] = [fitLine([span(' '.repeat(margin)), ...header], width)];
  const { offset, rows } = visibleRows(list, height - 1);
  for (const [position, row] of rows.entries()) {
    const content = cells(placed, ({ column }) => column.cell(row));
    const mark = marked === undefined ? [] : [span(marked(row) ? `${signs.mark} ` : '  ', 'accent', { bold: true })];
    const line = fitLine([...mark, ...content], width);
    lines.push(focused && offset + position === list.index ? selected(line) : line);
  }
  return lines;
}

/** The row under the cursor: one block of inverse, so that it is seen without colours too. */
export function selected(line: Line): Line {
  return [{ text: line.map(({ text }) => text).join(''), tone: 'accent', inverse: true }];
}

function cells<T>(placed: readonly PlacedColumn<T>[], cell: (placed: PlacedColumn<T>) => Span): Span[] {
  const line: Span[] = [];
  for (const [index, each] of placed.entries()) {
    if (index > 0) line.push(span(' '.repeat(columnGap)));
    const content = cell(each);
    const align = each.column.align ?? 'left';
    const fits = cellWidth(content.text) === each.width;
    line.push(fits ? content : { ...content, text: pad(content.text, each.width, align) });
  }
  return line;
}
