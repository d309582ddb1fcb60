/**
 * The answering side of Raft connections: requests are read one after another and answered in order; the engine gives its answers
 * when they may leave, which can be after its disk (wire/raft, section 1).
 */
import type net from 'node:net';
import { Decoder, encodeTo, MsgpackError, needMore, Writer } from '../../lib/msgpack/index.ts';
import type { Clock, Timer } from '../../lib/runtime.ts';
import { hangUp } from '../../lib/sockets.ts';
import type { Schema } from '../../structs/schema.ts';
import type { Logger } from '../telemetry/api.ts';
import { BadConfiguration, configurationCodec } from './configuration-codec.ts';
import type { AppendResult, Echo, InstallSnapshot, Peer, SnapshotResult, VoteResult } from './core/messages.ts';
import type { RaftNode } from './options.ts';
import {
  AppendEntriesRequest,
  AppendEntriesResponse,
  addressText,
  ErrorText,
  fromLog,
  InstallSnapshotRequest,
  InstallSnapshotResponse,
  protocolVersion,
  RequestVoteRequest,
  RequestVoteResponse,
  rpcTypes,
  TimeoutNow,
  TimeoutNowInTerm,
} from './wire.ts';

export interface ServerSideOptions {
  readonly self: Peer;
  readonly node: () => RaftNode | null;
  /** A connection over which this server's leader spoke was closed. */
  readonly onClosed: (leader: Peer) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** An answer that does not come within this time ends the connection: the asker has given up by then. */
const answerTimeoutMs = 10_000;
const unsupported = 'operation not supported with current protocol version';
const noEcho: Echo = { term: 0, round: 0, sentMs: 0, prevIndex: 0, lastIndex: 0 };

type Result = AppendResult | VoteResult | SnapshotResult;

/** A request that waits for the engine's answer. */
interface Slot {
  readonly matches: (result: Result) => boolean;
  readonly connection: Connection;
}

interface Connection {
  readonly socket: net.Socket;
  readonly decoder: Decoder;
  slot: Slot | null;
  timer: Timer | undefined;
  /** Who sent entries or heartbeats on it. */
  leader: Peer | null;
  /** Type of the request whose body is still to come. */
  type: number | null;
  /** Bytes of a snapshot are going by. */
  streaming: boolean;
}

export class RaftServerSide {
  readonly #options: ServerSideOptions;
  readonly #connections = new Set<Connection>();
  #closed = false;

  constructor(options: ServerSideOptions) {
    this.#options = options;
  }

  serve(socket: net.Socket, rest: Uint8Array): void {
    const connection: Connection = {
      socket,
      decoder: new Decoder(),
      slot: null,
      timer: undefined,
      leader: null,
      type: null,
      streaming: false,
    };
    this.#connections.add(connection);
    socket.on('close', () => {
      connection.timer?.cancel();
      this.#connections.delete(connection);
      if (connection.leader !== null && !this.#closed) this.#options.onClosed(connection.leader);
    });
    socket.on('end', () => socket.end());
    socket.on('data', (chunk: Uint8Array) => {
      connection.decoder.push(chunk);
      this.#pump(connection);
    });
    if (rest.length > 0) {
      connection.decoder.push(rest);
      this.#pump(connection);
    }
  }

  /** An answer of the engine to a request that came in here. */
  answer(result: Result): void {
    for (const { slot } of this.#connections) {
      if (slot?.matches(result) !== true) continue;
      this.#write(slot.connection, result);
      return;
    }
  }

  close(): void {
    this.#closed = true;
    for (const { socket } of this.#connections) socket.destroy();
  }

  #pump(connection: Connection): void {
    const { decoder, socket } = connection;
    try {
      while (connection.slot === null && !connection.streaming && !socket.destroyed) {
        if (connection.type === null) {
          const type = decoder.byte();
          if (type === needMore) return;
          connection.type = type;
        }
        if (!this.#request(connection, connection.type)) return;
      }
    } catch (error) {
      if (!(error instanceof MsgpackError || error instanceof BadConfiguration)) throw error;
      this.#options.logger.error('failed to decode incoming command', { error: error.message });
      socket.destroy();
    }
  }

  /** Reads and starts one request. @returns false when it is not complete yet. */
  #request(connection: Connection, type: number): boolean {
    switch (type) {
      case rpcTypes.appendEntries:
        return this.#read(connection, AppendEntriesRequest, (body) => {
          const echo: Echo = { ...noEcho };
          const entries = body.Entries?.map(fromLog) ?? null;
          if (entries?.some((e) => e === null)) return void connection.socket.destroy();
          this.#open(connection, (r) => r.kind === 'appendResult' && r.echo === echo);
          const address = addressText(body.Leader);
          const known = connection.leader;
          // Who was not in the configuration yet may be by now.
          const from = known?.address === address && known.id !== '' ? known : this.#peer(address);
          connection.leader = from;
          this.#node()?.receive({
            kind: 'appendEntries',
            from,
            to: this.#options.self,
            term: body.Term,
            prevIndex: body.PrevLogEntry,
            prevTerm: body.PrevLogTerm,
            entries: entries as Exclude<NonNullable<typeof entries>[number], null>[] | null,
            commitIndex: body.LeaderCommitIndex,
            echo,
          });
        });
      case rpcTypes.requestVote:
      case rpcTypes.requestPreVote:
        return this.#read(connection, RequestVoteRequest, (body) => {
          const preVote = type === rpcTypes.requestPreVote;
          const from = this.#peer(addressText(body.Candidate));
          this.#open(
            connection,
            (r) =>
              r.kind === 'voteResult' &&
              r.preVote === preVote &&
              r.forTerm === body.Term &&
              r.to.address === from.address,
          );
          this.#node()?.receive({
            kind: 'requestVote',
            from,
            to: this.#options.self,
            term: body.Term,
            lastLogIndex: body.LastLogIndex,
            lastLogTerm: body.LastLogTerm,
            leadershipTransfer: body.LeadershipTransfer,
            preVote,
          });
        });
      case rpcTypes.timeoutNow:
        return this.#read(connection, TimeoutNowInTerm, ({ Term: term }) => {
          respond(connection.socket, '', TimeoutNow, { ProtocolVersion: 0 });
          const { self } = this.#options;
          this.#node()?.receive({ kind: 'timeoutNow', from: self, to: self, term });
        });
      case rpcTypes.installSnapshot:
        return this.#read(connection, InstallSnapshotRequest, (body) => {
          const echo: Echo = { ...noEcho };
          const message: InstallSnapshot = {
            kind: 'installSnapshot',
            from: this.#peer(addressText(body.Leader)),
            to: this.#options.self,
            term: body.Term,
            lastIndex: body.LastLogIndex,
            lastTerm: body.LastLogTerm,
            configuration: configurationCodec.decode(body.Configuration ?? new Uint8Array(0)),
            configurationIndex: body.ConfigurationIndex,
            echo,
          };
          this.#open(connection, (r) => r.kind === 'snapshotResult' && r.echo === echo, false);
          connection.streaming = true;
          // What comes from here on is taken at the pace of the disk.
          connection.socket.removeAllListeners('data');
          connection.socket.pause();
          void this.#receiveSnapshot(connection, message, body.Size);
        });
      default:
        this.#options.logger.error('unknown rpc type', { type });
        connection.socket.destroy();
        return false;
    }
  }

  #read<T extends { ProtocolVersion: number }>(
    connection: Connection,
    schema: Schema<T>,
    start: (body: T) => void,
  ): boolean {
    const body = connection.decoder.next(schema);
    if (body === needMore) return false;
    connection.type = null;
    if (body.ProtocolVersion < protocolVersion - 1 || body.ProtocolVersion > protocolVersion) {
      const writer = new Writer();
      encodeTo(writer, ErrorText, unsupported);
      writer.nil();
      connection.socket.write(writer.copy());
      return true;
    }
    start(body);
    return true;
  }

  async #receiveSnapshot(connection: Connection, message: InstallSnapshot, size: number): Promise<void> {
    const { socket, decoder } = connection;
    try {
      await this.#node()?.receiveSnapshot(message, exactly(socket, decoder.rest(), size));
    } catch (error) {
      this.#options.logger.error('failed to receive snapshot', {
        error: error instanceof Error ? error.message : error,
      });
      socket.destroy();
    }
  }

  #open(connection: Connection, matches: (result: Result) => boolean, limited = true): void {
    connection.slot = { matches, connection };
    if (limited) connection.timer = this.#options.clock.after(answerTimeoutMs, () => connection.socket.destroy());
  }

  #write(connection: Connection, result: Result): void {
    const { socket } = connection;
    connection.timer?.cancel();
    connection.slot = null;
    switch (result.kind) {
      case 'appendResult':
        respond(socket, '', AppendEntriesResponse, {
          ProtocolVersion: protocolVersion,
          Term: result.term,
          LastLog: result.lastLogIndex,
          Success: result.success,
          NoRetryBackoff: result.noRetryBackoff,
        });
        break;
      case 'voteResult':
        respond(socket, '', RequestVoteResponse, {
          ProtocolVersion: protocolVersion,
          Term: result.term,
          Peers: null,
          Granted: result.granted,
        });
        break;
      case 'snapshotResult':
        respond(socket, '', InstallSnapshotResponse, {
          ProtocolVersion: 0,
          Term: result.term,
          Success: result.success,
        });
        hangUp(socket);
        // Nothing more is expected, but the end of the connection has to be seen.
        socket.resume();
        return;
    }
    // The next request may be here already.
    process.nextTick(() => this.#pump(connection));
  }

  #node(): RaftNode | null {
    return this.#options.node();
  }

  /** Requests name addresses; the configuration knows whose they are. */
  #peer(address: string): Peer {
    const servers = this.#node()?.stats().configuration.servers ?? [];
    return { id: servers.find((s) => s.address === address)?.id ?? '', address };
  }
}

/** Every answer is finished before the next one begins: one buffer does for all. */
const answers = new Writer();

function respond<T>(socket: net.Socket, error: string, schema: Schema<T>, body: T): void {
  const writer = answers;
  writer.reset();
  encodeTo(writer, ErrorText, error);
  encodeTo(writer, schema, body);
  socket.write(writer.copy());
}

/** Exactly `size` bytes: first those at hand, then off the socket. Ends early when the sender hangs up. */
async function* exactly(socket: net.Socket, first: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  let left = size;
  if (first.length > 0) {
    yield first.subarray(0, Math.min(first.length, left));
    left -= Math.min(first.length, left);
  }
  if (left === 0) return;
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    const bytes = chunk as Uint8Array;
    yield bytes.subarray(0, Math.min(bytes.length, left));
    left -= Math.min(bytes.length, left);
    if (left === 0) return;
  }
  throw new Error('unexpected EOF');
}
