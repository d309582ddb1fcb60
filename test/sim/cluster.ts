/**
 * Several cores on a network that loses, delays, repeats and reorders messages, cuts servers off and crashes them. Only the
 * core runs here, without promises: one event after the other, from a seed.
 */
import { entryTypes, type LogEntry } from '../../src/agent/raft/api.ts';
import { configurationCodec } from '../../src/agent/raft/configuration-codec.ts';
import { RaftCore } from '../../src/agent/raft/core/core.ts';
import type { Effects, Input, Persist, SnapshotPoint } from '../../src/agent/raft/core/effects.ts';
import type { Echo, Message, Peer } from '../../src/agent/raft/core/messages.ts';
import { timingsFor } from '../../src/agent/raft/core/timings.ts';
import { asError } from '../../src/agent/raft/errors.ts';
import { MemoryLogStore } from '../../src/agent/raft/log-store-memory.ts';
import { goesOnFrom, hardStateOf } from '../../src/agent/raft/start.ts';
import { ClusterChecker } from './cluster-checker.ts';
import { type ClusterOptions, drawClusterOptions } from './cluster-options.ts';
import { storm } from './cluster-storm.ts';
import { EventQueue, type Timed } from './event-queue.ts';
import { pairOf } from './partition.ts';
import { hashText, Stream } from './prng.ts';
import type { SimResult } from './result.ts';

export interface Server {
  readonly peer: Peer;
  store: MemoryLogStore;
  snapshot: SnapshotPoint | null;
  core: RaftCore | null;
  life: number;
  deadlineMs: number;
  writing: boolean;
  writes: Persist[];
}

const rpcTimeoutMs = 1000;
const lateMs = 2000;
const stormMs = 15_000;
const calmMs = 30_000;

/** One run: a storm, then calm weather. */
export function runCluster(seed: number, servers: number, print: ((line: string) => void) | null = null): SimResult {
  const cluster = new Cluster(seed, servers, print);
  let error: Error | null = null;
  try {
    cluster.run(stormMs, calmMs);
  } catch (thrown) {
    error = asError(thrown);
  }
  return {
    seed,
    error,
    traceHash: cluster.traceHash,
    sometimes: cluster.sometimes,
    acknowledged: cluster.checker.highestCommitted,
    virtualMs: cluster.nowMs,
  };
}

export class Cluster {
  readonly checker = new ClusterChecker();
  readonly sometimes = new Map<string, number>();
  readonly options: ClusterOptions;
  readonly servers: Server[] = [];
  nowMs = 0;
  traceHash = 0;
  readonly #events = new EventQueue<Timed & { readonly run: () => void }>();
  /** The faults are over. */
  calm = false;
  /** Reads under way, and what was committed when they were asked. */
  readonly reads = new Map<number, number>();
  /** Pairs that cannot hear each other. */
  readonly cut = new Set<string>();
  /** Requests whose answer came; the others time out. */
  readonly #answered = new WeakSet<Echo>();
  readonly #network: Stream;
  readonly #disk: Stream;
  readonly #seed: number;
  readonly #print: ((line: string) => void) | null;

  constructor(seed: number, servers: number, print: ((line: string) => void) | null) {
    this.#seed = seed;
    this.#print = print;
    this.options = drawClusterOptions(new Stream(seed, 'options'), servers);
    this.#network = new Stream(seed, 'network');
    this.#disk = new Stream(seed, 'disk');
    const peers = Array.from({ length: servers }, (_, i) => ({ id: `s${i + 1}`, address: `10.0.0.${i + 1}:8300` }));
    const data = configurationCodec.encode({ servers: peers.map((peer) => ({ suffrage: 'voter' as const, ...peer })) });
    for (const peer of peers) {
      const store = new MemoryLogStore();
      void store.write({
        hardState: { term: 1, votedFor: '' },
        entries: [{ index: 1, term: 1, type: entryTypes.configuration, data, extensions: null, appendedAtMs: 0 }],
      });
      const server: Server = {
        peer,
        store,
        snapshot: null,
        core: null,
        life: 0,
        deadlineMs: Number.POSITIVE_INFINITY,
        writing: false,
        writes: [],
      };
      this.servers.push(server);
      this.#start(server);
    }
    storm(this, new Stream(seed, 'workload'));
  }

  /** A storm, then calm weather in which a leader must appear and everything must get through. */
  run(stormMs: number, calmMs: number): void {
    this.#runUntil(stormMs, () => false);
    this.calm = true;
    this.cut.clear();
    for (const server of this.servers) if (!server.core) this.#start(server);
    const marker = `marker ${this.#seed}`;
    const everywhere = (): boolean => {
      const members = this.servers.filter((server) =>
        this.leader()?.core?.configuration.servers.some(({ id }) => id === server.peer.id),
      );
      return members.length > 0 && members.every((server) => this.checker.hasApplied(server.peer.id, marker));
    };
    let nextTryMs = 0;
    this.#runUntil(stormMs + calmMs, () => {
      if (this.nowMs >= nextTryMs) {
        nextTryMs = this.nowMs + 500;
        this.proposeText(marker);
      }
      return everywhere();
    });
    this.checker.require(everywhere(), 'after the faults were over a write must reach every member');
  }

  /** The leader of the highest term, if any. */
  leader(): Server | undefined {
    return this.servers
      .filter((server) => server.core?.role === 'leader')
      .sort((a, b) => b.core!.term - a.core!.term)[0];
  }

  #runUntil(untilMs: number, done: () => boolean): void {
    while (!done()) {
      const event = this.#events.next;
      if (!event || event.atMs > untilMs) {
        this.nowMs = Math.max(this.nowMs, untilMs);
        return;
      }
      this.#events.pop();
      this.nowMs = event.atMs;
      event.run();
    }
  }

  after(delayMs: number, run: () => void): void {
    this.#events.push({ atMs: this.nowMs + delayMs, run });
  }

  trace(line: string): void {
    const stamped = `${this.nowMs.toFixed(2)} ${line}`;
    this.traceHash = hashText(stamped, this.traceHash);
    this.#print?.(stamped);
  }

  sometime(situation: string): void {
    this.sometimes.set(situation, (this.sometimes.get(situation) ?? 0) + 1);
  }

  #start(server: Server): void {
    server.life += 1;
    server.writing = false;
    server.writes = [];
    server.deadlineMs = Number.POSITIVE_INFINITY;
    const { store, snapshot, peer } = server;
    if (snapshot && !goesOnFrom(snapshot, store, store.contents().runs)) void store.reset(snapshot.index);
    const contents = store.contents();
    server.core = new RaftCore(
      {
        self: peer,
        timings: timingsFor(1),
        random: new Stream(this.#seed, `${peer.id} life ${server.life}`),
        wallMs: () => Math.floor(this.nowMs),
        preVote: this.options.preVote,
      },
      configurationCodec,
      {
        hardState: hardStateOf(store, snapshot),
        extent: { firstIndex: store.firstIndex, lastIndex: store.lastIndex, runs: contents.runs },
        reader: store,
        snapshot,
        configurations: contents.configurations,
      },
      this.nowMs,
    );
    this.checker.started(peer.id, snapshot?.index ?? 0);
    this.trace(`${peer.id} starts, log ${store.firstIndex}..${store.lastIndex}, term ${store.hardState.term}`);
    this.step(server, { kind: 'tick' });
  }

  crash(server: Server): void {
    if (!server.core) return;
    this.trace(`${server.peer.id} crashes`);
    this.sometime(server.core.role === 'leader' ? 'leader crashed' : 'follower crashed');
    if (server.writing) this.sometime('crash during a disk write');
    const wasLeader = server.core.role === 'leader';
    server.core = null;
    server.life += 1;
    if (wasLeader) this.#refuseConnections(server);
    this.after(this.#network.around(1000), () => {
      if (!server.core) this.#start(server);
    });
  }

  /** Where the process ends and its machine lives on, others find its port closed. */
  #refuseConnections(gone: Server): void {
    if (this.#network.chance(0.3)) return;
    const { id } = gone.peer;
    for (const server of this.servers) {
      this.after(this.#network.around(this.options.meanDelayMs), () => {
        if (gone.core || this.isCut(id, server.peer.id)) return;
        if (server.core?.leader?.id === id) this.sometime('crashed leader noticed by its closed port');
        this.step(server, { kind: 'leaderGone', id });
      });
    }
  }

  step(server: Server, input: Input): Effects | null {
    const { core, peer } = server;
    if (!core) return null;
    const effects = core.step(input, this.nowMs);
    this.checker.observed(peer.id, core);
    for (const event of effects.events) {
      if (event.kind === 'role') this.trace(`${peer.id} ${event.role} of term ${event.term}`);
      if (event.kind === 'role' && event.role === 'leader') this.checker.elected(peer.id, core);
      if (event.kind === 'leaseLost') this.sometime('leader stepped down for want of contact');
      if (event.kind === 'truncated') this.sometime('log suffix truncated');
    }
    if (effects.persist) {
      server.writes.push(effects.persist);
      this.#write(server);
    }
    for (const message of effects.messages) this.#send(server, message);
    for (const { token, confirmed } of effects.reads) {
      const committedThen = this.reads.get(token);
      this.reads.delete(token);
      if (confirmed && committedThen !== undefined) {
        this.sometime('read confirmed');
        this.checker.readConfirmed(peer.id, core.appliedIndex, committedThen);
      }
    }
    this.#apply(server, effects.commitIndex);
    if (effects.install) {
      const request = effects.install;
      const { life } = server;
      const install = (): void => {
        if (server.life !== life) return;
        // Writes that were asked for earlier come first.
        if (server.writing) {
          this.after(1, install);
          return;
        }
        this.sometime('snapshot installed');
        const { lastIndex, lastTerm, configuration, configurationIndex } = request;
        server.snapshot = { index: lastIndex, term: lastTerm, configuration, configurationIndex };
        this.checker.installed(peer.id, lastIndex);
        // Snapshot and log are different files.
        if (!this.calm && this.options.crashEveryMs > 0 && this.#disk.chance(0.1)) {
          this.sometime('crash between snapshot and log');
          this.crash(server);
          return;
        }
        void server.store.reset(lastIndex);
        this.step(server, { kind: 'installed', request, ok: true });
      };
      this.after(this.#disk.around(this.options.meanDiskMs * 5), install);
    }
    this.#schedule(server, effects.deadlineMs);
    return effects;
  }

  #schedule(server: Server, deadlineMs: number): void {
    if (deadlineMs === Number.POSITIVE_INFINITY || deadlineMs >= server.deadlineMs) return;
    server.deadlineMs = deadlineMs;
    const { life } = server;
    this.after(Math.max(0, deadlineMs - this.nowMs), () => {
      if (server.life !== life || server.deadlineMs !== deadlineMs) return;
      server.deadlineMs = Number.POSITIVE_INFINITY;
      this.step(server, { kind: 'tick' });
    });
  }

  /** One write at a time; a crash meanwhile loses it or not. */
  #write(server: Server): void {
    const persist = server.writes[0];
    if (server.writing || !persist) return;
    server.writing = true;
    const { life } = server;
    const lost = this.#disk.chance(0.5);
    const fails = !this.calm && this.#disk.chance(this.options.diskFails);
    const apply = (): void => {
      const last = server.store.hardState;
      if (persist.hardState) this.checker.voted(server.peer.id, last, persist.hardState);
      void server.store.write(persist);
    };
    // An answer that waits for what was written before it needs the disk no more.
    const isEmpty = persist.hardState === null && persist.entries.length === 0;
    this.after(isEmpty ? 0 : this.#disk.around(this.options.meanDiskMs), () => {
      if (server.life !== life) {
        // The machine went down while this was on its way.
        if (!lost && server.life === life + 1 && !server.core) apply();
        return;
      }
      server.writing = false;
      if (fails) {
        this.sometime('disk write failed');
        server.writes = [];
        this.step(server, { kind: 'persistFailed', seq: persist.seq });
      } else {
        apply();
        server.writes.shift();
        for (const message of persist.messages) this.#send(server, message);
        this.step(server, { kind: 'persisted', seq: persist.seq });
      }
      this.#write(server);
    });
  }

  #apply(server: Server, commitIndex: number): void {
    const { core, peer } = server;
    if (!core || core.appliedIndex >= commitIndex) return;
    let index = core.appliedIndex;
    while (index < commitIndex) {
      const entries: readonly LogEntry[] = core.log.entries(index + 1, commitIndex);
      for (const entry of entries) this.checker.applied(peer.id, entry, server.store);
      index = entries.at(-1)!.index;
    }
    this.step(server, { kind: 'applied', index });
  }

  #send(from: Server, message: Message): void {
    const to = this.servers.find(({ peer }) => peer.id === message.to.id);
    const isRequest = 'echo' in message && (message.kind === 'appendEntries' || message.kind === 'installSnapshot');
    const { loss, repeat, meanDelayMs, late } = this.options;
    const lost = !to || this.isCut(from.peer.id, to.peer.id) || (!this.calm && this.#network.chance(loss));
    const { life } = from;
    if (lost) {
      this.sometime('message lost');
      if (isRequest) this.#giveUp(from, life, message.to.id);
      return;
    }
    const copies = !this.calm && this.#network.chance(repeat) ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      const isLate = !this.calm && this.#network.chance(late);
      if (isLate) this.sometime('message seconds late');
      this.after(this.#network.around(isLate ? lateMs : meanDelayMs), () => {
        if (!to.core || this.isCut(from.peer.id, to.peer.id)) {
          if (isRequest) this.#giveUp(from, life, to.peer.id);
          return;
        }
        if (message.kind === 'appendResult' || message.kind === 'snapshotResult') this.#answered.add(message.echo);
        this.step(to, { kind: 'message', message: withoutDecoded(message) });
      });
    }
    // A request whose answer does not come is given up, as a transport does.
    if (isRequest) this.#expectAnswer(from, life, message.to.id, message.echo);
  }

  #expectAnswer(from: Server, life: number, to: string, echo: Echo): void {
    this.after(rpcTimeoutMs, () => {
      if (from.life === life && !this.#answered.has(echo)) this.step(from, { kind: 'unreachable', id: to });
    });
  }

  #giveUp(from: Server, life: number, to: string): void {
    this.after(this.#network.around(50), () => {
      if (from.life === life) this.step(from, { kind: 'unreachable', id: to });
    });
  }

  isCut(a: string, b: string): boolean {
    return this.cut.has(pairOf(a, b));
  }

  proposeText(text: string): void {
    for (const server of this.servers) {
      if (server.core?.role !== 'leader') continue;
      this.step(server, {
        kind: 'propose',
        proposals: [{ type: entryTypes.command, data: Buffer.from(text), extensions: null }],
      });
    }
  }
}

/** What goes over a wire is bytes: nothing decoded comes along. */
function withoutDecoded(message: Message): Message {
  if (message.kind !== 'appendEntries' || message.entries === null) return message;
  return { ...message, entries: message.entries.map((entry) => ({ ...entry, decoded: undefined })) };
}
