import { describe, expect, it } from 'vitest';
import { runCluster } from './cluster.ts';
import { campaign } from './kinds.ts';

describe('two to five cores under loss, partitions and crashes', () => {
  it('keep the properties of the Raft paper, and recover', async () => {
    const { failures, sometimes } = await campaign('cores', 1, 200);
    expect(failures).toEqual([]);
    for (const situation of [
      'leader crashed',
      'crash during a disk write',
      'log suffix truncated',
      'snapshot installed',
      'leadership transfer',
      'leader stepped down for want of contact',
      'read by lease',
      'read confirmed',
      'configuration change: removeServer',
      'disk write failed',
      'crashed leader noticed by its closed port',
      'living leader taken for gone',
    ]) {
      expect(sometimes.get(situation) ?? 0, situation).toBeGreaterThan(0);
    }
  });

  it('do exactly the same twice from the same seed', () => {
    for (const seed of [1, 2, 3]) expect(runCluster(seed, 3).traceHash).toBe(runCluster(seed, 3).traceHash);
    expect(runCluster(1, 3).traceHash).not.toBe(runCluster(2, 3).traceHash);
  });
});
