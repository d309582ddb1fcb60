import { describe, expect, it } from 'vitest';
import { distanceSeconds } from '../../../src/lib/coordinate.ts';

const point = (x: number, Adjustment = 0) => ({ Vec: [x, 0], Error: 1, Adjustment, Height: 0.001 });

describe('network distance', () => {
  it('is the way between the points and their heights', () => {
    expect(distanceSeconds(point(0.1), point(0.3))).toBeCloseTo(0.202, 9);
  });

  it('is adjusted where that leaves something', () => {
    expect(distanceSeconds(point(0, 0.1), point(0.3))).toBeCloseTo(0.402, 9);
    expect(distanceSeconds(point(0, -1), point(0.3))).toBeCloseTo(0.302, 9);
  });

  it('is unknown without a coordinate, or between different spaces', () => {
    expect(distanceSeconds(null, point(1))).toBe(Number.POSITIVE_INFINITY);
    expect(distanceSeconds({ ...point(1), Vec: [1] }, point(1))).toBe(Number.POSITIVE_INFINITY);
  });
});
