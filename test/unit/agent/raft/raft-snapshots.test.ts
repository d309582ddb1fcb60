import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../../../src/agent/raft/api.ts';
import { AbortedByRestore, NotLeader, ShuttingDown, StorageFailed } from '../../../../src/agent/raft/errors.ts';
import { MemoryLogStore } from '../../../../src/agent/raft/log-store-memory.ts';
import { Bench, bytes, heldStream, peer, self, streamOf, voter, WordFsm } from './bench.ts';

describe('a snapshot from elsewhere', () => {
  it('replaces its state by an operator snapshot at an index after everything', async () => {
    const bench = new Bench();
    const raft = await bench.leader();
    await bench.settle(raft.propose(bytes('old')));
    const { about, stream } = await bench.settle(raft.openSnapshot());
    expect(about.index).toBe(4);
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('old');

    await bench.settle(raft.restoreSnapshot({ index: 100 }, streamOf('x y z')));
    expect(bench.fsm.words).toEqual(['x', 'y', 'z']);
    expect(raft.stats()).toMatchObject({
      lastLogIndex: 101,
      commitIndex: 101,
      appliedIndex: 101,
      lastSnapshotIndex: 101,
    });
    expect(await bench.settle(raft.propose(bytes('w')))).toEqual({ index: 102, result: 'w!' });
    await bench.settle(raft.restoreSnapshot({ index: 3 }, streamOf('again')));
    expect(raft.stats().lastLogIndex).toBe(103);
    await bench.settle(raft.stop());

    bench.fsm = new WordFsm();
    await bench.leader();
    expect(bench.fsm.words).toEqual(['again']);
  });

  it('keeps its state when the operator snapshot is bad', async () => {
    const bench = new Bench();
    const raft = await bench.leader();
    await bench.settle(raft.propose(bytes('kept')));
    await expect(bench.settle(raft.restoreSnapshot({ index: 9 }, streamOf('bad')))).rejects.toThrow('not a snapshot');
    expect(bench.snapshots.list()).toEqual([]);
    expect(await bench.settle(raft.propose(bytes('on')))).toEqual({ index: 5, result: 'on!' });
    expect(bench.fsm.words).toEqual(['kept', 'on']);
  });

  it('aborts what is in flight when the state is replaced', async () => {
    const bench = new Bench();
    const raft = await bench.leader();
    let release = (): void => {};
    const write = MemoryLogStore.prototype.write.bind(bench.store);
    bench.store.write = async (what) => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      await write(what);
    };
    const inFlight = raft.propose(bytes('torn'));
    await bench.settle(bench.world.sleep(1));
    const restored = raft.restoreSnapshot({ index: 1 }, streamOf('new'));
    await expect(bench.settle(inFlight)).rejects.toThrow(AbortedByRestore);
    release();
    await bench.settle(restored);
    expect(bench.fsm.words).toEqual(['new']);
  });

  it('changes no members and hands over nothing while its state is replaced', async () => {
    const bench = new Bench();
    const raft = await bench.leader();
    const [stream, go] = heldStream('new');
    const restored = raft.restoreSnapshot({ index: 1 }, stream);
    await bench.settle(bench.world.sleep(1));
    const change = raft.changeConfiguration({ kind: 'addNonvoter', ...peer });
    await expect(bench.settle(change)).rejects.toThrow('a snapshot is being restored');
    await expect(raft.transferLeadership('')).rejects.toThrow('a snapshot is being restored');
    go();
    await bench.settle(restored);
    expect(bench.fatal).toBeNull();
    expect(await bench.settle(raft.propose(bytes('on')))).toMatchObject({ result: 'on!' });
    await bench.settle(raft.changeConfiguration({ kind: 'addNonvoter', ...peer }));
  });

  describe('with another voter', () => {
    /** A leader whose other voter agrees to everything until it is told not to. */
    async function leading() {
      const bench = new Bench();
      const agrees = { log: true };
      bench.other = (message) => {
        const back = { from: message.to, to: message.from, term: 'term' in message ? message.term : 0 };
        bench.world.after(0.1, () => {
          if (message.kind === 'requestVote')
            raft.receive({
              ...back,
              kind: 'voteResult',
              granted: true,
              preVote: message.preVote,
              forTerm: message.term,
            });
          if (message.kind !== 'appendEntries' || (message.entries !== null && !agrees.log)) return;
          const { echo } = message;
          const result = { kind: 'appendResult', lastLogIndex: 0, success: true, noRetryBackoff: false } as const;
          raft.receive({ ...back, ...result, echo });
        });
      };
      const raft = await bench.start();
      await bench.settle(bench.world.sleep(3000));
      await bench.settle(raft.propose(bytes('before')));
      return { bench, raft, agrees };
    }

    it('applies nothing old behind a state that was replaced', async () => {
      const { bench, raft, agrees } = await leading();
      agrees.log = false;
      const late = raft.propose(bytes('late'));
      await bench.settle(bench.world.sleep(10));
      const reset = bench.store.reset.bind(bench.store);
      // The answer arrives when the state is the new one and the log still the old one.
      bench.store.reset = async (index) => {
        const { lastLogIndex, term } = raft.stats();
        const echo = {
          term,
          round: 0,
          sentMs: bench.world.nowMs,
          prevIndex: lastLogIndex - 1,
          lastIndex: lastLogIndex,
        };
        const result = { kind: 'appendResult', lastLogIndex, success: true, noRetryBackoff: false } as const;
        raft.receive({ ...result, from: peer, to: self, term, echo });
        await reset(index);
      };
      const restored = raft.restoreSnapshot({ index: 1 }, streamOf('new'));
      await expect(bench.settle(late)).rejects.toThrow(AbortedByRestore);
      await bench.settle(restored);
      expect(bench.fsm.words).toEqual(['new']);
    });

    it.each([
      ['while the snapshot comes in', false],
      ['while the state is replaced', true],
    ])('does not begin with a snapshot of its own when somebody else leads %s', async (_, inRestore) => {
      const { bench, raft } = await leading();
      const { term, lastLogIndex } = raft.stats();
      const succeed = (): void => {
        const heartbeat = { kind: 'appendEntries', prevIndex: 0, prevTerm: 0, entries: null, commitIndex: 0 } as const;
        const echo = { term: 0, round: 0, sentMs: 0, prevIndex: 0, lastIndex: 0 };
        raft.receive({ ...heartbeat, from: peer, to: self, term: term + 1, echo });
      };
      const [stream, go] = heldStream('new');
      const restored = raft.restoreSnapshot({ index: 1 }, stream);
      await bench.settle(bench.world.sleep(1));
      if (inRestore) {
        const restore = bench.fsm.restore.bind(bench.fsm);
        bench.fsm.restore = async (from) => {
          await restore(from);
          succeed();
        };
      } else succeed();
      go();
      await expect(bench.settle(restored)).rejects.toThrow(NotLeader);
      expect(bench.fatal !== null).toBe(inRestore);
      expect(bench.snapshots.list()).toEqual([]);
      expect(bench.store.lastIndex).toBe(lastLogIndex);
    });
  });

  it('keeps the snapshot it took over when it is stopped while the log goes', async () => {
    const bench = new Bench();
    bench.other = () => {};
    const raft = await bench.start();
    const reset = bench.store.reset.bind(bench.store);
    bench.store.reset = async (index) => {
      await reset(index);
      throw new StorageFailed('failed to truncate', new Error('no'));
    };
    const configuration = { servers: [voter(self), voter(peer)] };
    const received = raft.receiveSnapshot(
      {
        ...{ kind: 'installSnapshot', from: peer, to: self, term: 5, lastIndex: 9, lastTerm: 4 },
        ...{ configuration, configurationIndex: 1, echo: { term: 0, round: 0, sentMs: 0, prevIndex: 0, lastIndex: 9 } },
      },
      streamOf('kept'),
    );
    await bench.settle(bench.world.sleep(10));
    const stopped = raft.stop();
    await expect(bench.settle(received)).rejects.toThrow(ShuttingDown);
    await bench.settle(stopped);
    bench.store.reset = reset;
    bench.fsm = new WordFsm();
    const again = await bench.start();
    expect(bench.fsm.words).toEqual(['kept']);
    expect(again.stats()).toMatchObject({ lastLogIndex: 9, lastLogTerm: 4 });
  });

  it.each([
    ['takes over', 'new', ['new']],
    // What the log has is applied after all.
    ['cannot take over', 'bad', ['e1', 'e2']],
  ])('lets nothing of the log follow the state of a snapshot that it %s', async (_, text, words) => {
    const bench = new Bench();
    bench.other = () => {};
    const raft = await bench.start();
    const write = bench.store.write.bind(bench.store);
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    bench.store.write = async (what) => {
      await held;
      await write(what);
    };
    const echo = { term: 5, round: 0, sentMs: 0, prevIndex: 0, lastIndex: 2 };
    const append = { kind: 'appendEntries', from: peer, to: self, term: 5, prevIndex: 0, prevTerm: 0, echo } as const;
    const entries = [1, 2].map((index): LogEntry => {
      return { index, term: 5, type: 0, data: bytes(`e${index}`), extensions: null, appendedAtMs: 0 };
    });
    raft.receive({ ...append, entries, commitIndex: 2 });
    const restore = bench.fsm.restore.bind(bench.fsm);
    bench.fsm.restore = async (from) => {
      await restore(from).finally(release);
      await bench.world.sleep(5);
    };
    const snapshot = { kind: 'installSnapshot', lastIndex: 9, lastTerm: 5, configurationIndex: 1 } as const;
    const configuration = { servers: [voter(self), voter(peer)] };
    const received = raft.receiveSnapshot({ ...append, ...snapshot, configuration }, streamOf(text));
    await bench.settle(received);
    await bench.settle(bench.world.sleep(10));
    expect(bench.fsm.words).toEqual(words);
    expect(raft.stats().appliedIndex).toBe(text === 'bad' ? 2 : 9);
  });

  describe('a crash while a snapshot of the leader was taken over', () => {
    const install = async (bench: Bench, index: number, term: number): Promise<void> => {
      const configuration = { servers: [{ suffrage: 'voter', ...self }] } as const;
      const sink = await bench.snapshots.create({ index, term, configuration, configurationIndex: 1 });
      await sink.write(bytes('x y'));
      await sink.commit();
    };
    const entry = (index: number, term: number): LogEntry => ({
      ...{ index, term, type: 0, data: bytes(`e${index}`), extensions: null, appendedAtMs: 0 },
    });

    it('leaves no entries behind it that a leader which lost had sent', async () => {
      const bench = new Bench();
      const entries = [1, 2, 3, 4, 5].map((index) => entry(index, index < 3 ? 1 : 2));
      await bench.store.write({ hardState: { term: 3, votedFor: '' }, entries });
      await install(bench, 4, 3);
      const raft = await bench.start();
      expect(raft.stats()).toMatchObject({ lastLogIndex: 4, lastLogTerm: 3, lastSnapshotIndex: 4 });
      expect(bench.store.firstIndex).toBe(5);
    });

    it('keeps entries behind it that go on from it', async () => {
      const bench = new Bench();
      const entries = [1, 2, 3, 4, 5].map((index) => entry(index, index < 3 ? 1 : 2));
      await bench.store.write({ hardState: { term: 3, votedFor: '' }, entries });
      await install(bench, 4, 2);
      expect((await bench.start()).stats()).toMatchObject({ lastLogIndex: 5, lastLogTerm: 2 });
    });

    it('before the term was written does not keep it from starting', async () => {
      const bench = new Bench();
      await bench.store.write({ hardState: { term: 1, votedFor: 'a:1' }, entries: [entry(1, 1)] });
      await install(bench, 4, 3);
      const raft = await bench.start();
      expect(raft.stats()).toMatchObject({ term: 4, lastLogIndex: 4, lastLogTerm: 3 });
      await bench.settle(bench.world.sleep(100));
      expect(await bench.settle(raft.propose(bytes('z')))).toEqual({ index: 6, result: 'z!' });
      expect(bench.store.hardState.term).toBeGreaterThan(3);
    });
  });
});
