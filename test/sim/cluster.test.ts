import { describe, expect, it } from 'vitest';
import { runCluster } from './cluster.ts';

function campaign(servers: number, seeds: number): Map<string, number> {
  const sometimes = new Map<string, number>();
  const failures: string[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const result = runCluster(seed, servers);
    const replay = `npm run sim -- -servers=${servers} -seed=${seed} -trace`;
    if (result.error) failures.push(`${result.error.message} (${replay})`);
    for (const [situation, times] of result.sometimes) {
      sometimes.set(situation, (sometimes.get(situation) ?? 0) + times);
    }
  }
  expect(failures).toEqual([]);
  return sometimes;
}

describe('a cluster of cores under loss, partitions and crashes', () => {
  it('keeps the properties of the Raft paper with three servers, and recovers', () => {
    const sometimes = campaign(3, 80);
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

  it('keeps them with five servers', () => {
    campaign(5, 50);
  });

  it('keeps them with two and with four, where half is no majority', () => {
    campaign(2, 30);
    campaign(4, 30);
  });

  it('does exactly the same twice from the same seed', () => {
    for (const seed of [1, 2, 3]) expect(runCluster(seed, 3).traceHash).toBe(runCluster(seed, 3).traceHash);
    expect(runCluster(1, 3).traceHash).not.toBe(runCluster(2, 3).traceHash);
  });
});
