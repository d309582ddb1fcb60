/**
 * One stream of a yamux session: two half-connections with flow control. A stream never buffers more than the window it
 * granted, and what is written beyond the peer's window waits here until credit comes.
 */
import { initialWindowBytes } from './frame.ts';

/** What a stream asks of its session. */
export interface StreamPort {
  sendData(id: number, payload: Uint8Array): void;
  sendWindow(id: number, flagBits: number, credit: number): void;
  /** Both directions are over: the session forgets the id. */
  retire(id: number): void;
}

export interface StreamListener {
  onData(chunk: Uint8Array): void;
  /** No more data will come: the peer finished, reset the stream, or the session ended (`error` says why). */
  onEnd(error: Error | null): void;
}

/** What may wait for credit on one stream when more is written; a writer that does not look at `write`'s answer is cut off there. */
const writeLimitBytes = 16 * 1024 * 1024;

export class YamuxStream {
  readonly id: number;
  #listener: StreamListener | undefined;
  /** Data that came before there was a listener. */
  #early: Uint8Array[] = [];
  #ended: { readonly error: Error | null } | undefined;
  #sendWindow = initialWindowBytes;
  #receiveWindow = initialWindowBytes;
  /** Received but not yet handed on. */
  #unread = 0;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #finishing = false;
  #localDone = false;
  #remoteDone = false;
  #drained: (() => void)[] = [];
  readonly #port: StreamPort;

  constructor(id: number, port: StreamPort) {
    this.id = id;
    this.#port = port;
  }

  /** Hands on everything received so far, then each chunk as it comes. */
  listen(listener: StreamListener): void {
    this.#listener = listener;
    const early = this.#early;
    this.#early = [];
    for (const chunk of early) this.#deliver(chunk, listener);
    if (this.#ended !== undefined) listener.onEnd(this.#ended.error);
  }

  /**
   * True while more may be written at once; after false, await `drained` before going on. One payload may be of any size: it is in
   * memory already.
   */
  write(payload: Uint8Array): boolean {
    if (this.#finishing || this.#localDone) throw new Error('the stream is closed for writing');
    if (this.#waitingBytes >= writeLimitBytes) throw new Error('too much unsent data on a stream');
    this.#waiting.push(payload);
    this.#waitingBytes += payload.length;
    this.#flush();
    return this.#waitingBytes === 0;
  }

  /** Resolves when all that was written is handed to the connection (or the stream is over). */
  drained(): Promise<void> {
    if (this.#waitingBytes === 0 || this.#localDone) return Promise.resolve();
    return new Promise((done) => this.#drained.push(done));
  }

  /** Finishes this direction once everything written is out. */
  end(): void {
    if (this.#finishing || this.#localDone) return;
    this.#finishing = true;
    this.#flush();
  }

  /** Ends both directions at once. */
  reset(): void {
    if (this.#localDone && this.#remoteDone) return;
    this.#port.sendWindow(this.id, 8, 0);
    this.abort(new Error('stream reset'));
  }

  /** The peer gave credit. */
  grant(credit: number): void {
    this.#sendWindow += credit;
    this.#flush();
  }

  /** @returns false when the peer sent more than it was granted (a protocol error). */
  receive(chunk: Uint8Array): boolean {
    if (chunk.length > this.#receiveWindow) return false;
    this.#receiveWindow -= chunk.length;
    this.#unread += chunk.length;
    if (this.#listener === undefined) this.#early.push(chunk);
    else this.#deliver(chunk, this.#listener);
    return true;
  }

  /** @returns false for a second FIN (a protocol error). */
  receiveFin(): boolean {
    if (this.#remoteDone) return false;
    this.#remoteDone = true;
    this.#finish(null);
    this.#maybeRetire();
    return true;
  }

  /** Reset by the peer, or the session is over. Nothing is sent. */
  abort(error: Error): void {
    this.#localDone = true;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#release();
    if (!this.#remoteDone) {
      this.#remoteDone = true;
      this.#finish(error);
    }
    this.#maybeRetire();
  }

  #deliver(chunk: Uint8Array, listener: StreamListener): void {
    this.#unread -= chunk.length;
    // Credit is given back in lumps of at least half the window, before the chunk is worked on: the peer need not wait.
    const credit = initialWindowBytes - this.#unread - this.#receiveWindow;
    if (credit >= initialWindowBytes / 2 && !this.#remoteDone) {
      this.#receiveWindow += credit;
      this.#port.sendWindow(this.id, 0, credit);
    }
    listener.onData(chunk);
  }

  #flush(): void {
    while (this.#waitingBytes > 0 && this.#sendWindow > 0) {
      const head = this.#waiting[0] as Uint8Array;
      const size = Math.min(head.length, this.#sendWindow);
      if (size === head.length) this.#waiting.shift();
      else this.#waiting[0] = head.subarray(size);
      this.#waitingBytes -= size;
      this.#sendWindow -= size;
      if (size > 0) this.#port.sendData(this.id, head.subarray(0, size));
    }
    if (this.#waitingBytes > 0) return;
    this.#release();
    if (this.#finishing && !this.#localDone) {
      this.#localDone = true;
      this.#port.sendWindow(this.id, 4, 0);
      this.#maybeRetire();
    }
  }

  #release(): void {
    const waiters = this.#drained;
    this.#drained = [];
    for (const done of waiters) done();
  }

  #finish(error: Error | null): void {
    if (this.#ended !== undefined) return;
    this.#ended = { error };
    this.#listener?.onEnd(error);
  }

  #maybeRetire(): void {
    if (this.#localDone && this.#remoteDone) this.#port.retire(this.id);
  }
}
