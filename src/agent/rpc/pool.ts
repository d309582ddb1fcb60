/**
 * Connections to servers: one yamux session per server, streams reused one call after another (wire facts of port 8300, section 2,
 * "Connection pool").
 */
import { messageOf } from '../../lib/message-of.ts';
import type { Clock, Timer } from '../../lib/runtime.ts';
import type { Sockets } from '../../lib/sockets.ts';
import { dialServer } from './dial.ts';
import { firstBytes } from './listener.ts';
import type { Args, MethodName, Reply } from './signatures.ts';
import { wireOf } from './socket.ts';
import { ConnectionError, StreamClient } from './stream-client.ts';
import { YamuxSession } from './yamux/session.ts';

export interface PoolOptions {
  readonly sockets: Sockets;
  readonly clock: Clock;
  /** Idle streams kept per server. */
  readonly maxStreams: number;
  /** A session unused for this long is closed. */
  readonly idleMs: number;
}

interface Session {
  readonly yamux: YamuxSession;
  readonly idle: StreamClient[];
  inUse: number;
  idleTimer: Timer | undefined;
}

export class ConnectionPool {
  readonly #options: PoolOptions;
  readonly #sessions = new Map<string, Promise<Session>>();
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /**
   * @param address `host:port` of a server
   * @throws RemoteError with the server's text, ConnectionError when it could not be reached or answered no more
   */
  async call<M extends MethodName>(address: string, method: M, args: Args<M>, signal?: AbortSignal): Promise<Reply<M>> {
    const session = await this.#session(address);
    session.idleTimer?.cancel();
    session.inUse++;
    let stream: StreamClient | undefined;
    try {
      do stream = session.idle.pop();
      while (stream !== undefined && !stream.usable);
      stream ??= this.#open(session);
      return await stream.call(method, args, signal);
    } finally {
      session.inUse--;
      if (stream?.usable === true) {
        if (session.idle.length < this.#options.maxStreams && !session.yamux.closed) session.idle.push(stream);
        else stream.close();
      }
      if (session.inUse === 0 && !session.yamux.closed) {
        session.idleTimer = this.#options.clock.after(this.#options.idleMs, () => session.yamux.close());
      }
    }
  }

  close(): void {
    this.#closed = true;
    for (const session of this.#sessions.values()) {
      session.then(
        (s) => s.yamux.close(),
        () => {},
      );
    }
    this.#sessions.clear();
  }

  #open(session: Session): StreamClient {
    try {
      return new StreamClient(session.yamux.open());
    } catch (error) {
      throw new ConnectionError(messageOf(error), { cause: error });
    }
  }

  #session(address: string): Promise<Session> {
    if (this.#closed) return Promise.reject(new ConnectionError('rpc error: shutdown'));
    let session = this.#sessions.get(address);
    if (session === undefined) {
      const forget = (): void => {
        if (this.#sessions.get(address) === dialled) this.#sessions.delete(address);
      };
      const dialled = this.#dial(address, forget);
      this.#sessions.set(address, dialled);
      dialled.catch(forget);
      session = dialled;
    }
    return session;
  }

  /** `onEnd` is called when nothing more can be asked of it: before the socket has closed, which a dead peer can delay for long. */
  async #dial(address: string, onEnd: () => void): Promise<Session> {
    const socket = await dialServer(this.#options, address);
    socket.write(Uint8Array.of(firstBytes.multiplex));
    const wire = wireOf(socket);
    const end = (error: Error | null): void => {
      session.idleTimer?.cancel();
      onEnd();
      wire.close(error);
    };
    const yamux = new YamuxSession({
      side: 'client',
      wire: { write: wire.write, close: end },
      clock: this.#options.clock,
      // Servers do not call back.
      onStream: (stream) => stream.reset(),
    });
    const session: Session = { yamux, idle: [], inUse: 0, idleTimer: undefined };
    socket.on('data', (chunk: Uint8Array) => yamux.receive(chunk));
    socket.on('error', (error) => yamux.close(error));
    const eof = (): void => yamux.close(new ConnectionError('EOF'));
    // Whoever says no more answers no more: calls from here on dial anew.
    socket.on('end', eof);
    socket.on('close', eof);
    return session;
  }
}
