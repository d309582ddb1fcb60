/**
 * Carries Raft's messages over TCP as Consul's servers do (wire/raft, section 1): a connection for heartbeats, one for the log and
 * one for votes per server; a connection of its own for every snapshot.
 */
import type { Socket } from 'node:net';
import { splitHostPort } from '../../lib/host-port.ts';
import { type Decoder, encodeTo, needMore, Writer } from '../../lib/msgpack/index.ts';
import { networkErrorText } from '../../lib/network-error.ts';
import type { Clock } from '../../lib/runtime.ts';
import type { Sockets } from '../../lib/sockets.ts';
import type { Schema } from '../../structs/schema.ts';
import type { Logger } from '../telemetry/api.ts';
import { configurationCodec } from './configuration-codec.ts';
import type {
  AppendEntries,
  InstallSnapshot,
  Message,
  Peer,
  RequestVote,
  TimeoutNow as TimeoutNowMessage,
} from './core/messages.ts';
import type { RaftNode, Transport } from './options.ts';
import { PeerChannel } from './peer-channel.ts';
import { RaftServerSide } from './server-side.ts';
import { SnapshotSender } from './snapshot-sender.ts';
import type { SnapshotStore } from './snapshot-store.ts';
import {
  AppendEntriesRequest,
  AppendEntriesResponse,
  addressBytes,
  protocolVersion,
  RequestVoteRequest,
  RequestVoteResponse,
  rpcTypes,
  TimeoutNow,
  TimeoutNowInTerm,
  toLog,
} from './wire.ts';

export interface NetTransportOptions {
  readonly self: Peer;
  readonly snapshots: SnapshotStore;
  /** Where a server is now: by id if it is known to gossip, else the address of the configuration. */
  readonly resolve: (peer: Peer) => string;
  /** Whether a server is one of ours: others do not understand the question for a pre-vote and are taken to agree. */
  readonly knowsPreVote: (peer: Peer) => boolean;
  /** Connections to servers, as the settings want them. */
  readonly sockets: Sockets;
  /** Without encryption: to see whether anybody listens. */
  readonly plainSockets: Sockets;
  readonly clock: Clock;
  readonly logger: Logger;
}

const rpcTimeoutMs = 10_000;
const maxInFlight = 256;
const probeTimeoutMs = 1000;
const probeTries = 4;
const probePauseMs = 40;
/** First byte of a Raft connection on the RPC port. */
const raftByte = 1;

interface Channels {
  readonly heartbeat: PeerChannel;
  readonly log: PeerChannel;
  readonly votes: PeerChannel;
}

export class NetTransport implements Transport {
  readonly #options: NetTransportOptions;
  readonly #channels = new Map<string, Channels>();
  readonly #serverSide: RaftServerSide;
  readonly #snapshots: SnapshotSender;
  /** Snapshots being sent: to whom, where, and which. */
  readonly #onTheirWay = new Set<string>();
  /** Why a peer cannot be reached, by its id. */
  readonly #complaints = new Map<string, string>();
  #node: RaftNode | null = null;
  #closed = false;

  constructor(options: NetTransportOptions) {
    this.#options = options;
    this.#serverSide = new RaftServerSide({
      ...options,
      node: () => this.#node,
      onClosed: (leader) => this.#maybeGone(leader),
    });
    this.#snapshots = new SnapshotSender(options);
  }

  /** The engine that messages are for; until then they are dropped. */
  attach(node: RaftNode): void {
    this.#node = node;
  }

  /** An incoming connection whose first byte said Raft; `rest` was read after it. */
  accept(socket: Socket, rest: Uint8Array): void {
    this.#serverSide.serve(socket, rest);
  }

  send(message: Message): void {
    switch (message.kind) {
      case 'appendEntries':
        return this.#append(message);
      case 'requestVote':
        return this.#requestVote(message);
      case 'timeoutNow':
        return this.#timeoutNow(message);
      case 'installSnapshot':
        return void this.#installSnapshot(message);
      default:
        this.#serverSide.answer(message);
    }
  }

  close(): void {
    this.#closed = true;
    for (const { heartbeat, log, votes } of this.#channels.values()) {
      heartbeat.close();
      log.close();
      votes.close();
    }
    this.#channels.clear();
    this.#serverSide.close();
    this.#snapshots.close();
  }

  /**
   * The leader hung up. If its address refuses connections now, its process is gone, and nobody has to wait until it has been silent
   * for long enough; if it answers, or nobody does, silence decides as ever.
   */
  #maybeGone(leader: Peer, triesLeft = probeTries): void {
    const node = this.#node;
    if (node === null || this.#closed || node.leadership.leader?.address !== leader.address) return;
    const { id } = node.leadership.leader;
    const { clock, resolve, plainSockets } = this.#options;
    const probe = plainSockets.connect({ ...splitHostPort(resolve(leader)) });
    const timer = clock.after(probeTimeoutMs, () => probe.destroy());
    probe.on('connect', () => {
      probe.destroy();
      // A process that is just ending may close its listener last.
      if (triesLeft > 1) clock.after(probePauseMs, () => this.#maybeGone(leader, triesLeft - 1));
    });
    probe.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' && !this.#closed) node.leaderGone(id);
    });
    probe.on('close', () => timer.cancel());
  }

  #append(message: AppendEntries): void {
    const channels = this.#channelsOf(message.to);
    const channel = message.entries === null ? channels.heartbeat : channels.log;
    const body = {
      ProtocolVersion: protocolVersion,
      Term: message.term,
      Leader: addressBytes(this.#options.self.address),
      PrevLogEntry: message.prevIndex,
      PrevLogTerm: message.prevTerm,
      Entries: message.entries?.map(toLog) ?? null,
      LeaderCommitIndex: message.commitIndex,
    };
    channel.send({
      bytes: request(rpcTypes.appendEntries, AppendEntriesRequest, body),
      onBody: (decoder) =>
        read(decoder, AppendEntriesResponse, (reply) => {
          if (this.#complaints.size > 0) this.#complaints.delete(message.to.id);
          this.#node?.receive({
            kind: 'appendResult',
            from: message.to,
            to: message.from,
            term: reply.Term,
            lastLogIndex: reply.LastLog,
            success: reply.Success,
            noRetryBackoff: reply.NoRetryBackoff,
            echo: message.echo,
          });
        }),
      onError: (error) =>
        this.#unreachable(message.to, message.entries === null ? 'heartbeat' : 'appendEntries', error),
    });
  }

  #requestVote(message: RequestVote): void {
    if (message.preVote && !this.#options.knowsPreVote(message.to)) {
      const agreed = {
        kind: 'voteResult',
        term: message.term,
        granted: true,
        preVote: true,
        forTerm: message.term,
      } as const;
      queueMicrotask(() => this.#node?.receive({ ...agreed, from: message.to, to: message.from }));
      return;
    }
    const body = {
      ProtocolVersion: protocolVersion,
      Term: message.term,
      Candidate: addressBytes(this.#options.self.address),
      LastLogIndex: message.lastLogIndex,
      LastLogTerm: message.lastLogTerm,
      LeadershipTransfer: message.leadershipTransfer,
    };
    const type = message.preVote ? rpcTypes.requestPreVote : rpcTypes.requestVote;
    this.#channelsOf(message.to).votes.send({
      bytes: request(type, RequestVoteRequest, body),
      onBody: (decoder) =>
        read(decoder, RequestVoteResponse, (reply) =>
          this.#node?.receive({
            kind: 'voteResult',
            from: message.to,
            to: message.from,
            term: reply.Term,
            granted: reply.Granted,
            preVote: message.preVote,
            forTerm: message.term,
          }),
        ),
      onError: (error) => this.#unreachable(message.to, 'requestVote', error),
    });
  }

  #timeoutNow(message: TimeoutNowMessage): void {
    this.#channelsOf(message.to).votes.send({
      bytes: this.#options.knowsPreVote(message.to)
        ? request(rpcTypes.timeoutNow, TimeoutNowInTerm, { ProtocolVersion: protocolVersion, Term: message.term })
        : request(rpcTypes.timeoutNow, TimeoutNow, { ProtocolVersion: protocolVersion }),
      onBody: (decoder) => read(decoder, TimeoutNow, () => {}),
      onError: (error) => this.#unreachable(message.to, 'timeoutNow', error),
    });
  }

  /**
   * The core asks again when any connection to the peer fails. As long as the same is on its way already, another stream would only
   * take its bandwidth.
   */
  async #installSnapshot(message: InstallSnapshot): Promise<void> {
    const { to, term, lastTerm, lastIndex } = message;
    const what = [to.id, this.#options.resolve(to), term, lastTerm, lastIndex].join(' ');
    if (this.#onTheirWay.has(what)) return;
    this.#onTheirWay.add(what);
    try {
      const reply = await this.#snapshots.send(message, configurationCodec.encode(message.configuration));
      this.#onTheirWay.delete(what);
      this.#node?.receive({
        kind: 'snapshotResult',
        from: to,
        to: message.from,
        term: reply.Term,
        success: reply.Success,
        echo: message.echo,
      });
    } catch (error) {
      this.#onTheirWay.delete(what);
      this.#unreachable(to, 'installSnapshot', error);
    }
  }

  /** Said once for every reason, until the peer answers again. */
  #unreachable(peer: Peer, rpc: string, failure: unknown): void {
    const { logger, resolve } = this.#options;
    const error = networkErrorText(failure, resolve(peer));
    const level = this.#complaints.get(peer.id) === error ? 'debug' : 'error';
    logger[level](`failed to ${rpc} to`, { peer: `{Voter ${peer.id} ${peer.address}}`, error });
    this.#complaints.set(peer.id, error);
    this.#node?.unreachable(peer.id);
  }

  #channelsOf(peer: Peer): Channels {
    let channels = this.#channels.get(peer.id);
    if (channels === undefined) {
      const { clock, sockets } = this.#options;
      const dial = (): { host: string; port: number } => splitHostPort(this.#options.resolve(peer));
      const make = (): PeerChannel =>
        new PeerChannel({
          ...{ dial, firstByte: raftByte, timeoutMs: rpcTimeoutMs, maxInFlight, sockets, clock },
          // A server that starts again knows nothing of what is committed, however fast it was.
          onIdleLoss: () => this.#node?.unreachable(peer.id),
        });
      channels = { heartbeat: make(), log: make(), votes: make() };
      this.#channels.set(peer.id, channels);
    }
    return channels;
  }
}

/** Every request is finished before the next one begins: one buffer does for all. */
const writer = new Writer();

function request<T>(type: number, schema: Schema<T>, body: T): Uint8Array {
  writer.reset();
  writer.byte(type);
  encodeTo(writer, schema, body);
  return writer.copy();
}

function read<T>(decoder: Decoder, schema: Schema<T>, use: (value: T) => void): boolean {
  const value = decoder.next(schema);
  if (value === needMore) return false;
  use(value);
  return true;
}
