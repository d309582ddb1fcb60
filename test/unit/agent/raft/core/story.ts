/**
 * A little language for stories about several cores (in the manner of etcd's interaction tests): each command is followed by
 * `----` and what it made happen. Nothing happens by itself: time, messages and disks move when the story says so.
 *
 *   servers 3 [preVote]      s1 s2 s3, voters of a cluster that was founded before
 *   empty 3 [preVote]        s1 s2 s3, who know of no cluster
 *   bootstrap s1 s1,s2       s1 begins a cluster with these voters
 *   advance 1000             time passes; whoever is due ticks
 *   run 1000                 time passes and everything that is sent arrives
 *   deliver [s1->s2]         delivers messages until there are none (of that pair)
 *   drop [s1->s2]            loses them
 *   overtake s1->s2          the last one will arrive first
 *   lost s1->s2              s1 gives up on the requests to s2 it has no answer to
 *   offer s1->s2             s1's snapshot arrives at s2, asked for or not
 *   cut s1 | heal            messages of s1 are lost | no more
 *   propose s1 text...       one entry per word
 *   disk s1 slow|fast        writes wait for `flush s1` | are done at once
 *   flush s1 | fail s1       the waiting writes of a slow disk end, well or badly
 *   read s1                  asks for a confirmed read
 *   change s1 KIND s2        configuration change
 *   transfer s1 [s2]         leadership transfer
 *   snapshot s1 [keep]       snapshot of what is applied, `keep` entries stay in the log
 *   restore s1               s1's state is replaced by an operator's snapshot
 *   crash s1 | start s1      what was not on disk is gone
 *   wipe s1                  its disk is replaced by an empty one
 *   status                   one line a server
 *   leader s1                who leads, as s1 sees it
 */
import { type Configuration, entryTypes, type LogEntry } from '../../../../../src/agent/raft/api.ts';
import { configurationCodec } from '../../../../../src/agent/raft/configuration-codec.ts';
import { InvariantBroken } from '../../../../../src/agent/raft/core/assert.ts';
import type { ConfigurationChange } from '../../../../../src/agent/raft/core/configuration.ts';
import { RaftCore } from '../../../../../src/agent/raft/core/core.ts';
import type { Effects, Input, Persist, SnapshotPoint } from '../../../../../src/agent/raft/core/effects.ts';
import type { Message } from '../../../../../src/agent/raft/core/messages.ts';
import { timingsFor } from '../../../../../src/agent/raft/core/timings.ts';
import { MemoryLogStore } from '../../../../../src/agent/raft/log-store-memory.ts';

interface Server {
  readonly id: string;
  store: MemoryLogStore;
  core: RaftCore | null;
  snapshot: SnapshotPoint | null;
  deadlineMs: number;
  slow: boolean;
  writes: Persist[];
}

const addressOf = (id: string): string => `${id}:8300`;
const votersAre = (ids: readonly string[]): Configuration => ({
  servers: ids.map((id) => ({ suffrage: 'voter', id, address: addressOf(id) })),
});

export class Story {
  #nowMs = 0;
  #servers = new Map<string, Server>();
  #messages: Message[] = [];
  #cut = new Set<string>();
  #preVote = false;
  #log: string[] = [];
  #token = 0;

  run(command: string): string {
    this.#log = [];
    const [verb = '', first = '', ...others] = command.trim().split(/\s+/);
    if (verb === 'propose') this.#propose(first, others);
    else {
      const run = this.#commands[verb];
      if (!run) throw new Error(`unknown command ${verb}`);
      run(first, others[0] ?? '', others[1] ?? '');
    }
    return this.#log.length > 0 ? this.#log.join('\n') : '(nothing)';
  }

  readonly #commands: Readonly<Record<string, (first: string, second: string, third: string) => void>> = {
    servers: (count, mode) => this.#make(Number(count), mode === 'preVote', true),
    empty: (count, mode) => this.#make(Number(count), mode === 'preVote', false),
    bootstrap: (id, voters) => {
      this.#step(this.#server(id), { kind: 'bootstrap', configuration: votersAre(voters.split(',')) });
    },
    advance: (ms) => this.#advance(Number(ms)),
    run: (ms) => this.#runFor(Number(ms)),
    deliver: (pair) => this.#deliver(pair),
    drop: (pair) => this.#say(`${this.#take(pair).length} lost`),
    overtake: (pair) => {
      const taken = this.#take(pair);
      this.#messages.push(taken.pop()!, ...taken);
    },
    lost: (pair) => {
      const [from = '', id = ''] = pair.split('->');
      this.#step(this.#server(from), { kind: 'unreachable', id });
    },
    offer: (pair) => this.#offer(pair),
    cut: (id) => void this.#cut.add(id),
    heal: () => this.#cut.clear(),
    disk: (id, speed) => {
      this.#server(id).slow = speed === 'slow';
    },
    flush: (id) => this.#flush(this.#server(id), true),
    fail: (id) => this.#flush(this.#server(id), false),
    read: (id) => this.#step(this.#server(id), { kind: 'verifyLeader', token: ++this.#token }),
    change: (id, kind, who) => this.#change(id, kind, who),
    transfer: (id, to) => this.#step(this.#server(id), { kind: 'transferLeadership', to }),
    snapshot: (id, keep) => this.#snapshot(this.#server(id), Number(keep || 0)),
    restore: (id) => this.#restore(this.#server(id)),
    gone: (leader, id) => this.#step(this.#server(id), { kind: 'leaderGone', id: leader }),
    crash: (id) => {
      this.#server(id).core = null;
      this.#server(id).writes = [];
    },
    start: (id) => this.#start(this.#server(id)),
    wipe: (id) => Object.assign(this.#server(id), { store: new MemoryLogStore(), snapshot: null }),
    leader: (id) => this.#say(this.#server(id).core?.leader?.id ?? 'nobody'),
    status: () => {
      for (const server of this.#servers.values()) this.#say(this.#status(server));
    },
  };

  #say(line: string): void {
    this.#log.push(line);
  }

  #server(id: string): Server {
    const server = this.#servers.get(id);
    if (!server) throw new Error(`no server ${id}`);
    return server;
  }

  #make(count: number, preVote: boolean, founded: boolean): void {
    this.#preVote = preVote;
    const ids = Array.from({ length: count }, (_, i) => `s${i + 1}`);
    const configuration = votersAre(ids);
    const data = configurationCodec.encode(configuration);
    for (const id of ids) {
      const store = new MemoryLogStore();
      if (founded) {
        void store.write({
          hardState: { term: 1, votedFor: '' },
          entries: [{ index: 1, term: 1, type: entryTypes.configuration, data, extensions: null, appendedAtMs: 0 }],
        });
      }
      const snapshot = founded ? { index: 1, term: 1, configuration, configurationIndex: 1 } : null;
      const server: Server = { id, store, core: null, snapshot, deadlineMs: Infinity, slow: false, writes: [] };
      this.#servers.set(id, server);
      this.#start(server);
    }
  }

  #start(server: Server): void {
    const { id, store, snapshot } = server;
    const contents = store.contents();
    // s1 is always the quickest, s2 next: stories need to know who wakes up first.
    const float = (): number => (Number(id.slice(1)) - 1) * 0.3;
    server.core = new RaftCore(
      {
        self: { id, address: addressOf(id) },
        timings: timingsFor(1),
        random: { float, int: () => 0, bytes: () => new Uint8Array(), uuid: () => '' },
        wallMs: () => 0,
        preVote: this.#preVote,
      },
      configurationCodec,
      {
        hardState: store.hardState,
        extent: { firstIndex: store.firstIndex, lastIndex: store.lastIndex, runs: contents.runs },
        reader: store,
        snapshot,
        configurations: contents.configurations,
      },
      this.#nowMs,
    );
    server.deadlineMs = Infinity;
    this.#step(server, { kind: 'tick' });
  }

  #advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const due = [...this.#servers.values()].filter((s) => s.core && s.deadlineMs <= untilMs);
      due.sort((a, b) => a.deadlineMs - b.deadlineMs);
      const next = due[0];
      if (!next) break;
      this.#nowMs = Math.max(this.#nowMs, next.deadlineMs);
      next.deadlineMs = Infinity;
      this.#step(next, { kind: 'tick' });
    }
    this.#nowMs = untilMs;
  }

  #runFor(ms: number): void {
    for (let passedMs = 0; passedMs < ms; passedMs += 10) {
      this.#deliver('');
      this.#advance(10);
    }
    this.#deliver('');
  }

  #take(pair: string): Message[] {
    const [from, to] = pair.split('->');
    const matches = (m: Message): boolean => pair === '' || (m.from.id === from && m.to.id === to);
    const taken = this.#messages.filter(matches);
    this.#messages = this.#messages.filter((m) => !matches(m));
    return taken;
  }

  #deliver(pair: string): void {
    for (let rounds = 0; rounds < 100; rounds++) {
      const messages = this.#take(pair);
      if (messages.length === 0) return;
      for (const message of messages) {
        const to = this.#server(message.to.id);
        if (to.core && !this.#cut.has(message.from.id) && !this.#cut.has(message.to.id)) {
          this.#step(to, { kind: 'message', message });
        }
      }
    }
    throw new Error('messages without end');
  }

  #propose(id: string, words: readonly string[]): void {
    this.#step(this.#server(id), {
      kind: 'propose',
      proposals: words.map((word) => ({ type: entryTypes.command, data: Buffer.from(word), extensions: null })),
    });
  }

  #change(id: string, kind: string, who: string): void {
    const address = addressOf(who);
    const changes: Readonly<Record<string, ConfigurationChange>> = {
      addVoter: { kind: 'addVoter', id: who, address },
      addNonvoter: { kind: 'addNonvoter', id: who, address },
      demoteVoter: { kind: 'demoteVoter', id: who },
      removeServer: { kind: 'removeServer', id: who },
    };
    const change = changes[kind];
    if (!change) throw new Error(`no change ${kind}`);
    this.#step(this.#server(id), { kind: 'changeConfiguration', change, prevIndex: 0 });
  }

  #snapshot(server: Server, keep: number): void {
    const core = server.core!;
    const { configuration, index: configurationIndex } = core.committedConfiguration;
    const index = core.appliedIndex;
    server.snapshot = { index, term: core.log.term(index)!, configuration, configurationIndex };
    void server.store.compact(index - keep);
    this.#step(server, { kind: 'compacted', snapshot: server.snapshot, firstIndex: server.store.firstIndex });
  }

  #restore(server: Server): void {
    const { log, term, configuration, configurationIndex } = server.core!;
    server.snapshot = { index: log.lastIndex + 1, term, configuration, configurationIndex };
    void server.store.reset(server.snapshot.index);
    this.#step(server, { kind: 'replaced', snapshot: server.snapshot });
  }

  #offer(pair: string): void {
    const [from, to] = pair.split('->').map((id) => this.#server(id));
    const { index, term, configuration, configurationIndex } = from!.snapshot!;
    this.#step(to!, {
      kind: 'message',
      message: {
        kind: 'installSnapshot',
        from: { id: from!.id, address: addressOf(from!.id) },
        to: { id: to!.id, address: addressOf(to!.id) },
        term: from!.core!.term,
        lastIndex: index,
        lastTerm: term,
        configuration,
        configurationIndex,
        echo: { term: from!.core!.term, round: 0, sentMs: this.#nowMs, prevIndex: 0, lastIndex: index },
      },
    });
  }

  #step(server: Server, input: Input): void {
    if (!server.core) throw new Error(`${server.id} is down`);
    let effects: Effects;
    try {
      effects = server.core.step(input, this.#nowMs);
    } catch (error) {
      if (!(error instanceof InvariantBroken)) throw error;
      this.#say(`${server.id} stops: ${error.message}`);
      server.core = null;
      return;
    }
    this.#handle(server, effects);
  }

  #handle(server: Server, effects: Effects): void {
    const { id } = server;
    for (const event of effects.events) {
      if (event.kind === 'role') this.#say(`${id} is ${event.role} of term ${event.term}`);
      if (event.kind === 'campaign' && event.preVote) this.#say(`${id} asks for pre-votes for term ${event.term}`);
      if (event.kind === 'voteRejected') this.#say(`${id} refuses ${event.candidate.id}: ${event.reason}`);
      if (event.kind === 'truncated') this.#say(`${id} truncates from ${event.fromIndex}`);
      if (event.kind === 'leaderGone') this.#say(`${id} takes ${event.id} for gone`);
      if (event.kind === 'standsAside') this.#say(`${id} misses its leader`);
      if (event.kind === 'leaseLost') this.#say(`${id} heard no quorum`);
      if (event.kind === 'removedSelf') this.#say(`${id} is no voter any more`);
      if (event.kind === 'transfer') this.#say(`${id} transfer to ${event.to}: ${event.state}`);
    }
    const { outcome } = effects;
    if (outcome && !outcome.ok)
      this.#say(`${id} refuses: ${[outcome.reason, outcome.detail].filter(Boolean).join(', ')}`);
    if (effects.droppedFrom > 0) this.#say(`${id} dropped its entries from ${effects.droppedFrom} on`);
    for (const { confirmed } of effects.reads) this.#say(`${id} read ${confirmed ? 'confirmed' : 'refused'}`);
    for (const message of effects.messages) this.#send(message);
    if (effects.persist) {
      server.writes.push(effects.persist);
      if (!server.slow) this.#flush(server, true);
    }
    if (effects.install) {
      const request = effects.install;
      const { lastIndex: index, lastTerm: term, configuration, configurationIndex } = request;
      this.#say(`${id} takes over the snapshot at ${index}`);
      server.snapshot = { index, term, configuration, configurationIndex };
      void server.store.reset(index);
      this.#step(server, { kind: 'installed', request, ok: true });
    }
    this.#apply(server, effects.commitIndex);
    server.deadlineMs = effects.deadlineMs;
  }

  #apply(server: Server, commitIndex: number): void {
    const core = server.core!;
    if (core.appliedIndex >= commitIndex) return;
    const entries = entriesOf(core, core.appliedIndex + 1, commitIndex);
    this.#say(`${server.id} applies ${entries.map(describe).join(' ')}`);
    this.#step(server, { kind: 'applied', index: commitIndex });
  }

  #flush(server: Server, ok: boolean): void {
    const writes = server.writes.splice(0);
    for (const write of writes) {
      if (!ok) {
        this.#step(server, { kind: 'persistFailed', seq: write.seq });
        return;
      }
      void server.store.write(write);
      const vote = write.hardState && `term ${write.hardState.term} vote ${write.hardState.votedFor || 'none'}`;
      const what = [vote, ...write.entries.map(describe)].filter(Boolean).join(', ');
      if (what !== '') this.#say(`${server.id} stores ${what}`);
      for (const message of write.messages) this.#send(message);
      this.#step(server, { kind: 'persisted', seq: write.seq });
    }
  }

  #send(message: Message): void {
    this.#messages.push(message);
    // Heartbeats that succeed would drown everything else.
    const isHeartbeat = message.kind === 'appendEntries' && message.entries === null;
    const isPulse = message.kind === 'appendResult' && message.success && message.echo.lastIndex === 0;
    if (!isHeartbeat && !isPulse) this.#say(`${message.from.id}->${message.to.id} ${contents(message)}`);
  }

  #status({ id, core }: Server): string {
    if (!core) return `${id} down`;
    const { log } = core;
    const entries = entriesOf(core, log.firstIndex, log.lastIndex).map(describe).join(' ');
    return `${id} ${core.role} term ${core.term} commit ${core.commitIndex} log ${entries}`.trim();
  }
}

function entriesOf(core: RaftCore, from: number, to: number): LogEntry[] {
  const entries: LogEntry[] = [];
  while (from + entries.length <= to) entries.push(...core.log.entries(from + entries.length, to));
  return entries;
}

function describe(entry: LogEntry): string {
  const place = `${entry.index}/${entry.term}`;
  switch (entry.type) {
    case entryTypes.command:
      return `${place}:${Buffer.from(entry.data).toString()}`;
    case entryTypes.configuration: {
      const marks = { voter: '', nonvoter: '*', staging: '+' };
      const { servers } = configurationCodec.decode(entry.data);
      return `${place}:{${servers.map(({ id, suffrage }) => id + marks[suffrage]).join(' ')}}`;
    }
    default:
      return `${place}:noop`;
  }
}

function contents(message: Message): string {
  switch (message.kind) {
    case 'requestVote':
      return `${message.preVote ? 'pre-vote' : 'vote'}? term ${message.term}, last ${message.lastLogIndex}/${message.lastLogTerm}${message.leadershipTransfer ? ', transfer' : ''}`;
    case 'voteResult':
      return `${message.preVote ? 'pre-vote' : 'vote'} ${message.granted ? 'yes' : 'no'}, term ${message.term}`;
    case 'appendEntries':
      return `append after ${message.prevIndex}/${message.prevTerm}: ${message.entries?.map(describe).join(' ') || 'nothing'}, commit ${message.commitIndex}`;
    case 'appendResult':
      return `${message.success ? 'has' : 'lacks'} ${message.success ? message.echo.lastIndex : message.echo.prevIndex}, last ${message.lastLogIndex}, term ${message.term}`;
    case 'installSnapshot':
      return `snapshot at ${message.lastIndex}/${message.lastTerm}`;
    case 'snapshotResult':
      return `snapshot ${message.success ? 'taken over' : 'refused'}`;
    case 'timeoutNow':
      return 'take over now';
  }
}
