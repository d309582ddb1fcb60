import { describe, expect, it } from 'vitest';
import { campaign } from './kinds.ts';
import { runSingle } from './single.ts';

describe('a single server on a bad disk', () => {
  it('never loses, tears or reorders what it acknowledged, over 100 seeds', async () => {
    const { failures, acknowledged, sometimes } = await campaign('single', 1, 100);
    expect(failures).toEqual([]);
    expect(acknowledged).toBeGreaterThan(10_000);
    // A campaign that never got into trouble proves nothing.
    for (const situation of [
      'crash during append, before it took effect',
      'crash during append, after it took effect',
      'crash during snapshot rename, after it took effect',
      'disk full during append',
      'operator restored a snapshot',
      'restart from snapshot and log',
    ]) {
      expect(sometimes.get(situation) ?? 0, situation).toBeGreaterThan(0);
    }
  });

  it('keeps its promises with the real store, too', async () => {
    const { failures } = await campaign('store', 1, 20);
    expect(failures).toEqual([]);
  });

  it('does exactly the same twice from the same seed', async () => {
    for (const seed of [3, 12, 98]) {
      const first = await runSingle(seed);
      const second = await runSingle(seed);
      expect(second.traceHash).toBe(first.traceHash);
    }
    expect((await runSingle(3)).traceHash).not.toBe((await runSingle(4)).traceHash);
  });
});
