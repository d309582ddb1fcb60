/**
 * One outgoing Raft connection to one server: requests go out without waiting, answers come back in the same order (wire/raft,
 * section 1). A failure of any kind ends the connection and every request on it; the next request dials anew.
 */
import type net from 'node:net';
import { Decoder, MsgpackError, needMore } from '../../lib/msgpack/index.ts';
import type { Clock, Timer } from '../../lib/runtime.ts';
import type { Sockets } from '../../lib/sockets.ts';
import { ErrorText } from './wire.ts';

export interface Request {
  readonly bytes: Uint8Array;
  /** Called with the decoder standing at the response body. @returns false when more bytes are needed. */
  readonly onBody: (decoder: Decoder) => boolean;
  readonly onError: (error: Error) => void;
}

export interface ChannelOptions {
  readonly dial: () => { readonly host: string; readonly port: number };
  readonly firstByte: number;
  readonly timeoutMs: number;
  /** Requests under way at a time; more are refused. */
  readonly maxInFlight: number;
  readonly sockets: Sockets;
  readonly clock: Clock;
  /** The other end closed the connection while nothing was under way on it. */
  readonly onIdleLoss: () => void;
}

/** Thrown to the owner of a request that was lost. */
export class ChannelError extends Error {
  override readonly name = 'ChannelError';
}

export class PeerChannel {
  readonly #options: ChannelOptions;
  #socket: net.Socket | null = null;
  #decoder = new Decoder();
  #waiting: Request[] = [];
  /** Header of the answer at hand: its error text, once read. */
  #errorText: string | null = null;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: ChannelOptions) {
    this.#options = options;
  }

  get inFlight(): number {
    return this.#waiting.length;
  }

  send(request: Request): void {
    if (this.#closed || this.#waiting.length >= this.#options.maxInFlight) {
      request.onError(new ChannelError(this.#closed ? 'transport shutdown' : 'too many requests in flight'));
      return;
    }
    const socket = this.#socket ?? this.#dial();
    this.#waiting.push(request);
    if (this.#waiting.length === 1) this.#watch();
    if (socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(() => socket.uncork());
    }
    socket.write(request.bytes);
  }

  close(): void {
    this.#closed = true;
    this.#fail(new ChannelError('transport shutdown'));
  }

  #dial(): net.Socket {
    const socket = this.#options.sockets.connect({ ...this.#options.dial(), noDelay: true, keepAlive: true });
    this.#socket = socket;
    this.#decoder = new Decoder();
    this.#errorText = null;
    socket.write(Uint8Array.of(this.#options.firstByte));
    socket.on('data', (chunk: Uint8Array) => {
      if (this.#socket === socket) this.#receive(chunk);
    });
    socket.on('error', (error) => this.#lost(socket, error));
    socket.on('close', () => this.#lost(socket, new ChannelError('EOF')));
    return socket;
  }

  #receive(chunk: Uint8Array): void {
    this.#decoder.push(chunk);
    try {
      while (this.#waiting.length > 0) {
        if (this.#errorText === null) {
          const text = this.#decoder.next(ErrorText);
          if (text === needMore) return;
          this.#errorText = text;
        }
        const request = this.#waiting[0] as Request;
        if (this.#errorText !== '') {
          if (this.#decoder.nextRaw() === needMore) return;
          const text = this.#errorText;
          this.#answered();
          request.onError(new ChannelError(text));
          continue;
        }
        if (!request.onBody(this.#decoder)) return;
        this.#answered();
      }
    } catch (error) {
      if (!(error instanceof MsgpackError)) throw error;
      this.#fail(error);
    }
  }

  #answered(): void {
    this.#waiting.shift();
    this.#errorText = null;
    this.#watch();
  }

  /** The oldest request has this long to be answered. */
  #watch(): void {
    this.#timer?.cancel();
    if (this.#waiting.length === 0) return;
    this.#timer = this.#options.clock.after(this.#options.timeoutMs, () => this.#fail(new ChannelError('i/o timeout')));
  }

  #lost(socket: net.Socket, error: Error): void {
    if (this.#socket !== socket) return;
    const idle = this.#waiting.length === 0;
    this.#fail(error);
    if (idle && !this.#closed) this.#options.onIdleLoss();
  }

  #fail(error: Error): void {
    this.#timer?.cancel();
    const socket = this.#socket;
    const waiting = this.#waiting;
    this.#socket = null;
    this.#waiting = [];
    socket?.destroy();
    for (const request of waiting) request.onError(error);
  }
}
