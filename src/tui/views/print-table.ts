/** A table as plain text, every column as wide as what is in it: for `-once`, and whatever comes after the pipe. */
import { type Column, columnGap } from '../rows/column.ts';
import { cellWidth, pad } from '../text.ts';

export function printTable<T>(columns: readonly Column<T>[], rows: readonly T[]): string {
  const texts = rows.map((row) => columns.map(({ cell }) => cell(row).text.trim()));
  const widths = columns.map(({ title }, index) =>
    texts.reduce((widest, cells) => Math.max(widest, cellWidth(cells[index]!)), cellWidth(title)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((text, index) => pad(text, widths[index]!, columns[index]!.align ?? 'left'))
      .join(' '.repeat(columnGap))
      .trimEnd();
  return `${[line(columns.map(({ title }) => title)), ...texts.map(line)].join('\n')}\n`;
}
