/**
 * A curve with axes, in braille: two samples a cell from left to right, four steps a cell from bottom to top, joined by
 * vertical strokes. Values stand at the left, ages below.
 */
import { cellWidth, type Line, pad, span, type Tone } from '../text.ts';
import { niceTop } from './chart.ts';

export interface LineChartOptions {
  readonly width: number;
  readonly height: number;
  readonly tone: Tone;
  /** A value with its unit. */
  readonly show: (value: number) => string;
  /** Of a distance of samples: `2m 30s`. */
  readonly showAge: (samples: number) => string;
}

/** Bits of the left and the right column of a braille cell, from the lowest dot up. */
const columns = [
  [0x40, 0x04, 0x02, 0x01],
  [0x80, 0x20, 0x10, 0x08],
] as const;

export interface Scale {
  readonly bottom: number;
  readonly top: number;
}

/** From zero, unless the values move far away from it: then around them. */
export function scaleOf(samples: readonly number[]): Scale {
  if (samples.length === 0) return { bottom: 0, top: 1 };
  const [low, high] = [Math.min(...samples), Math.max(...samples)];
  if (low < 0) return { bottom: -niceTop(-low), top: Math.max(niceTop(Math.max(high, 0)), 0) };
  const spread = high - low;
  if (spread > 0 && spread < high / 5) return { bottom: Math.max(0, low - spread * 0.5), top: high + spread * 0.5 };
  return { bottom: 0, top: niceTop(high) };
}

export function lineChart(samples: readonly number[], options: LineChartOptions): Line[] {
  const { width, height, tone, show, showAge } = options;
  const plotHeight = height - 2;
  if (plotHeight < 1 || width < 16) return [];
  const labelled = (scale: Scale) =>
    Math.max(...[scale.top, (scale.top + scale.bottom) / 2, scale.bottom].map((value) => cellWidth(show(value))));
  const margin = labelled(scaleOf(samples)) + 2;
  const plotWidth = Math.max(1, width - margin);
  const shown = samples.slice(-plotWidth * 2);
  const scale = scaleOf(shown);
  const dots = plot(shown, scale, plotWidth, plotHeight);
  const labels = new Map([
    [0, scale.top],
    [Math.floor((plotHeight - 1) / 2), (scale.top + scale.bottom) / 2],
    [plotHeight - 1, scale.bottom],
  ]);
  const rows = dots.map((text, row): Line => {
    const value = labels.get(row);
    return [
      span(pad(value === undefined ? '' : show(value), margin - 2, 'right'), 'muted'),
      span(value === undefined ? ' │' : ' ┤', 'border'),
      span(text, tone),
    ];
  });
  const axis: Line = [span(`${' '.repeat(margin - 1)}└${'─'.repeat(plotWidth)}`, 'border')];
  const [start, now] = [showAge(plotWidth * 2), 'now'];
  const between = ' '.repeat(Math.max(1, plotWidth - cellWidth(start) - now.length));
  return [...rows, axis, [span(`${' '.repeat(margin)}${start}${between}${now}`, 'muted')]];
}

function plot(samples: readonly number[], { bottom, top }: Scale, width: number, height: number): string[] {
  const steps = height * 4;
  const cells = Array.from({ length: height }, () => new Uint8Array(width));
  const first = width * 2 - samples.length;
  const levelOf = (value: number): number =>
    Math.max(0, Math.min(steps - 1, Math.round(((value - bottom) / (top - bottom || 1)) * (steps - 1))));
  let before: number | undefined;
  for (const [index, value] of samples.entries()) {
    const level = levelOf(value);
    const [from, to] = [Math.min(before ?? level, level), Math.max(before ?? level, level)];
    // The stroke that joins two samples stands in the column of the later one; its own end is not drawn twice.
    for (let dot = from; dot <= to; dot++) {
      if (before !== undefined && dot === before && from !== to) continue;
      const column = first + index;
      cells[height - 1 - Math.floor(dot / 4)]![column >> 1]! |= columns[column & 1]![dot % 4]!;
    }
    before = level;
  }
  return cells.map((row) =>
    Array.from(row, (bits) => (bits === 0 ? ' ' : String.fromCharCode(0x2800 + bits))).join(''),
  );
}
