/**
 * Text that goes on a screen: runs of characters with a style, measured in terminal cells. Pure: what the cells look
 * like in the end (colours, none) is decided by the theme.
 */
import stringWidth from 'string-width';

/** What a run of characters means. The theme turns it into colour. */
export type Tone = 'plain' | 'muted' | 'accent' | 'good' | 'warn' | 'bad' | 'info' | 'value' | 'border';

export interface Span {
  readonly text: string;
  readonly tone?: Tone;
  readonly bold?: boolean;
  readonly inverse?: boolean;
}

/** One row of a screen, from left to right. */
export type Line = readonly Span[];

export type Align = 'left' | 'right';

/**
 * Characters of one UTF-16 unit and one cell, whatever stands beside them: ASCII, Latin, punctuation, arrows, and the
 * signs, frames and curves that we draw ourselves. Nearly every text is made of them, and then needs no measuring.
 */
const singleCells =
  /^[\x20-\x7e\xa1-\xac\xae-\u024f\u2010-\u2027\u2190-\u21ff\u2298\u23ce\u2500-\u25fc\u2605\u2716\u2800-\u28ff]*$/;
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Width in terminal cells. */
export function cellWidth(text: string): number {
  return singleCells.test(text) ? text.length : stringWidth(text);
}

export function span(text: string, tone?: Tone, more?: Omit<Span, 'text' | 'tone'>): Span {
  return tone === undefined ? { text, ...more } : { text, tone, ...more };
}

export function lineWidth(line: Line): number {
  let width = 0;
  for (const { text } of line) width += cellWidth(text);
  return width;
}

/** The text of a line, without its styles. */
export function plainText(line: Line): string {
  return line.map(({ text }) => text).join('');
}

/** The longest start of `text` that fits into `width` cells, and how many cells it takes. */
function takeCells(text: string, width: number): { text: string; width: number } {
  if (singleCells.test(text)) {
    const taken = text.slice(0, Math.max(0, width));
    return { text: taken, width: taken.length };
  }
  let used = 0;
  let end = 0;
  for (const { segment, index } of segmenter.segment(text)) {
    const cells = stringWidth(segment);
    if (used + cells > width) break;
    used += cells;
    end = index + segment.length;
  }
  return { text: text.slice(0, end), width: used };
}

/** Cuts to at most `width` cells; a cut text ends in an ellipsis. A wide character never hangs half over the edge. */
export function truncate(text: string, width: number): string {
  if (width <= 0) return '';
  // Each UTF-16 unit takes at most two cells, and most texts are short: the common case is one regular expression.
  if (cellWidth(text) <= width) return text;
  return `${takeCells(text, width - 1).text}…`;
}

/** Cuts before the last arrow: what something has become says more than the rest of its name. */
export function truncateBeforeArrow(text: string, width: number): string {
  const outcome = text.slice(Math.max(0, text.lastIndexOf(' → ')));
  const room = width - cellWidth(outcome);
  return cellWidth(text) <= width || room < 4
    ? truncate(text, width)
    : truncate(text.slice(0, -outcome.length), room) + outcome;
}

/** Cuts from the left: the end of a path says more than its start. */
export function truncateStart(text: string, width: number): string {
  if (width <= 0) return '';
  let rest = cellWidth(text);
  if (rest <= width) return text;
  let start = 0;
  for (const { segment, index } of segmenter.segment(text)) {
    if (rest <= width - 1) {
      start = index;
      break;
    }
    rest -= stringWidth(segment);
    start = index + segment.length;
  }
  return `…${text.slice(start)}`;
}

/** Exactly `width` cells: cut or padded with spaces. */
export function pad(text: string, width: number, align: Align = 'left'): string {
  const cut = truncate(text, width);
  const fill = ' '.repeat(Math.max(0, width - cellWidth(cut)));
  return align === 'left' ? cut + fill : fill + cut;
}

/** Exactly `width` cells of a styled line: cut with an ellipsis or padded with spaces. */
export function fitLine(line: Line, width: number): Line {
  const total = lineWidth(line);
  if (total === width) return line;
  if (total < width) return [...line, { text: ' '.repeat(width - total) }];
  if (width <= 0) return [];
  const out: Span[] = [];
  let left = width - 1;
  for (const part of line) {
    const taken = takeCells(part.text, left);
    out.push({ ...part, text: taken.text });
    left -= taken.width;
    if (taken.text.length < part.text.length) break;
  }
  out.push({ text: `…${' '.repeat(Math.max(0, left))}`, tone: 'muted' });
  return out;
}

/** The cells from `from` up to `to` of a line; a wide character that is cut leaves a space. */
export function sliceLine(line: Line, from: number, to: number): Line {
  const out: Span[] = [];
  let at = 0;
  for (const part of line) {
    const width = cellWidth(part.text);
    const start = Math.max(0, from - at);
    const end = Math.min(width, to - at);
    if (end > start) {
      const skipped = takeCells(part.text, start);
      const rest = part.text.slice(skipped.text.length);
      const taken = takeCells(rest, end - skipped.width);
      const text = skipped.width < start ? ` ${takeCells(rest, end - start - 1).text}` : taken.text;
      out.push({ ...part, text: pad(text, end - start) });
    }
    at += width;
  }
  return out;
}

/** `box` laid over `lines` with its upper left corner at this row and column. */
export function overlay(lines: readonly Line[], box: readonly Line[], top: number, left: number): Line[] {
  return lines.map((line, row) => {
    const over = box[row - top];
    if (over === undefined) return line;
    const width = lineWidth(over);
    return [...fitLine(sliceLine(line, 0, left), left), ...over, ...sliceLine(line, left + width, lineWidth(line))];
  });
}

/** Text at the left, text at the right, spaces between; the left gives way. */
export function spread(left: Line, right: Line, width: number): Line {
  const rightWidth = lineWidth(right);
  if (rightWidth >= width) return fitLine(right, width);
  return [...fitLine(left, width - rightWidth), ...right];
}

// Format controls that reorder or hide text: a key must not be able to make a row lie.
const hiding = /[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;
const unsafe =
  /[\p{Control}\p{Surrogate}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\p{Variation_Selector}|\p{Regional_Indicator}|\p{Emoji_Modifier}/u;

/**
 * One line of foreign text made safe for a screen: control characters become visible pictures, text direction marks
 * become dots, and joined emoji, whose width terminals disagree on, shrink to their first part.
 */
export function sanitize(text: string): string {
  if (singleCells.test(text) || !unsafe.test(text)) return text;
  let out = '';
  for (const { segment } of segmenter.segment(text)) out += unsafe.test(segment) ? sanitizeCluster(segment) : segment;
  return out;
}

function sanitizeCluster(cluster: string): string {
  if (cluster === '\r\n') return '␍␊';
  const code = cluster.codePointAt(0)!;
  const first = String.fromCodePoint(code);
  if (code === 9) return '  ';
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return '␡';
  if (code < 0xa0) return '·';
  if (code >= 0xd800 && code <= 0xdfff) return '\ufffd';
  if (hiding.test(first) || code === 0xfe0e || code === 0xfe0f) return '·';
  if (code >= 0x1f1e6 && code <= 0x1f1ff) return '⚑';
  return first;
}

/** Splits into rows of at most `width` cells. One pass: values may be half a megabyte. */
export function wrap(text: string, width: number): string[] {
  if (width <= 0) return [];
  if (text === '') return [''];
  const rows: string[] = [];
  if (singleCells.test(text)) {
    for (let start = 0; start < text.length; start += width) rows.push(text.slice(start, start + width));
    return rows;
  }
  let start = 0;
  let used = 0;
  for (const { segment, index } of segmenter.segment(text)) {
    const cells = cellWidth(segment);
    if (used + cells > width && index > start) {
      rows.push(text.slice(start, index));
      start = index;
      used = 0;
    }
    used += cells;
  }
  rows.push(text.slice(start));
  return rows;
}
