import { describe, expect, it } from 'vitest';
import { campaign } from './kinds.ts';
import { runServers } from './servers/run.ts';

describe('whole servers under loss, partitions, crashes, pauses and bad disks', () => {
  it('lose nothing that was acknowledged, answer as one place would, and recover', async () => {
    const { failures, sometimes } = await campaign('servers', 1, 100);
    expect(failures).toEqual([]);
    for (const situation of [
      'leader crashed',
      'leader paused',
      'living leader taken for gone',
      'member failed',
      'more than one leader in a run',
      'wall clock jumped',
      'connection given up as dead',
      'write of unknown outcome',
      'cas done',
      'cas refused',
      'lock taken',
      "follower reads by its leader's index",
      'lock held by another',
      'session found ended',
      'blocking query saw a change',
      'blocking query timed out',
      'consistent read',
      'default read',
      'snapshot taken',
      'state restored from a snapshot',
    ]) {
      expect(sometimes.get(situation) ?? 0, situation).toBeGreaterThan(0);
    }
  });

  it('do exactly the same twice from the same seed', async () => {
    for (const seed of [2, 5]) {
      expect((await runServers(seed)).traceHash).toBe((await runServers(seed)).traceHash);
    }
    expect((await runServers(2)).traceHash).not.toBe((await runServers(5)).traceHash);
  });
});
