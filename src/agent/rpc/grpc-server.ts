/** gRPC on the RPC port: HTTP/2 with prior knowledge on connections that were accepted elsewhere. Calls take one message and answer with many. */
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { FrameReader, frame } from '../../lib/grpc/frames.ts';
import { codes, GrpcError, trailersOf } from '../../lib/grpc/status.ts';
import { messageOf } from '../../lib/message-of.ts';
import type { Logger } from '../telemetry/api.ts';

export interface GrpcCall {
  readonly request: Uint8Array;
  /** Aborts when the caller is gone. */
  readonly signal: AbortSignal;
  /** Resolves when there is room for the next; the message is shared by all who are sent it. Rejects when the caller is gone. */
  send(message: Uint8Array): Promise<void>;
}

/** Resolves at the end of a call. A GrpcError is how it ends, any other error is an internal one. */
export type GrpcMethod = (call: GrpcCall) => Promise<void>;

export interface GrpcServerOptions {
  /** By path: `/package.Service/Method`. */
  readonly methods: ReadonlyMap<string, GrpcMethod>;
  readonly logger: Logger;
}

/** Streams of one connection: a client has one for each service that it follows. */
const maxStreams = 16_384;
/** MB */
const maxSessionMemory = 256;
const maxRequestBytes = 64 * 1024;

export class GrpcServer {
  readonly #options: GrpcServerOptions;
  readonly #sessions = new Set<ServerHttp2Session>();
  #closed = false;

  constructor(options: GrpcServerOptions) {
    this.#options = options;
  }

  /** Takes over a connection; `rest` was read already. */
  async accept(socket: Duplex, rest: Uint8Array): Promise<void> {
    socket.pause();
    if (rest.length > 0) socket.unshift(rest);
    // Not loaded where nobody asks.
    const { performServerHandshake } = await import('node:http2');
    if (this.#closed || socket.destroyed) {
      socket.destroy();
      return;
    }
    const session = performServerHandshake(socket, {
      settings: { maxConcurrentStreams: maxStreams },
      maxSessionMemory,
    });
    this.#sessions.add(session);
    session.on('error', (error) => this.#options.logger.debug('connection failed', { error: error.message }));
    session.once('close', () => this.#sessions.delete(session));
    session.on('stream', (stream, headers) => void this.#serve(stream, String(headers[':path'] ?? '')));
  }

  close(): void {
    this.#closed = true;
    for (const session of this.#sessions) session.destroy();
  }

  async #serve(stream: ServerHttp2Stream, path: string): Promise<void> {
    const gone = new AbortController();
    stream.once('close', () => gone.abort(new GrpcError(codes.unavailable, 'the caller is gone')));
    stream.on('error', () => {});
    try {
      const method = this.#options.methods.get(path);
      if (method === undefined) throw new GrpcError(codes.unimplemented, `unknown method ${path}`);
      const request = await requestOf(stream);
      await method({ request, signal: gone.signal, send: (message) => send(stream, message) });
      end(stream, { code: codes.ok, message: '' });
    } catch (error) {
      if (gone.signal.aborted) return;
      if (!(error instanceof GrpcError)) this.#options.logger.error('call failed', { path, error: messageOf(error) });
      end(stream, error instanceof GrpcError ? error : { code: codes.internal, message: messageOf(error) });
    }
  }
}

const responseHeaders = { ':status': 200, 'content-type': 'application/grpc' } as const;

function requestOf(stream: ServerHttp2Stream): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const reader = new FrameReader(maxRequestBytes);
    stream.on('data', (chunk: Buffer) => {
      try {
        const [message] = reader.push(chunk);
        if (message !== undefined) resolve(message);
      } catch (error) {
        reject(error);
      }
    });
    const incomplete = (): void => reject(new GrpcError(codes.invalidArgument, 'there is no request'));
    stream.once('end', incomplete);
    stream.once('close', incomplete);
  });
}

async function send(stream: ServerHttp2Stream, message: Uint8Array): Promise<void> {
  if (stream.destroyed || stream.closed) throw new GrpcError(codes.unavailable, 'the caller is gone');
  if (!stream.headersSent) begin(stream);
  if (stream.write(frame(message))) return;
  await new Promise<void>((resolve, reject) => {
    const done = (settle: () => void) => (): void => {
      stream.off('drain', drained);
      stream.off('close', closed);
      settle();
    };
    const drained = done(resolve);
    const closed = done(() => reject(new GrpcError(codes.unavailable, 'the caller is gone')));
    stream.once('drain', drained);
    stream.once('close', closed);
  });
}

/** The status comes behind the last message. */
function begin(stream: ServerHttp2Stream): void {
  stream.respond(responseHeaders, { waitForTrailers: true });
}

function end(stream: ServerHttp2Stream, status: Pick<GrpcError, 'code' | 'message'>): void {
  if (stream.destroyed || stream.closed) return;
  if (!stream.headersSent && status.code !== codes.ok) {
    stream.respond({ ...responseHeaders, ...trailersOf(status) }, { endStream: true });
    return;
  }
  if (!stream.headersSent) begin(stream);
  stream.once('wantTrailers', () => stream.sendTrailers(trailersOf(status)));
  stream.end();
}
