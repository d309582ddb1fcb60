/** Snapshots between agents: a connection for each, first byte 5 (wire facts of port 8300, section 7). Both sides. */
import { once } from 'node:events';
import type net from 'node:net';
import { messageOf } from '../../lib/message-of.ts';
import { Decoder, encodeTo, MsgpackError, needMore, Writer } from '../../lib/msgpack/index.ts';
import { hangUp, opened, type Sockets } from '../../lib/sockets.ts';
import { QueryMeta } from '../../structs/common.ts';
import { SnapshotRequest, SnapshotResponse } from '../../structs/internal.ts';
import { make } from '../../structs/make.ts';
import type { Schema } from '../../structs/schema.ts';
import { fromRemote } from '../errors.ts';
import type { Logger } from '../telemetry/api.ts';
import { metaOf } from './codec.ts';
import { notOpened } from './dial.ts';
import { firstBytes } from './listener.ts';
import { ConnectionError } from './stream-client.ts';

export const snapshotOps = { save: 0, restore: 1 } as const;

export interface SnapshotQuestion {
  readonly Datacenter: string;
  readonly Token: string;
  readonly AllowStale: boolean;
}

export interface SavedSnapshot {
  readonly meta: QueryMeta;
  /** The gzipped archive. */
  readonly archive: AsyncIterable<Uint8Array>;
}

/** Whoever saves and restores: this server, or the way to one. */
export interface Snapshots {
  save(question: SnapshotQuestion, signal: AbortSignal): Promise<SavedSnapshot>;
  restore(question: SnapshotQuestion, archive: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
}

const dialTimeoutMs = 10_000;
/** A server begins to answer at once; one that hangs with its connections open never does. */
const silenceMs = 60_000;
/** A request or response of this kind is small. */
const headLimitBytes = 64 * 1024;

/** @throws RpcError with what the server answered, ConnectionError when it could not be reached */
export async function saveFrom(
  sockets: Sockets,
  address: string,
  question: SnapshotQuestion,
  signal: AbortSignal,
): Promise<SavedSnapshot> {
  const socket = await dial(sockets, address, signal);
  const incoming = new Incoming(socket);
  try {
    ask(socket, question, snapshotOps.save);
    socket.end();
    socket.setTimeout(silenceMs, () => socket.destroy(new ConnectionError('i/o timeout')));
    const response = await incoming.value(SnapshotResponse);
    // From here on it goes as fast as whoever reads it.
    socket.setTimeout(0);
    if (response.Error !== '') throw fromRemote(`rpc error making call: ${response.Error}`);
    return { meta: metaOf(response), archive: closing(socket, incoming.rest()) };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

export async function restoreTo(
  sockets: Sockets,
  address: string,
  question: SnapshotQuestion,
  archive: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const socket = await dial(sockets, address, signal);
  const incoming = new Incoming(socket);
  try {
    ask(socket, question, snapshotOps.restore);
    const answer = incoming.value(SnapshotResponse);
    // A server that refuses does not wait for the rest.
    const sent = send(socket, archive).then(() => socket.end());
    await Promise.race([sent, answer.then(() => {})]);
    const { Error: refusal } = await answer;
    if (refusal !== '') throw fromRemote(`rpc error making call: ${refusal}`);
  } finally {
    socket.destroy();
  }
}

/** Serves one connection, from behind its first byte. */
export async function serveSnapshot(
  socket: net.Socket,
  rest: Uint8Array,
  snapshots: Snapshots,
  logger: Logger,
): Promise<void> {
  const gone = new AbortController();
  socket.once('close', () => gone.abort());
  socket.on('error', () => socket.destroy());
  socket.pause();
  if (rest.length > 0) socket.unshift(rest);
  const incoming = new Incoming(socket);
  try {
    const { Op, Datacenter, Token, AllowStale } = await incoming.value(SnapshotRequest);
    const question = { Datacenter, Token, AllowStale };
    if (Op === snapshotOps.save) {
      const { meta, archive } = await snapshots.save(question, gone.signal);
      respond(socket, '', meta);
      await send(socket, archive);
    } else if (Op === snapshotOps.restore) {
      await snapshots.restore(question, incoming.rest(), gone.signal);
      respond(socket, '', {});
    } else respond(socket, `unrecognized snapshot op type: ${Op}`, {});
    hangUp(socket);
  } catch (error) {
    if (gone.signal.aborted) return;
    logger.error('Failed to handle snapshot request', { error: messageOf(error) });
    respond(socket, messageOf(error), {});
    socket.destroySoon();
  }
}

async function dial(sockets: Sockets, address: string, signal: AbortSignal): Promise<net.Socket> {
  const at = address.lastIndexOf(':');
  const host = address.slice(0, at).replace(/^\[|\]$/g, '');
  const socket = sockets.connect({ host, port: Number(address.slice(at + 1)), allowHalfOpen: true, noDelay: true });
  const abort = (): void => void socket.destroy(new ConnectionError('aborted'));
  signal.addEventListener('abort', abort, { once: true });
  socket.once('close', () => signal.removeEventListener('abort', abort));
  // Reading tells of it too.
  socket.on('error', () => {});
  try {
    await opened(socket, AbortSignal.any([signal, AbortSignal.timeout(dialTimeoutMs)]));
  } catch (error) {
    socket.destroy();
    throw new ConnectionError(`rpc error getting client: ${notOpened}: ${messageOf(error)}`, { cause: error });
  }
  return socket;
}

function ask(socket: net.Socket, question: SnapshotQuestion, Op: number): void {
  const writer = new Writer();
  writer.byte(firstBytes.snapshot);
  encodeTo(writer, SnapshotRequest, { ...question, Op });
  socket.write(writer.copy());
}

function respond(socket: net.Socket, error: string, meta: Partial<QueryMeta>): void {
  if (socket.destroyed || socket.writableEnded) return;
  const writer = new Writer();
  encodeTo(writer, SnapshotResponse, { ...make(QueryMeta, meta), Error: error });
  socket.write(writer.copy());
}

async function send(socket: net.Socket, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of chunks) {
    if (socket.destroyed || socket.writableEnded) return;
    if (!socket.write(chunk)) await drained(socket);
  }
}

/** Resolves as well when the connection is gone. */
async function drained(socket: net.Socket): Promise<void> {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    await Promise.race([once(socket, 'drain', { signal }), once(socket, 'close', { signal })]);
  } finally {
    settled.abort();
  }
}

/** What comes in: one value first, then plain bytes until the other side has finished. */
class Incoming {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #decoder = new Decoder({ maxValueBytes: headLimitBytes });

  constructor(socket: net.Socket) {
    // Half of the connection may end before the other does.
    this.#chunks = (socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  }

  /** @throws ConnectionError for bytes that are none, or too few */
  async value<T>(schema: Schema<T>): Promise<T> {
    try {
      for (;;) {
        const value = this.#decoder.next(schema);
        if (value !== needMore) return value;
        const { done, value: chunk } = await this.#chunks.next();
        if (done === true) throw new ConnectionError('EOF');
        this.#decoder.push(chunk);
      }
    } catch (error) {
      if (error instanceof ConnectionError) throw error;
      const what = error instanceof MsgpackError ? 'failed to decode: ' : '';
      throw new ConnectionError(`${what}${messageOf(error)}`, { cause: error });
    }
  }

  async *rest(): AsyncGenerator<Uint8Array> {
    const early = this.#decoder.rest();
    if (early.length > 0) yield early;
    for (;;) {
      const { done, value } = await this.#chunks.next();
      if (done === true) return;
      yield value;
    }
  }
}

async function* closing(socket: net.Socket, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } finally {
    socket.destroy();
  }
}
