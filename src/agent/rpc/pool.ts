/**
 * Connections to servers: one yamux session per server, streams reused one call after another (wire facts of port 8300, section 2,
 * "Connection pool").
 */
import { messageOf } from '../../lib/message-of.ts';
import type { Clock, Timer } from '../../lib/runtime.ts';
import type { Sockets } from '../../lib/sockets.ts';
import { dialServer, notOpened } from './dial.ts';
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
  /** Calls from here on dial anew. */
  readonly forget: () => void;
}

/** A session, or one in the making. */
interface Dialled {
  readonly opening: Promise<Session>;
  readonly giveUp: (reason: Error) => void;
  session: Session | null;
}

export class ConnectionPool {
  readonly #options: PoolOptions;
  readonly #sessions = new Map<string, Dialled>();
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /**
   * @param address `host:port` of a server
   * @throws RemoteError with the server's text, ConnectionError when it could not be reached or answered no more, the signal's reason
   */
  async call<M extends MethodName>(address: string, method: M, args: Args<M>, signal?: AbortSignal): Promise<Reply<M>> {
    const dialled = this.#session(address);
    const session = dialled.session ?? (await unlessAborted(dialled.opening, signal));
    session.idleTimer?.cancel();
    session.inUse++;
    let stream: StreamClient | undefined;
    try {
      do stream = session.idle.pop();
      while (stream !== undefined && !stream.usable);
      stream ??= await this.#open(session);
      return await stream.call(method, args, signal);
    } finally {
      session.inUse--;
      if (stream?.usable === true) {
        if (session.idle.length < this.#options.maxStreams && !session.yamux.closed) session.idle.push(stream);
        else stream.close();
      }
      if (session.inUse === 0 && !session.yamux.closed) this.#closeWhenIdle(session);
    }
  }

  /** Somebody says that this server is gone: whoever waits for its answers gets to know soon if that is true. */
  doubt(address: string): void {
    const dialled = this.#sessions.get(address);
    if (dialled?.session) dialled.session.yamux.doubt();
    else dialled?.giveUp(new Error(`dial tcp ${address}: no answer from a server that is said to be gone`));
  }

  close(): void {
    this.#closed = true;
    for (const { opening, giveUp } of this.#sessions.values()) {
      giveUp(new Error('shutdown'));
      opening.then(
        (s) => s.yamux.close(),
        () => {},
      );
    }
    this.#sessions.clear();
  }

  #closeWhenIdle(session: Session): void {
    session.idleTimer = this.#options.clock.after(this.#options.idleMs, () => session.yamux.close());
  }

  /** Nothing was asked when this fails. */
  async #open(session: Session): Promise<StreamClient> {
    try {
      return new StreamClient(await session.yamux.openInTurn());
    } catch (error) {
      session.forget();
      throw new ConnectionError(`rpc error getting client: ${notOpened}: ${messageOf(error)}`, { cause: error });
    }
  }

  #session(address: string): Dialled {
    if (this.#closed) throw new ConnectionError('rpc error: shutdown');
    const known = this.#sessions.get(address);
    if (known !== undefined) return known;
    const forget = (): void => {
      if (this.#sessions.get(address) === dialled) this.#sessions.delete(address);
    };
    const dialing = new AbortController();
    const dialled: Dialled = {
      opening: this.#dial(address, forget, dialing.signal),
      giveUp: (reason) => dialing.abort(reason),
      session: null,
    };
    this.#sessions.set(address, dialled);
    dialled.opening.then((session) => {
      dialled.session = session;
    }, forget);
    return dialled;
  }

  /** `forget` is called when nothing more can be asked of it: before the socket has closed, which a dead peer can delay for long. */
  async #dial(address: string, forget: () => void, signal: AbortSignal): Promise<Session> {
    const socket = await dialServer(this.#options, address, signal);
    socket.write(Uint8Array.of(firstBytes.multiplex));
    const wire = wireOf(socket);
    const end = (error: Error | null): void => {
      session.idleTimer?.cancel();
      forget();
      wire.close(error);
    };
    const yamux = new YamuxSession({
      side: 'client',
      wire: { write: wire.write, close: end },
      clock: this.#options.clock,
      // Servers do not call back.
      onStream: (stream) => stream.reset(),
    });
    const session: Session = { yamux, idle: [], inUse: 0, idleTimer: undefined, forget };
    // Whoever asked for it may have gone.
    this.#closeWhenIdle(session);
    socket.on('data', (chunk: Uint8Array) => yamux.receive(chunk));
    socket.on('error', (error) => yamux.close(error));
    const eof = (): void => yamux.close(new ConnectionError('EOF'));
    // Whoever says no more answers no more: calls from here on dial anew.
    socket.on('end', eof);
    socket.on('close', eof);
    return session;
  }
}

/** Whoever gave up does not wait for a connection that may take long to fail; others still may want it. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
