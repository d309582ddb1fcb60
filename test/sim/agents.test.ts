import { describe, expect, it } from 'vitest';
import { runAgents } from './agents/run.ts';
import { campaign } from './kinds.ts';

describe('whole agents, servers and clients, on a bad network', () => {
  it('lose nothing, agree in the end who is there, and leave nothing behind', async () => {
    const { failures, sometimes } = await campaign('agents', 1, 25);
    expect(failures).toEqual([]);
    for (const situation of [
      'leader crashed',
      'client agent crashed',
      'follower left',
      'client agent left',
      'leader paused',
      'machine without power',
      'came back with another address',
      'failed member was made to leave',
      'link clogged',
      'packet lost',
      'connection refused',
      'more than one leader in a run',
      'state restored from a snapshot',
      'session found ended',
      'more servers than expected',
      'blocking query saw a change',
      'write of unknown outcome',
    ]) {
      expect(sometimes.get(situation) ?? 0, situation).toBeGreaterThan(0);
    }
  });

  it('see a living member that an operator made to leave as alive again', async () => {
    expect((await runAgents(200_733)).error).toBeNull();
  });

  it('are one cluster, also when servers begin with different ones', async () => {
    expect((await runAgents(1_000_418)).error).toBeNull();
  });

  it('do exactly the same twice from the same seed', async () => {
    for (const seed of [3, 8]) expect((await runAgents(seed)).traceHash).toBe((await runAgents(seed)).traceHash);
    expect((await runAgents(3)).traceHash).not.toBe((await runAgents(8)).traceHash);
  });
});
