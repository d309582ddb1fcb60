import { describe, expect, it } from 'vitest';
import { runFederation } from './federation/run.ts';
import { campaign } from './kinds.ts';

describe('two datacenters of whole agents on a bad network', () => {
  it('change their gossip keys, hear of events once, and find each other again', async () => {
    const { failures, sometimes } = await campaign('federation', 1, 40);
    expect(failures).toEqual([]);
    for (const situation of [
      'gossip key changed everywhere',
      'not everybody could install a key',
      'not everybody could use a key',
      'event heard of',
      'leader crashed',
      'client agent crashed',
      'leader left',
      'came back with another address',
      'machine without power',
      'write into a datacenter not acknowledged',
    ]) {
      expect(sometimes.get(situation) ?? 0, situation).toBeGreaterThan(0);
    }
  });

  it('find a server again that came back with another address while its only friend slept', async () => {
    expect((await runFederation(200_712)).error).toBeNull();
  });

  it('keep no connection with a machine that is gone', async () => {
    expect((await runFederation(800_459)).error).toBeNull();
  });

  it('do all of a key operation at once: nothing of it comes after the next one', async () => {
    expect((await runFederation(1_101_060)).error).toBeNull();
  });

  it('do exactly the same twice from the same seed', async () => {
    for (const seed of [3, 8]) {
      expect((await runFederation(seed)).traceHash).toBe((await runFederation(seed)).traceHash);
    }
    expect((await runFederation(3)).traceHash).not.toBe((await runFederation(8)).traceHash);
  });
});
