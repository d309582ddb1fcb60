/** The calling side of gRPC on the RPC port: one HTTP/2 connection to one server at a time, shared by all streams, looked after by pings. */

import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import type net from 'node:net';
import { FrameReader, frame } from '../../lib/grpc/frames.ts';
import { codes, GrpcError, statusOf, statusOfHttp } from '../../lib/grpc/status.ts';
import { messageOf } from '../../lib/message-of.ts';
import type { Clock, Timer } from '../../lib/runtime.ts';
import { firstBytes } from './listener.ts';

export interface GrpcClientOptions {
  /** A connection to whatever server is to be asked now; rejects when there is none. */
  readonly dial: () => Promise<net.Socket>;
  /** The server that was dialled last did not do. */
  readonly onFailed: () => void;
  readonly clock: Clock;
}

const pingIntervalMs = 30_000;
const pingTimeoutMs = 10_000;
/** For a server that is said to be gone. */
const doubtTimeoutMs = 3_000;
const settingsTimeoutMs = 10_000;
const maxMessageBytes = 16 * 1024 * 1024;
/** What a server may send before it was read, for all streams together. */
const windowBytes = 8 * 1024 * 1024;

export class GrpcClient {
  readonly #options: GrpcClientOptions;
  #session: Promise<ClientHttp2Session> | null = null;
  #closed = false;

  constructor(options: GrpcClientOptions) {
    this.#options = options;
  }

  /**
   * Calls with one message; `onMessage` gets the answers as they come. Resolves when the server ends the call well.
   * @throws GrpcError; code `unavailable` when there is no connection, or no more
   */
  async stream(
    path: string,
    request: Uint8Array,
    onMessage: (message: Uint8Array) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const session = await this.#connected();
    if (signal.aborted) throw signal.reason;
    await new Promise<void>((resolve, reject) => {
      const stream = session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      const reader = new FrameReader(maxMessageBytes);
      let status: GrpcError | undefined;
      let settled = false;
      const settle = (error: unknown): void => {
        if (settled) return;
        settled = true;
        signal.removeEventListener('abort', abort);
        if (!stream.destroyed) stream.close(session.destroyed ? undefined : 8);
        if (error === null) resolve();
        else reject(error);
      };
      const abort = (): void => settle(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      stream.on('response', (headers) => {
        status = statusOf(headers) ?? statusOfHttp(Number(headers[':status']));
      });
      stream.on('trailers', (trailers) => {
        status = statusOf(trailers) ?? status;
      });
      stream.on('data', (chunk: Buffer) => {
        if (settled) return;
        try {
          for (const message of reader.push(chunk)) onMessage(message);
        } catch (error) {
          settle(error);
        }
      });
      stream.on('error', (error) => settle(new GrpcError(codes.unavailable, error.message, { cause: error })));
      stream.on('end', () => {
        if (status === undefined) settle(new GrpcError(codes.unavailable, 'the connection is lost'));
        else settle(status.code === codes.ok ? null : status);
        // The server itself cannot go on: all streams are better off with another one.
        if (status?.code === codes.unavailable) session.destroy();
      });
      stream.on('close', () => settle(new GrpcError(codes.unavailable, 'the connection is lost')));
      stream.end(frame(request));
    });
  }

  /** Somebody says that a server is gone: if it is this one, its streams are soon free to go on with another. */
  doubt(): void {
    this.#session?.then(
      (session) => this.#ping(session, doubtTimeoutMs, () => {}),
      () => {},
    );
  }

  close(): void {
    this.#closed = true;
    this.#session?.then(
      (session) => session.destroy(),
      () => {},
    );
  }

  #connected(): Promise<ClientHttp2Session> {
    if (this.#closed) return Promise.reject(new GrpcError(codes.unavailable, 'the agent stops'));
    if (this.#session === null) {
      const session = this.#open();
      const forget = (): void => {
        if (this.#session === session) this.#session = null;
      };
      this.#session = session;
      session.then((open) => {
        const lost = (): void => {
          forget();
          if (!this.#closed) this.#options.onFailed();
        };
        if (open.destroyed) lost();
        else open.once('close', lost);
        if (this.#closed) open.destroy();
      }, forget);
    }
    return this.#session;
  }

  async #open(): Promise<ClientHttp2Session> {
    const { connect } = await import('node:http2');
    let socket: net.Socket;
    try {
      socket = await this.#options.dial();
    } catch (error) {
      this.#options.onFailed();
      throw new GrpcError(codes.unavailable, messageOf(error), { cause: error });
    }
    // HTTP/2 takes over what is below the socket: a write still under way there, encrypted, would end the process.
    await new Promise<void>((resolve, reject) => {
      const fail = (): void => reject(new GrpcError(codes.unavailable, 'the connection is lost'));
      socket.once('close', fail);
      socket.write(Uint8Array.of(firstBytes.grpc), (error) => {
        socket.off('close', fail);
        if (error) fail();
        else resolve();
      });
    });
    const session = connect('http://consul', { createConnection: () => socket });
    // Servers that do not offer it close the connection at once.
    const failed = once(session, 'close').then(() => {
      throw new GrpcError(codes.unimplemented, 'the server offers no streams');
    });
    failed.catch(() => {});
    session.on('error', () => {});
    const patience = this.#options.clock.after(settingsTimeoutMs, () => session.destroy());
    await Promise.race([once(session, 'remoteSettings').catch(() => failed), failed]).finally(() => patience.cancel());
    session.setLocalWindowSize(windowBytes);
    this.#keepAlive(session);
    return session;
  }

  #keepAlive(session: ClientHttp2Session): void {
    const { clock } = this.#options;
    let timer: Timer;
    const next = (): void => {
      timer = clock.after(pingIntervalMs, () => this.#ping(session, pingTimeoutMs, next));
    };
    next();
    session.once('close', () => timer.cancel());
  }

  /** Ends a connection on which it is not answered. */
  #ping(session: ClientHttp2Session, timeoutMs: number, onAnswer: () => void): void {
    if (session.destroyed || session.closed) return;
    const timer = this.#options.clock.after(timeoutMs, () => session.destroy());
    session.ping((error) => {
      timer.cancel();
      if (error === null && !session.destroyed) onAnswer();
      else session.destroy();
    });
  }
}
