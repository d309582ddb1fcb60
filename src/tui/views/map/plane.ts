/** Points on a braille plane, coloured by what they mean, with names where there is room. Pure. */
import type { Point } from '../../models/projection.ts';
import { cellWidth, type Line, type Span, span, type Tone, truncate } from '../../text.ts';
import type { Size } from '../view.ts';

export interface PlacedNode extends Point {
  readonly name: string;
  readonly sign: string;
  readonly tone: Tone;
  /** Bad ones are drawn, and named, before others. */
  readonly rank: number;
}

/** Names that are written at most: more would cover what they name. */
const mostNames = 40;
const longestName = 20;

interface Cell {
  dots: number;
  text: string;
  tone: Tone;
  rank: number;
  bold: boolean;
}

/** Braille bits by column and row of the dot. */
const bits = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;

export function drawPlane(nodes: readonly PlacedNode[], selected: string | undefined, { width, height }: Size): Line[] {
  if (width < 2 || height < 1) return [];
  const cells = Array.from({ length: height }, () =>
    Array.from({ length: width }, (): Cell => ({ dots: 0, text: '', tone: 'border', rank: 9, bold: false })),
  );
  const spread = Math.max(1e-9, ...nodes.map(({ x }) => Math.abs(x)), ...nodes.map(({ y }) => Math.abs(y)));
  // A cell is twice as high as it is wide, and has twice as many dots: distances look the same in both directions.
  const [middleX, middleY] = [width, height * 2];
  const scale = (Math.min(middleX, middleY) - 2) / spread;
  const [scaleX, scaleY] = [Math.min(scale * 2, (middleX - 2) / spread), scale];
  const place = ({ x, y }: Point) => ({
    dotX: clamp(Math.round(middleX + x * scaleX), width * 2),
    dotY: clamp(Math.round(middleY - y * scaleY), height * 4),
  });
  const byRank = nodes.toSorted((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : 1));
  for (const node of byRank) {
    const { dotX, dotY } = place(node);
    const cell = cells[dotY >> 2]![dotX >> 1]!;
    cell.dots |= bits[dotX & 1]![dotY & 3]!;
    if (node.rank < cell.rank) Object.assign(cell, { tone: node.tone, rank: node.rank });
  }
  const chosen = nodes.find(({ name }) => name === selected);
  const named = [...(chosen === undefined ? [] : [chosen]), ...byRank.filter((node) => node !== chosen)].slice(
    0,
    mostNames,
  );
  for (const node of named) {
    const { dotX, dotY } = place(node);
    write(cells[dotY >> 2]!, dotX >> 1, node, node === chosen);
  }
  return cells.map(lineOf);
}

/** A sign in the place of the dot and the name beside it, if nothing stands there. */
function write(row: Cell[], column: number, { name, sign, tone }: PlacedNode, chosen: boolean): void {
  const label = truncate(name, longestName);
  const length = cellWidth(label);
  if (row[column]!.text !== '') return;
  const start = column + 2 + length <= row.length ? column + 2 : column - 1 - length;
  const free =
    start >= 0 &&
    row
      .slice(Math.min(start, column) - 1 < 0 ? 0 : Math.min(start, column) - 1, start + length + 1)
      .every((cell) => cell.text === '');
  const alone = row.slice(Math.max(0, start), start + length).every((cell) => cell.dots === 0);
  Object.assign(row[column]!, { text: sign, tone: chosen ? 'accent' : tone, bold: chosen });
  if (!(free && (alone || chosen))) return;
  let at = start;
  for (const character of label) {
    const wide = cellWidth(character);
    Object.assign(row[at]!, { text: character, tone: chosen ? 'accent' : 'muted', bold: chosen });
    for (let more = 1; more < wide; more++) Object.assign(row[at + more]!, { text: '\u0000' });
    at += wide;
  }
}

function lineOf(row: readonly Cell[]): Line {
  const line: Span[] = [];
  for (const { dots, text, tone, bold } of row) {
    if (text === '\u0000') continue;
    line.push(span(text || (dots === 0 ? ' ' : String.fromCharCode(0x2800 + dots)), tone, { bold }));
  }
  return line;
}

function clamp(value: number, limit: number): number {
  return Math.max(0, Math.min(limit - 1, value));
}
