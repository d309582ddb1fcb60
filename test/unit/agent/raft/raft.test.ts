import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../../../src/agent/raft/api.ts';
import { NothingToSnapshot, NotLeader, ShuttingDown } from '../../../../src/agent/raft/errors.ts';
import { parsePeers } from '../../../../src/agent/raft/recovery.ts';
import { Bench, bytes, peer, self, WordFsm } from './bench.ts';

describe('a raft server alone', () => {
  it('leads as soon as its first writes are on disk, and says so in its log', async () => {
    const bench = new Bench();
    const raft = await bench.start();
    const seen: boolean[] = [];
    raft.onLeadership(({ isLeader }) => seen.push(isLeader));
    await bench.settle(bench.world.sleep(1));
    expect(seen).toEqual([true]);
    expect(bench.world.nowMs).toBe(1);
    expect(raft.leadership).toEqual({ leader: self, isLeader: true });
    expect(raft.hasLease()).toBe(true);
    await raft.verifyLeader();
    expect(bench.log).toEqual([
      'initial configuration index=1 servers=[{Suffrage:Voter ID:node-1 Address:127.0.0.1:8300}]',
      'entering follower state follower=Node at 127.0.0.1:8300 [Follower] leader=',
      'heartbeat timeout reached, starting election last-leader=',
      'entering candidate state node=Node at 127.0.0.1:8300 [Candidate] term=2',
      'votes needed=1',
      'vote granted from=node-1 term=2 tally=1',
      'election won tally=1',
      'entering leader state leader=Node at 127.0.0.1:8300 [Leader]',
    ]);
    expect(raft.stats()).toMatchObject({ role: 'leader', term: 2, lastLogIndex: 2, commitIndex: 2, appliedIndex: 2 });
  });

  it('gives every proposer its index and its result, errors of the state machine as values', async () => {
    const bench = new Bench();
    const raft = await bench.leader();
    const decoded = { any: 'thing' };
    const outcomes = Promise.all([
      raft.propose(bytes('a'), decoded),
      raft.propose(bytes('fail')),
      raft.propose(bytes('b')),
    ]);
    expect(await bench.settle(outcomes)).toEqual([
      { index: 4, result: 'a!' },
      { index: 5, result: new Error('no such word') },
      { index: 6, result: 'b!' },
    ]);
    expect(bench.fsm.decoded[0]).toBe(decoded);
    expect(bench.store.read(4, 4)[0]!.decoded).toBeUndefined();
  });

  it('makes one append and one batch of all proposals of a turn', async () => {
    const bench = new Bench();
    const raft = await bench.leader();
    bench.store.writes = [];
    await bench.settle(Promise.all(Array.from({ length: 50 }, (_, i) => raft.propose(bytes(`w${i}`)))));
    expect(bench.store.writes).toEqual([50]);
    expect(bench.fsm.batches).toEqual([50]);
    expect(bench.fsm.words).toEqual(Array.from({ length: 50 }, (_, i) => `w${i}`));
  });

  it('refuses proposals before it leads', async () => {
    const bench = new Bench();
    const raft = await bench.start();
    expect(raft.hasLease()).toBe(false);
    await expect(raft.propose(bytes('early'))).rejects.toThrow(NotLeader);
  });

  it('rejects what the disk would not take, keeps leading, and goes on when there is space', async () => {
    const bench = new Bench();
    const raft = await bench.leader();
    bench.store.failing = true;
    const refused = Promise.allSettled([raft.propose(bytes('lost')), raft.propose(bytes('too'))]);
    for (const outcome of await bench.settle(refused)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'StorageFailed', code: 'ENOSPC' } });
    }
    expect(raft.leadership.isLeader).toBe(true);
    bench.store.failing = false;
    expect(await bench.settle(raft.propose(bytes('kept')))).toEqual({ index: 4, result: 'kept!' });
    expect(bench.fsm.words).toEqual(['kept']);
    expect(bench.log).toContain('failed to commit logs error=failed to write: no space left');
  });

  it('takes a snapshot, cuts the log, and starts again from both', async () => {
    const bench = new Bench();
    let raft = await bench.leader(2);
    await expect(bench.settle(raft.takeSnapshot())).resolves.toMatchObject({ index: 3 });
    for (const word of ['a', 'b', 'c', 'd']) await bench.settle(raft.propose(bytes(word)));
    const meta = await bench.settle(raft.takeSnapshot());
    expect(meta).toMatchObject({ index: 7, term: 2, configurationIndex: 1 });
    expect(await bench.settle(raft.takeSnapshot())).toEqual(meta);
    expect(bench.store.firstIndex).toBe(6);
    expect(bench.log).toContain('compacting logs from=2 to=5');
    await bench.settle(raft.propose(bytes('e')));
    await bench.settle(raft.stop());

    bench.fsm = new WordFsm();
    raft = await bench.leader(2);
    expect(bench.fsm.words).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(bench.log).toContain(`restored from snapshot id=${meta.id}`);
    expect(raft.stats()).toMatchObject({ term: 3, lastSnapshotIndex: 7, lastSnapshotTerm: 2, configurationIndex: 1 });
  });

  it('takes snapshots by itself once enough was written', async () => {
    const bench = new Bench();
    const raft = await bench.leader();
    await bench.settle(Promise.all(Array.from({ length: 20 }, (_, i) => raft.propose(bytes(`w${i}`)))));
    await bench.settle(bench.world.sleep(59_000));
    expect(raft.stats().lastSnapshotIndex).toBe(23);
  });

  it('has nothing to snapshot before anything was applied', async () => {
    const bench = new Bench();
    const raft = await bench.start();
    await expect(raft.takeSnapshot()).rejects.toThrow(NothingToSnapshot);
  });

  it('says no at once to what its disk does not take, and yes when it is asked again', async () => {
    const bench = new Bench();
    const said: string[] = [];
    bench.other = (message) => {
      if (message.kind === 'voteResult') said.push(`vote ${message.granted}`);
      if (message.kind === 'appendResult') said.push(`append ${message.success}, retry ${message.noRetryBackoff}`);
    };
    const raft = await bench.start();
    const [from, to] = [peer, self];
    const vote = (): void => {
      const request = { kind: 'requestVote', term: 5, leadershipTransfer: false, preVote: false } as const;
      raft.receive({ ...request, from, to, lastLogIndex: 9, lastLogTerm: 4 });
    };
    const append = (): void => {
      const request = { kind: 'appendEntries', term: 5, prevIndex: 1, prevTerm: 1, commitIndex: 0 } as const;
      const entries: LogEntry[] = [{ index: 2, term: 5, type: 0, data: bytes('a'), extensions: null, appendedAtMs: 0 }];
      const echo = { term: 0, round: 0, sentMs: 0, prevIndex: 1, lastIndex: 2 };
      raft.receive({ ...request, from, to, entries, echo });
    };
    await bench.settle(bench.world.sleep(300));
    bench.store.failing = true;
    vote();
    await bench.settle(bench.world.sleep(10));
    // Term and vote are not tried again at once.
    vote();
    await bench.settle(bench.world.sleep(10));
    expect(said.splice(0)).toEqual(['vote false', 'vote false']);
    append();
    await bench.settle(bench.world.sleep(10));
    expect(said.splice(0)).toEqual(['append false, retry false']);
    bench.store.failing = false;
    append();
    await bench.settle(bench.world.sleep(10));
    expect(said).toEqual(['append true, retry false']);
  });

  it('is recovered by hand: the state stays, the configuration is the one that was named', async () => {
    const bench = new Bench();
    let raft = await bench.leader();
    for (const word of ['a', 'b']) await bench.settle(raft.propose(bytes(word)));
    await bench.settle(raft.stop());

    let done = 0;
    const configuration = parsePeers(
      'peers.json',
      `[{"id": "node-1", "address": "127.0.0.1:8300"}, {"id": "node-2", "address": "127.0.0.2:8300", "non_voter": true}]`,
    );
    bench.recovery = {
      configuration,
      done: async () => {
        done += 1;
      },
    };
    bench.fsm = new WordFsm();
    raft = await bench.leader();
    expect(done).toBe(1);
    expect(bench.fsm.words).toEqual(['a', 'b']);
    expect(raft.stats()).toMatchObject({ configuration, configurationIndex: 5, lastSnapshotIndex: 5 });
    expect(await bench.settle(raft.propose(bytes('c')))).toMatchObject({ result: 'c!' });
  });

  it.each([
    ['garbage', /peers\.json is corrupt/],
    ['{}', /no list of servers/],
    ['[1]', /server 1 is no object/],
    ['["127.0.0.1:8300"]', /server 1 is an address alone, as of Raft protocol 2/],
    ['[{"id": "a"}]', /server 1 has no id or no address/],
    ['[{"id": "a", "address": "b", "non_voter": 1}]', /neither true nor false/],
    ['[{"id": "a", "address": "b", "non_voter": true}]', /need at least one voter/],
    ['[{"id": "a", "address": "b"}, {"id": "a", "address": "c"}]', /duplicate ID/],
  ])('refuses to be recovered by %s', (text, message) => {
    expect(() => parsePeers('peers.json', text)).toThrow(message);
  });

  it('stops for good when the state machine throws', async () => {
    const bench = new Bench();
    const raft = await bench.leader();
    await expect(bench.settle(raft.propose(bytes('throw')))).rejects.toThrow(ShuttingDown);
    expect(bench.fatal?.message).toBe('the machine is broken');
    expect(raft.stats().role).toBe('shutdown');
    expect(raft.hasLease()).toBe(false);
    await expect(raft.propose(bytes('x'))).rejects.toThrow(ShuttingDown);
    await bench.settle(raft.stop());
  });

  it('ends what waits when it is stopped, and leaves no timer behind', async () => {
    const bench = new Bench();
    const raft = await bench.leader();
    const waiting = raft.propose(bytes('late'));
    const stopped = raft.stop();
    await expect(bench.settle(waiting)).rejects.toThrow(ShuttingDown);
    await bench.settle(stopped);
    await raft.stop();
    expect(raft.leadership).toEqual({ leader: null, isLeader: false });
    const endMs = bench.world.nowMs;
    await bench.world.run(() => false, Number.POSITIVE_INFINITY);
    expect(bench.world.nowMs - endMs).toBeLessThan(1);
  });
});
