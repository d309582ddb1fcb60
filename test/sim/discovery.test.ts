import { describe, expect, it } from 'vitest';
import { runDiscovery } from './discovery.ts';
import { campaign } from './kinds.ts';

describe('the catalog', () => {
  it('says what the agents say once the faults have stopped, over 20 seeds', async () => {
    const { failures, acknowledged, sometimes } = await campaign('discovery', 1, 20);
    expect(failures).toEqual([]);
    expect(acknowledged).toBeGreaterThan(1_000);
    for (const situation of [
      'call lost',
      'answer lost',
      'agent crashed',
      'agent cut off',
      'whole node taken out of the catalog',
      'foreign registration in the catalog',
    ]) {
      expect(sometimes.get(situation) ?? 0, situation).toBeGreaterThan(0);
    }
  });

  it('comes about in exactly the same way twice from the same seed', async () => {
    const first = await runDiscovery(7);
    expect((await runDiscovery(7)).traceHash).toBe(first.traceHash);
    expect((await runDiscovery(8)).traceHash).not.toBe(first.traceHash);
  });
});
