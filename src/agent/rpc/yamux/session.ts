/**
 * A yamux session over one connection, without I/O of its own: bytes come in by `receive`, go out by `Wire.write`, time comes
 * from the clock. Either side may open streams; every stream is acknowledged at once (wire facts of port 8300, section 2).
 */
import type { Clock, Timer } from '../../../lib/runtime.ts';
import {
  decodeHeader,
  encodeData,
  encodeHeader,
  flags,
  frameTypes,
  goAwayCodes,
  headerBytes,
  YamuxError,
} from './frame.ts';
import { YamuxStream } from './stream.ts';

export interface Wire {
  write(bytes: Uint8Array): void;
  /** The session is over; `error` is null after a clean end. */
  close(error: Error | null): void;
}

export interface SessionOptions {
  readonly side: 'client' | 'server';
  readonly wire: Wire;
  readonly clock: Clock;
  readonly onStream: (stream: YamuxStream) => void;
}

/**
 * Streams opened by the peer beyond this many at a time are reset: one connection must not exhaust us. Every blocking query that a
 * client agent passes on is one.
 */
const acceptLimit = 65_536;
const pingIntervalMs = 30_000;
/** How long a peer may take to answer a ping ... */
const pingTimeoutMs = 10_000;
/** ... and one that is said to be gone. */
const doubtTimeoutMs = 3_000;
/** A peer that does not acknowledge a stream for this long has lost it, and with it the count of our streams. */
const ackTimeoutMs = 75_000;
/** Streams opened but not acknowledged yet; more are not opened. */
const unackedLimit = 256;
/** Payloads up to this size travel in one piece with their header. */
const joinBytes = 16 * 1024;
const noBytes = new Uint8Array(0);

export class YamuxSession {
  readonly #options: SessionOptions;
  readonly #streams = new Map<number, YamuxStream>();
  #nextId: number;
  #accepted = 0;
  #buffer: Uint8Array = noBytes;
  /** Payload bytes of a data frame that are still to come, and for whom (null: discarded). */
  #pendingBytes = 0;
  #pendingStream: YamuxStream | null = null;
  #pendingFlags = 0;
  #remoteGone = false;
  #localGone = false;
  #closed = false;
  #pingId = 0;
  #keepAlive: Timer;
  #pingDeadline: Timer | undefined;
  #doubted = false;
  /** Streams of ours that the peer has not acknowledged, oldest first, with the time they were opened. */
  readonly #unacked = new Map<number, number>();
  #ackDeadline: Timer | undefined;
  /** Those who wait until a stream may be opened, in turn. */
  #waiting: (() => void)[] = [];

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#nextId = options.side === 'client' ? 1 : 2;
    this.#keepAlive = options.clock.after(pingIntervalMs, () => this.#ping(pingTimeoutMs));
  }

  get closed(): boolean {
    return this.#closed;
  }

  get streamCount(): number {
    return this.#streams.size;
  }

  /** `open` as soon as the peer has acknowledged enough of those before. */
  async openInTurn(): Promise<YamuxStream> {
    while (this.#unacked.size >= unackedLimit && !this.#closed) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return this.open();
  }

  /** @throws YamuxError when the peer takes no more streams or has too many to acknowledge, or the session is over. */
  open(): YamuxStream {
    if (this.#closed) throw new YamuxError('session shutdown');
    if (this.#remoteGone) throw new YamuxError('remote end is not accepting connections');
    if (this.#unacked.size >= unackedLimit) throw new YamuxError('too many streams wait to be acknowledged');
    const stream = this.#add(this.#nextId);
    this.#nextId += 2;
    this.#unacked.set(stream.id, this.#options.clock.nowMs());
    this.#ackDeadline ??= this.#options.clock.after(ackTimeoutMs, () => this.#checkAcks());
    this.#send(encodeHeader(frameTypes.windowUpdate, flags.syn, stream.id, 0));
    return stream;
  }

  /** Looks at once whether the peer still answers, with less patience than usual: there is reason to believe that it does not. */
  doubt(): void {
    if (this.#closed || this.#doubted) return;
    this.#doubted = true;
    this.#ping(doubtTimeoutMs);
  }

  /** Says that no more streams will be taken; those that run may finish. */
  goAway(): void {
    if (this.#closed || this.#localGone) return;
    this.#localGone = true;
    this.#send(encodeHeader(frameTypes.goAway, 0, 0, goAwayCodes.normal));
  }

  /** Takes bytes off the connection, in any cut. Never throws: a broken peer ends the session. */
  receive(chunk: Uint8Array): void {
    if (this.#closed) return;
    try {
      this.#consume(chunk);
    } catch (error) {
      if (!(error instanceof YamuxError)) throw error;
      this.close(error);
    }
  }

  /** Ends the session and every stream in it. */
  close(error: Error | null = null): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#keepAlive.cancel();
    this.#pingDeadline?.cancel();
    this.#ackDeadline?.cancel();
    for (const stream of [...this.#streams.values()]) stream.abort(error ?? new YamuxError('session shutdown'));
    for (const go of this.#waiting.splice(0)) go();
    this.#options.wire.close(error);
  }

  #consume(chunk: Uint8Array): void {
    let bytes = chunk;
    if (this.#buffer.length > 0) {
      bytes = new Uint8Array(this.#buffer.length + chunk.length);
      bytes.set(this.#buffer);
      bytes.set(chunk, this.#buffer.length);
      this.#buffer = noBytes;
    }
    let at = 0;
    while (at < bytes.length && !this.#closed) {
      if (this.#pendingBytes > 0) {
        const size = Math.min(this.#pendingBytes, bytes.length - at);
        this.#pendingBytes -= size;
        this.#data(bytes.subarray(at, at + size));
        at += size;
        continue;
      }
      if (bytes.length - at < headerBytes) {
        this.#buffer = bytes.slice(at);
        return;
      }
      this.#frame(bytes, at);
      at += headerBytes;
    }
  }

  #frame(bytes: Uint8Array, at: number): void {
    const header = decodeHeader(bytes, at);
    switch (header.type) {
      case frameTypes.ping:
        this.#onPing(header.flags, header.length);
        return;
      case frameTypes.goAway:
        this.#onGoAway(header.length);
        return;
      default:
    }
    if ((header.flags & flags.syn) !== 0) this.#accept(header.streamId);
    if ((header.flags & (flags.ack | flags.rst)) !== 0 && this.#unacked.delete(header.streamId))
      this.#waiting.shift()?.();
    const stream = this.#streams.get(header.streamId) ?? null;
    if (header.type === frameTypes.data) {
      this.#pendingBytes = header.length;
      this.#pendingStream = stream;
      this.#pendingFlags = header.flags;
      if (header.length === 0) this.#flagsOf(stream, header.flags);
      return;
    }
    stream?.grant(header.length);
    this.#flagsOf(stream, header.flags);
  }

  #data(payload: Uint8Array): void {
    const stream = this.#pendingStream;
    if (stream !== null && !stream.receive(payload)) this.#violation('receive window exceeded');
    if (this.#pendingBytes === 0) this.#flagsOf(stream, this.#pendingFlags);
  }

  #flagsOf(stream: YamuxStream | null, bits: number): void {
    if (stream === null) return;
    if ((bits & flags.fin) !== 0 && !stream.receiveFin()) this.#violation('unexpected FIN');
    if ((bits & flags.rst) !== 0) stream.abort(new YamuxError('stream reset'));
  }

  #accept(id: number): void {
    if (this.#streams.has(id)) this.#violation('duplicate stream initiated');
    if (this.#localGone || this.#accepted >= acceptLimit) {
      this.#send(encodeHeader(frameTypes.windowUpdate, flags.rst, id, 0));
      return;
    }
    const stream = this.#add(id);
    this.#accepted++;
    this.#send(encodeHeader(frameTypes.windowUpdate, flags.ack, id, 0));
    this.#options.onStream(stream);
  }

  #add(id: number): YamuxStream {
    const stream = new YamuxStream(id, {
      sendData: (of, payload) => {
        if (payload.length <= joinBytes) return this.#send(encodeData(of, payload));
        this.#send(encodeHeader(frameTypes.data, 0, of, payload.length));
        this.#send(payload);
      },
      sendWindow: (of, bits, credit) => this.#send(encodeHeader(frameTypes.windowUpdate, bits, of, credit)),
      retire: (of) => {
        if (this.#streams.delete(of) && of % 2 !== this.#nextId % 2) this.#accepted--;
      },
    });
    this.#streams.set(id, stream);
    return stream;
  }

  #onPing(bits: number, id: number): void {
    if ((bits & flags.syn) !== 0) {
      this.#send(encodeHeader(frameTypes.ping, flags.ack, 0, id));
      return;
    }
    if (id !== this.#pingId) return;
    this.#doubted = false;
    this.#pingDeadline?.cancel();
  }

  #checkAcks(): void {
    this.#ackDeadline = undefined;
    const [oldestMs] = this.#unacked.values();
    if (oldestMs === undefined) return;
    const leftMs = oldestMs + ackTimeoutMs - this.#options.clock.nowMs();
    if (leftMs <= 0) this.close(new YamuxError('stream open was not acknowledged'));
    else this.#ackDeadline = this.#options.clock.after(leftMs, () => this.#checkAcks());
  }

  #ping(timeoutMs: number): void {
    this.#pingDeadline?.cancel();
    this.#keepAlive.cancel();
    this.#pingId++;
    this.#send(encodeHeader(frameTypes.ping, flags.syn, 0, this.#pingId));
    const { clock } = this.#options;
    this.#pingDeadline = clock.after(timeoutMs, () => this.close(new YamuxError('keepalive timeout')));
    this.#keepAlive = clock.after(pingIntervalMs, () => this.#ping(pingTimeoutMs));
  }

  #onGoAway(code: number): void {
    if (code === goAwayCodes.normal) {
      this.#remoteGone = true;
      return;
    }
    if (code === goAwayCodes.protocolError) throw new YamuxError('yamux protocol error');
    if (code === goAwayCodes.internalError) throw new YamuxError('remote yamux internal error');
    throw new YamuxError('unexpected go away received');
  }

  /** The peer broke the protocol: it is told so, and the session ends. */
  #violation(reason: string): never {
    this.#send(encodeHeader(frameTypes.goAway, 0, 0, goAwayCodes.protocolError));
    throw new YamuxError(reason);
  }

  #send(bytes: Uint8Array): void {
    if (!this.#closed) this.#options.wire.write(bytes);
  }
}
