/**
 * Curves in braille: each cell is two samples wide and four steps high, filled from below, newest at the right. Without
 * samples there is a quiet base line, so that an empty chart reads as "nothing yet" and not as a hole.
 */
import { type Line, type Span, span, type Tone } from '../text.ts';

/** Dots of the left and the right column of a braille cell, filled from below to 0..4. */
const left = [0x00, 0x40, 0x44, 0x46, 0x47] as const;
const right = [0x00, 0x80, 0xa0, 0xb0, 0xb8] as const;

export interface ChartOptions {
  readonly width: number;
  readonly height: number;
  readonly tone: Tone;
  /** Top of the scale; by default the highest sample shown, rounded up to a calm number. */
  readonly top?: number;
}

export function chart(samples: readonly number[], { width, height, tone, top }: ChartOptions): Line[] {
  if (width <= 0 || height <= 0) return [];
  const shown = samples.slice(-width * 2);
  const scale = top ?? niceTop(Math.max(0, ...shown));
  const steps = height * 4;
  const missing = width * 2 - shown.length;
  // A sample above nothing always shows one dot: little is not none.
  const level = (column: number): number => {
    if (column < missing) return 0;
    const value = shown[column - missing]!;
    return value <= 0 || scale <= 0 ? 1 : Math.max(1, Math.min(steps, Math.round((value / scale) * steps)));
  };
  return Array.from({ length: height }, (_, row) => {
    const base = (height - 1 - row) * 4;
    const line: Span[] = [];
    let quiet = '';
    let loud = '';
    for (let cell = 0; cell < width; cell++) {
      const l = clampStep(level(cell * 2) - base);
      const r = clampStep(level(cell * 2 + 1) - base);
      if (cell * 2 + 1 < missing) quiet += base === 0 ? '⣀' : ' ';
      else loud += l + r === 0 ? ' ' : String.fromCharCode(0x2800 + left[l]! + right[r]!);
    }
    if (quiet !== '') line.push(span(quiet, 'border'));
    if (loud !== '') line.push(span(loud, tone));
    return line;
  });
}

function clampStep(dots: number): number {
  return Math.max(0, Math.min(4, dots));
}

/** The smallest of 1, 2, 5 times a power of ten that is not below `value`: the scale does not flicker with every peak. */
export function niceTop(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 5, 10].find((step) => step * power >= value * 0.999) ?? 10;
  return factor * power;
}
