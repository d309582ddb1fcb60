import { describe, expect, it } from 'vitest';
import { entryTypes } from '../../../../src/agent/raft/api.ts';
import { EnqueueTimeout, LeadershipLost, StorageFailed } from '../../../../src/agent/raft/errors.ts';
import { enqueueTimeoutMs, Proposals } from '../../../../src/agent/raft/proposals.ts';

const outcomeOf = (promise: Promise<unknown>): { now: unknown } => {
  const seen: { now: unknown } = { now: 'open' };
  promise.then(
    (value) => {
      seen.now = value;
    },
    (error) => {
      seen.now = error;
    },
  );
  return seen;
};
const settle = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await Promise.resolve();
};

const propose = (proposals: Proposals, bytes = 1, nowMs = 0) =>
  outcomeOf(proposals.enqueue(entryTypes.command, new Uint8Array(bytes), undefined, nowMs));

describe('proposals', () => {
  it('are taken together and resolved by the index they got', async () => {
    const proposals = new Proposals();
    const outcomes = [propose(proposals), propose(proposals), propose(proposals)];
    const batch = proposals.take(0);
    expect([batch.length, proposals.waitingCount]).toEqual([3, 0]);
    proposals.appended(batch, 7);
    proposals.applied(6, 'of somebody else');
    proposals.applied(7, 'first');
    proposals.applied(8, 'second');
    await settle();
    expect(outcomes.map(({ now }) => now)).toEqual([
      { index: 7, result: 'first' },
      { index: 8, result: 'second' },
      'open',
    ]);
    expect(proposals.inLogCount).toBe(1);
  });

  it('leave the rest for the next batch when they are many or large', () => {
    const proposals = new Proposals();
    for (let i = 0; i < 1500; i++) propose(proposals);
    expect(proposals.take(0).length).toBe(1024);
    expect(proposals.take(0).length).toBe(476);
    for (let i = 0; i < 3; i++) propose(proposals, 3 << 20);
    expect(proposals.take(0).length).toBe(1);
    expect(proposals.take(0).length).toBe(1);
  });

  it('are turned away after waiting for thirty seconds', async () => {
    const proposals = new Proposals();
    const early = propose(proposals, 1, 0);
    const late = propose(proposals, 1, 10);
    expect(proposals.take(enqueueTimeoutMs).length).toBe(1);
    await settle();
    expect(early.now).toBeInstanceOf(EnqueueTimeout);
    expect(late.now).toBe('open');
  });

  it('are turned away at once when too many wait', async () => {
    const proposals = new Proposals();
    for (let i = 0; i < 65_536; i++) propose(proposals);
    const last = propose(proposals);
    await settle();
    expect(last.now).toBeInstanceOf(EnqueueTimeout);
  });

  it('fail from an index on, and only those', async () => {
    const proposals = new Proposals();
    const outcomes = [propose(proposals), propose(proposals), propose(proposals)];
    proposals.appended(proposals.take(0), 5);
    proposals.applied(5, null);
    proposals.rejectFrom(7, () => new StorageFailed('x', new Error('full')));
    await settle();
    expect(outcomes.map(({ now }) => (now instanceof Error ? now.name : now))).toEqual([
      { index: 5, result: null },
      'open',
      'StorageFailed',
    ]);
    proposals.rejectInLog(() => new LeadershipLost());
    await settle();
    expect(outcomes[1]!.now).toBeInstanceOf(LeadershipLost);
    expect(proposals.inLogCount).toBe(0);
  });
});
