import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distanceMs, roundTrips } from '../../../../src/tui/models/coordinates.ts';
import { project } from '../../../../src/tui/models/projection.ts';

const spread = (points: readonly { x: number; y: number }[], axis: 'x' | 'y') =>
  points.reduce((sum, point) => sum + point[axis] ** 2, 0);

describe('points on a plane', () => {
  it('keep the distances of what was on a plane already', () => {
    const corners = [
      [0, 0, 5],
      [4, 0, 5],
      [4, 3, 5],
      [0, 3, 5],
    ];
    const points = project(corners);
    const distance = (a: number, b: number) => Math.hypot(points[a]!.x - points[b]!.x, points[a]!.y - points[b]!.y);
    expect(distance(0, 1)).toBeCloseTo(4, 3);
    expect(distance(1, 2)).toBeCloseTo(3, 3);
    expect(distance(0, 2)).toBeCloseTo(5, 3);
  });

  it('lie around the origin, spread more along x than along y, for any vectors', () => {
    const vector = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(vector, { minLength: 1, maxLength: 30 }), (vectors) => {
        const points = project(vectors);
        expect(points).toHaveLength(vectors.length);
        for (const { x, y } of points) expect(Number.isFinite(x) && Number.isFinite(y)).toBe(true);
        expect(Math.abs(points.reduce((sum, { x }) => sum + x, 0))).toBeLessThan(1e-6 * 100 * vectors.length + 1e-6);
        expect(spread(points, 'x') * 1.2 + 1e-6).toBeGreaterThanOrEqual(spread(points, 'y'));
      }),
    );
  });

  it('are none where there is nothing', () => {
    expect(project([])).toEqual([]);
  });
});

describe('round trips', () => {
  const at = (Vec: number[], Height = 0, Adjustment = 0) => ({ Vec, Height, Adjustment, Error: 0.1 });

  it('are the distance, both heights, and both adjustments unless these make it negative', () => {
    expect(distanceMs(at([0.003, 0]), at([0, 0.004]))).toBeCloseTo(5);
    expect(distanceMs(at([0], 0.001), at([0], 0.002))).toBeCloseTo(3);
    expect(distanceMs(at([0], 0.001, 0.001), at([0], 0.002, 0.002))).toBeCloseTo(6);
    expect(distanceMs(at([0], 0.001, -1), at([0], 0.002, -1))).toBeCloseTo(3);
  });

  it('are not known for oneself, nor for who has no coordinate', () => {
    const trip = roundTrips(
      [
        { Node: 'a', Segment: '', Coord: at([0]) },
        { Node: 'b', Segment: '', Coord: at([0.002]) },
      ],
      'a',
    );
    expect([trip('a'), trip('b'), trip('c')]).toEqual([undefined, 2, undefined]);
  });
});
