import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineChart, scaleOf } from '../../../src/tui/components/line-chart.ts';
import { lineWidth, plainText } from '../../../src/tui/text.ts';

const options = {
  tone: 'accent',
  show: (value: number) => `${value} ms`,
  showAge: (count: number) => `-${count}s`,
} as const;

describe('a curve with axes', () => {
  it('has values at the left and ages below', () => {
    const lines = lineChart([0, 5, 10], { ...options, width: 24, height: 6 }).map(plainText);
    expect(lines).toEqual(
      [
        '10 ms ┤               ⢠⠇',
        ' 5 ms ┤               ⡜ ',
        '      │              ⢀⠇ ',
        ' 0 ms ┤              ⠸  ',
        '      └────────────────',
        '       -32s         now',
      ].map((line) => expect.stringContaining(line.slice(0, 7))),
    );
  });

  it('begins at zero, unless all values are far from it', () => {
    expect(scaleOf([1, 7])).toEqual({ bottom: 0, top: 10 });
    expect(scaleOf([100, 110])).toEqual({ bottom: 95, top: 115 });
    expect(scaleOf([])).toEqual({ bottom: 0, top: 1 });
    expect(scaleOf([-3, 4])).toEqual({ bottom: -5, top: 5 });
  });

  it('has exactly its size for any samples', () => {
    const samples = fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { maxLength: 200 });
    fc.assert(
      fc.property(
        samples,
        fc.integer({ min: 40, max: 120 }),
        fc.integer({ min: 3, max: 20 }),
        (values, width, height) => {
          const lines = lineChart(values, { ...options, show: (value) => value.toExponential(1), width, height });
          expect(lines).toHaveLength(height);
          for (const line of lines) expect(lineWidth(line)).toBe(width);
        },
      ),
    );
  });
});
