/**
 * The screen of a terminal as an SVG picture: text stays text, colours are the terminal's. Every run of cells is pinned
 * to its column, so that a font with other widths cannot shift the frame; frames and curves are drawn as shapes,
 * because in few fonts their pieces meet.
 */
import type { IBufferCell, Terminal } from '@xterm/headless';

const cellWidth = 8.4;
const cellHeight = 18;
const margin = 14;
const titleHeight = 30;
const baseline = 13.5;

const background = '#14161b';
const foreground = '#d5d8df';
/** A dark palette for the 16 colours. */
const ansi16 = [
  '#2b2f38',
  '#e05561',
  '#33b67a',
  '#d0973b',
  '#4f8fe0',
  '#b077dd',
  '#25a9bd',
  '#d5d8df',
  '#6b717d',
  '#f2707b',
  '#55cf95',
  '#e8b35a',
  '#74a9f0',
  '#c796ee',
  '#4cc5d8',
  '#ffffff',
];

interface Style {
  readonly color: string;
  readonly fill: string | undefined;
  readonly bold: boolean;
  readonly dim: boolean;
}

interface Run {
  readonly start: number;
  readonly style: Style;
  text: string;
  cells: number;
}

export function screenToSvg(terminal: Terminal, title: string): string {
  const { cols, rows } = terminal;
  const width = Math.ceil(cols * cellWidth + margin * 2);
  const height = Math.ceil(rows * cellHeight + margin + titleHeight + margin / 2);
  const body = Array.from({ length: rows }, (_, row) => rowToSvg(terminal, row)).join('');
  const dots = ['#e05561', '#d0973b', '#33b67a']
    .map((color, index) => `<circle cx="${margin + 6 + index * 18}" cy="16" r="5.5" fill="${color}"/>`)
    .join('');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(title)}">`,
    `<style>text{font:14px ui-monospace,"SF Mono","Cascadia Mono",Menlo,"DejaVu Sans Mono",monospace;white-space:pre}.b{font-weight:600}.d{opacity:.6}</style>`,
    `<rect width="${width}" height="${height}" rx="9" fill="${background}"/>${dots}`,
    `<text x="${width / 2}" y="21" text-anchor="middle" fill="#8b919c">${escapeXml(title)}</text>`,
    `<g transform="translate(${margin} ${titleHeight + 6})">${body}</g>`,
    '</svg>\n',
  ].join('\n');
}

function rowToSvg(terminal: Terminal, row: number): string {
  const { active } = terminal.buffer;
  const line = active.getLine(active.baseY + row);
  if (line === undefined) return '';
  const runs: Run[] = [];
  for (let column = 0; column < terminal.cols; column++) {
    const cell = line.getCell(column);
    if (cell === undefined || cell.getWidth() === 0) continue;
    const style = styleOf(cell);
    const last = runs.at(-1);
    const text = cell.getChars() || ' ';
    const same = last !== undefined && last.start + last.cells === column && sameStyle(last.style, style);
    // Wide characters start a run of their own: their place must not depend on the font.
    if (same && cell.getWidth() === 1 && last.cells === last.text.length) {
      last.text += text;
      last.cells++;
    } else {
      runs.push({ start: column, style, text, cells: cell.getWidth() });
    }
  }
  return runs.map((run) => runToSvg(run, row)).join('');
}

function runToSvg({ start, style, text, cells }: Run, row: number): string {
  const x = start * cellWidth;
  const y = row * cellHeight;
  const out: string[] = [];
  if (style.fill !== undefined) {
    out.push(
      `<rect x="${n(x)}" y="${y}" width="${n(cells * cellWidth)}" height="${cellHeight}" fill="${style.fill}"/>`,
    );
  }
  out.push(braille(text, x, y, style.color), frames(text, x, y, style));
  // The runs are long and full of spaces: only what is seen becomes text, each word at its own column.
  for (const { 0: word, index } of text.matchAll(
    /[^\s\u2500-\u257f\u2800-\u28ff]+(?: [^\s\u2500-\u257f\u2800-\u28ff]+)*/g,
  )) {
    const classes = [style.bold ? 'b' : '', style.dim ? 'd' : ''].join('').split('').join(' ');
    const length =
      word.length === [...word].length && cells === text.length ? ` textLength="${n(word.length * cellWidth)}"` : '';
    out.push(
      `<text x="${n(x + index * cellWidth)}" y="${n(y + baseline)}" fill="${style.color}"${length}${classes === '' ? '' : ` class="${classes}"`}>${escapeXml(word)}</text>`,
    );
  }
  return out.join('');
}

/** Lines of frames as one path: in fonts they seldom meet. */
function frames(text: string, x: number, y: number, { color, dim }: Style): string {
  const strokes: string[] = [];
  const middle = n(y + cellHeight / 2);
  const bottom = y + cellHeight;
  for (const { 0: piece, index } of text.matchAll(/─+|[│╭╮╰╯]/g)) {
    const left = x + index * cellWidth;
    const right = n(left + cellWidth);
    const center = n(left + cellWidth / 2);
    if (piece.startsWith('─')) strokes.push(`M${n(left)} ${middle}h${n(piece.length * cellWidth)}`);
    else if (piece === '│') strokes.push(`M${center} ${y}v${cellHeight}`);
    else if (piece === '╭') strokes.push(`M${right} ${middle}Q${center} ${middle} ${center} ${bottom}`);
    else if (piece === '╮') strokes.push(`M${n(left)} ${middle}Q${center} ${middle} ${center} ${bottom}`);
    else if (piece === '╰') strokes.push(`M${right} ${middle}Q${center} ${middle} ${center} ${y}`);
    else strokes.push(`M${n(left)} ${middle}Q${center} ${middle} ${center} ${y}`);
  }
  if (strokes.length === 0) return '';
  return `<path d="${strokes.join('')}" fill="none" stroke="${color}"${dim ? ' class="d"' : ''}/>`;
}

/** Bit of each dot of a braille cell, by column and from above. */
const dotBits = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;

/** All dots of a run as one path of small squares. */
function braille(text: string, x: number, y: number, color: string): string {
  const squares: string[] = [];
  for (const [position, character] of [...text].entries()) {
    const code = character.charCodeAt(0);
    if (code < 0x2800 || code > 0x28ff) continue;
    for (const [column, bits] of dotBits.entries()) {
      for (const [level, bit] of bits.entries()) {
        if (((code - 0x2800) & bit) === 0) continue;
        const left = x + position * cellWidth + column * (cellWidth / 2) + 0.6;
        squares.push(`M${n(left)} ${n(y + level * (cellHeight / 4) + 0.6)}h3v3.3h-3z`);
      }
    }
  }
  return squares.length === 0 ? '' : `<path d="${squares.join('')}" fill="${color}"/>`;
}

function styleOf(cell: IBufferCell): Style {
  const own = cell.isFgDefault() ? foreground : colorOf(cell.isFgRGB() === true, cell.getFgColor());
  const behind = cell.isBgDefault() ? undefined : colorOf(cell.isBgRGB() === true, cell.getBgColor());
  const inverse = cell.isInverse() !== 0;
  return {
    color: inverse ? (behind ?? background) : own,
    fill: inverse ? own : behind,
    bold: cell.isBold() !== 0,
    dim: cell.isDim() !== 0,
  };
}

function sameStyle(a: Style, b: Style): boolean {
  return a.color === b.color && a.fill === b.fill && a.bold === b.bold && a.dim === b.dim;
}

function colorOf(rgb: boolean, value: number): string {
  if (rgb) return `#${value.toString(16).padStart(6, '0')}`;
  if (value < 16) return ansi16[value]!;
  if (value >= 232) return `#${(8 + (value - 232) * 10).toString(16).padStart(2, '0').repeat(3)}`;
  const level = (step: number): string => (step === 0 ? 0 : 55 + step * 40).toString(16).padStart(2, '0');
  const index = value - 16;
  return `#${level(Math.floor(index / 36))}${level(Math.floor(index / 6) % 6)}${level(index % 6)}`;
}

function n(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
