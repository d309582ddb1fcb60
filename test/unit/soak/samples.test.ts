import { expect, it } from 'vitest';
import { isGrowing, type Sample, slopePerHour } from '../../soak/samples.ts';

/** One every ten seconds. */
const samples = (count: number, rssMiB: (i: number) => number): Sample[] =>
  Array.from({ length: count }, (_, i) => ({
    ...{ atMs: 10_000 * i, rssMiB: rssMiB(i), heapMiB: 40, files: 50, handles: 100, dataMiB: 10, logMiB: 3 },
  }));

it('a slope is units an hour', () => {
  expect(
    slopePerHour(
      samples(60, (i) => 100 + i),
      'rssMiB',
    ),
  ).toBeCloseTo(360);
  expect(
    slopePerHour(
      samples(60, () => 100),
      'rssMiB',
    ),
  ).toBe(0);
});

it('growth is told from the noise of a short run', () => {
  const noise = (i: number): number => 100 + (i % 3) * 2;
  expect(isGrowing(samples(4, noise), 'rssMiB')).toBe(false);
  expect(isGrowing(samples(60, noise), 'rssMiB')).toBe(false);
  expect(
    isGrowing(
      samples(60, (i) => noise(i) + i / 4),
      'rssMiB',
    ),
  ).toBe(true);
  expect(
    isGrowing(
      samples(6, (i) => 100 + 10 * i),
      'rssMiB',
    ),
  ).toBe(true);
  expect(isGrowing([], 'rssMiB')).toBe(false);
});
