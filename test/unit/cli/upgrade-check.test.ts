import { expect, it } from 'vitest';
import { differences, isLoss, unknownTypes } from '../../../src/cli/upgrade-check.ts';

const stats = (types: Record<string, [count: number, sizeBytes: number]>) => ({
  types: Object.entries(types).map(([name, [count, sizeBytes]]) => ({ name, count, sizeBytes })),
  keys: [],
  totalBytes: 0,
  totalKeyBytes: 0,
});

it('what is written as it was read is no difference', () => {
  expect(differences(stats({ KVS: [2, 20] }), stats({ KVS: [2, 20] }))).toEqual([]);
});

it('fewer records are a loss, other bytes are not', () => {
  const before = stats({ KVS: [2, 20], Session: [1, 9], Index: [3, 30] });
  const after = stats({ KVS: [1, 10], Index: [3, 33], Register: [1, 5] });
  const found = differences(before, after);
  expect(found.map(({ Type, Before, After }) => [Type, Before, After])).toEqual([
    ['Index', 3, 3],
    ['KVS', 2, 1],
    ['Register', 0, 1],
    ['Session', 1, 0],
  ]);
  expect(found.filter(isLoss).map(({ Type }) => Type)).toEqual(['KVS', 'Session']);
});

it('names what only newer versions know', () => {
  expect(unknownTypes(stats({ KVS: [1, 1], 'Unknown (type 99)': [2, 2] }))).toEqual(['Unknown (type 99)']);
});
