import { describe, expect, it } from 'vitest';
import type { Fsm, LogEntry } from '../../../../src/agent/raft/api.ts';
import type { Message } from '../../../../src/agent/raft/core/messages.ts';
import { timingsFor } from '../../../../src/agent/raft/core/timings.ts';
import {
  AbortedByRestore,
  NothingToSnapshot,
  NotLeader,
  ShuttingDown,
  StorageFailed,
} from '../../../../src/agent/raft/errors.ts';
import type { LogWrite } from '../../../../src/agent/raft/log-store.ts';
import { MemoryLogStore } from '../../../../src/agent/raft/log-store-memory.ts';
import { createRaft } from '../../../../src/agent/raft/raft.ts';
import { parsePeers, type Recovery } from '../../../../src/agent/raft/recovery.ts';
import { memorySnapshotStore } from '../../../../src/agent/raft/snapshot-store-memory.ts';
import type { Logger } from '../../../../src/agent/telemetry/api.ts';
import { silentMetrics } from '../../../silent.ts';
import { Process, World } from '../../../sim/world.ts';

/** Words in the order they were applied. `fail` gives an error result, `throw` breaks the machine. */
class WordFsm implements Fsm {
  words: string[] = [];
  readonly batches: number[] = [];
  readonly decoded: unknown[] = [];

  apply(entries: readonly LogEntry[]): unknown[] {
    this.batches.push(entries.length);
    return entries.map((entry) => {
      const word = Buffer.from(entry.data).toString();
      if (word === 'throw') throw new Error('the machine is broken');
      this.decoded.push(entry.decoded);
      this.words.push(word);
      return word === 'fail' ? new Error('no such word') : `${word}!`;
    });
  }

  snapshot() {
    const frozen = this.words.join(' ');
    return {
      write: async function* () {
        yield Buffer.from(frozen);
      },
      release: () => {},
    };
  }

  async restore(stream: AsyncIterable<Uint8Array>): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    if (text === 'bad') throw new Error('not a snapshot');
    this.words = text === '' ? [] : text.split(' ');
  }
}

/** Counts writes, and fails those it is told to. */
class CountingStore extends MemoryLogStore {
  writes: number[] = [];
  failing = false;
  override async write(write: LogWrite): Promise<void> {
    if (this.failing)
      throw new StorageFailed('failed to write', Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
    this.writes.push(write.entries.length);
    await super.write(write);
  }
}

const self = { id: 'node-1', address: '127.0.0.1:8300' };
const peer = { id: 'node-2', address: '127.0.0.2:8300' };
const voter = (who: typeof self) => ({ suffrage: 'voter', ...who }) as const;
const bytes = (text: string): Uint8Array => Buffer.from(text);

async function* streamOf(text: string): AsyncGenerator<Uint8Array> {
  yield bytes(text);
}

/** A stream that waits until it is told to go on. */
function heldStream(text: string): [AsyncIterable<Uint8Array>, () => void] {
  let go = (): void => {};
  const told = new Promise<void>((resolve) => {
    go = resolve;
  });
  const stream = async function* () {
    await told;
    yield bytes(text);
  };
  return [stream(), () => go()];
}

class Bench {
  readonly world = new World(1);
  readonly process = new Process(this.world, 'test');
  readonly store = new CountingStore();
  readonly snapshots = memorySnapshotStore(this.process.runtime.clock.wallMs);
  readonly log: string[] = [];
  fsm = new WordFsm();
  fatal: Error | null = null;
  recovery: Recovery | null = null;
  /** With another voter, messages to it go here. */
  other: ((message: Message) => void) | null = null;

  start(trailingLogs = 100) {
    const line = (message: string, fields: object = {}): void => {
      this.log.push([message, ...Object.entries(fields).map(([key, value]) => `${key}=${value}`)].join(' '));
    };
    const logger: Logger = {
      named: () => logger,
      enabled: () => true,
      trace: line,
      debug: line,
      info: line,
      warn: line,
      error: line,
    };
    return createRaft({
      ...self,
      storage: { store: this.store, snapshots: this.snapshots, recovery: this.recovery },
      fsm: this.fsm,
      runtime: this.process.runtime,
      logger,
      metrics: quietMetrics,
      bootstrap: { servers: this.other ? [voter(self), voter(peer)] : [voter(self)] },
      ...(this.other && { transport: { send: this.other } }),
      timings: timingsFor(1),
      snapshotIntervalMs: 30_000,
      snapshotThreshold: 8,
      trailingLogs,
      nextTurn: (fn) => void this.world.after(0, fn, this.process),
      onFatal: (error) => {
        this.fatal = error;
      },
    });
  }

  /** Runs virtual time until the promise has settled. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const done = (): void => {
      settled = true;
    };
    promise.then(done, done);
    await this.world.run(() => settled, this.world.nowMs + 60_000);
    if (!settled) throw new Error('did not settle within a virtual minute');
    return promise;
  }

  async leader(trailingLogs?: number) {
    const raft = await this.start(trailingLogs);
    await this.settle(raft.barrier().catch(() => raft.barrier()));
    return raft;
  }
}

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
        const echo = { round: 0, sentMs: bench.world.nowMs, prevIndex: lastLogIndex - 1, lastIndex: lastLogIndex };
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
        const echo = { round: 0, sentMs: 0, prevIndex: 0, lastIndex: 0 };
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
        ...{ configuration, configurationIndex: 1, echo: { round: 0, sentMs: 0, prevIndex: 0, lastIndex: 9 } },
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
      const echo = { round: 0, sentMs: 0, prevIndex: 1, lastIndex: 2 };
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
