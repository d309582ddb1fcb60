import { describe, expect, it } from 'vitest';
import { AppliedWaiters } from '../../../../src/agent/raft/applied-waiters.ts';
import { AskTheLeader, ReadIndex } from '../../../../src/agent/server/reads/read-index.ts';
import { manualRuntime } from './manual-runtime.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function follower(appliedIndex = 5) {
  const waiters = new AppliedWaiters();
  const { clock, advance, pending } = manualRuntime();
  const asked: { verified: boolean; answer: (index: number) => void; fail: (error: Error) => void }[] = [];
  let applied = appliedIndex;
  const reads = new ReadIndex({
    clock,
    ask: (verified, signal) =>
      new Promise((answer, fail) => {
        signal.addEventListener('abort', () => fail(signal.reason));
        asked.push({ verified, answer, fail });
      }),
    raft: {
      get commitIndex() {
        return applied;
      },
      whenApplied: (index) => (index <= applied ? Promise.resolve() : waiters.add(index)),
    },
  });
  const apply = (index: number): void => {
    applied = index;
    waiters.advance(index);
  };
  const done: string[] = [];
  const read = (name: string, verified = false): void => {
    reads.confirm(verified).then(
      () => done.push(name),
      (error) => done.push(`${name} ${error.name}`),
    );
  };
  return { reads, asked, apply, done, read, advance, pending };
}

describe('reads by the leader’s commit index', () => {
  it('wait until this server has applied what the leader had committed', async () => {
    const { asked, apply, done, read } = follower(5);
    read('a');
    asked[0]!.answer(7);
    await turn();
    expect(done).toEqual([]);
    apply(6);
    await turn();
    expect(done).toEqual([]);
    apply(7);
    await turn();
    expect(done).toEqual(['a']);
  });

  it('share one question, but never one that was put before they came', async () => {
    const { asked, done, read } = follower(5);
    for (const name of ['a', 'b', 'c']) read(name);
    expect(asked).toHaveLength(1);
    asked[0]!.answer(5);
    await turn();
    expect(done).toEqual(['a']);
    expect(asked).toHaveLength(2);
    read('d');
    asked[1]!.answer(5);
    await turn();
    expect(done).toEqual(['a', 'b', 'c']);
    asked[2]!.answer(5);
    await turn();
    expect(done).toEqual(['a', 'b', 'c', 'd']);
    expect(asked).toHaveLength(3);
  });

  it('ask apart for what needs a quorum’s word', async () => {
    const { asked, read } = follower();
    read('a');
    read('b', true);
    expect(asked.map(({ verified }) => verified)).toEqual([false, true]);
  });

  it('are the leader’s to answer when it is silent, another one, or far ahead', async () => {
    const { reads, asked, done, read } = follower(5);
    read('a');
    asked[0]!.fail(new Error('EOF'));
    await turn();
    read('b');
    reads.interrupt();
    await turn();
    read('c');
    asked[2]!.answer(1_000_000);
    await turn();
    expect(done).toEqual(['a Error', `b ${AskTheLeader.name}`, `c ${AskTheLeader.name}`]);
    read('d');
    asked[3]!.answer(5);
    await turn();
    expect(done.at(-1)).toBe('d');
  });
});

describe('a read whose entries do not come', () => {
  it('is the leader’s to answer before long', async () => {
    const { asked, done, read, advance, apply, pending } = follower(5);
    read('a');
    asked[0]!.answer(7);
    await turn();
    advance(999);
    await turn();
    expect(done).toEqual([]);
    advance(1);
    await turn();
    expect(done).toEqual([`a ${AskTheLeader.name}`]);
    apply(7);
    read('b');
    asked[1]!.answer(7);
    await turn();
    expect(done.at(-1)).toBe('b');
    expect(pending()).toBe(0);
  });
});

describe('waiting for an entry to be applied', () => {
  it('ends in order of the entries, and for all when the server stops', async () => {
    const waiters = new AppliedWaiters();
    const done: number[] = [];
    for (const index of [9, 7, 8, 7, 12])
      waiters.add(index).then(
        () => done.push(index),
        (error) => done.push(error.message),
      );
    waiters.advance(8);
    await turn();
    expect(done).toEqual([7, 7, 8]);
    waiters.advance(11);
    waiters.rejectAll(() => new Error('stopped'));
    await turn();
    expect(done).toEqual([7, 7, 8, 9, 'stopped']);
  });
});
