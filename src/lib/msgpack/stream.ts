/**
 * Values out of a byte stream that arrives in pieces (RPC and Raft connections, snapshots): no length prefixes there,
 * so a value is first measured, then decoded once it is complete. The measuring resumes where it stopped.
 */
import type { Schema } from '../../structs/schema.ts';
import { decoderOf } from './decode.ts';
import { MsgpackError } from './errors.ts';
import { Reader, type ReaderOptions, skipValue } from './reader.ts';

/** Not enough bytes yet: push some and ask again. */
export const needMore: unique symbol = Symbol('needMore');
export type NeedMore = typeof needMore;

export interface DecoderOptions extends ReaderOptions {
  /** A longer value is an error instead of growing memory. Default 64 MiB. */
  readonly maxValueBytes?: number;
}

export class Decoder {
  /** Bytes taken by the values read so far. */
  consumedBytes = 0;
  private readonly options: DecoderOptions;
  private readonly maxValueBytes: number;
  private buf: Uint8Array = new Uint8Array(0);
  private start = 0;
  private end = 0;
  /** Whether the bytes behind `end` are ours to write. */
  private owned = false;
  private measured = 0;
  private pending = 1;

  constructor(options: DecoderOptions = {}) {
    this.options = options;
    this.maxValueBytes = options.maxValueBytes ?? 64 * 1024 * 1024;
  }

  get bufferedBytes(): number {
    return this.end - this.start;
  }

  /** Takes over `chunk`: nobody may write to it any more. */
  push(chunk: Uint8Array): void {
    const kept = this.end - this.start;
    if (kept === 0) {
      this.buf = chunk;
      this.owned = false;
    } else if (this.owned && this.end + chunk.length <= this.buf.length) {
      // Views that were handed out lie before `start`: appending does not touch them.
      this.buf.set(chunk, this.end);
      this.end += chunk.length;
      return;
    } else {
      const joined = Buffer.allocUnsafeSlow(Math.max(kept + chunk.length, 2 * kept));
      joined.set(this.buf.subarray(this.start, this.end));
      joined.set(chunk, kept);
      this.buf = joined;
      this.owned = true;
    }
    this.measured -= this.start;
    this.start = 0;
    this.end = kept + chunk.length;
  }

  /** The next value. Throws MsgpackError; the stream is then unusable. */
  next<T>(schema: Schema<T>): T | NeedMore {
    if (!this.isComplete()) return needMore;
    const reader = new Reader(this.buf, this.start, this.measured, this.options);
    const value = decoderOf(schema)(reader) as T;
    this.advance(this.measured);
    return value;
  }

  /** The encoded form of the next value, undecoded. */
  nextRaw(): Uint8Array | NeedMore {
    if (!this.isComplete()) return needMore;
    const raw = this.buf.subarray(this.start, this.measured);
    this.advance(this.measured);
    return raw;
  }

  /** Exactly `length` bytes that are no MessagePack, all at once. */
  take(length: number): Uint8Array | NeedMore {
    if (this.end - this.start < length) return needMore;
    const bytes = this.buf.subarray(this.start, this.start + length);
    this.advance(this.start + length);
    return bytes;
  }

  /** One byte that is no MessagePack. */
  byte(): number | NeedMore {
    if (this.start === this.end) return needMore;
    const byte = this.buf[this.start]!;
    this.advance(this.start + 1);
    return byte;
  }

  /** Everything that is buffered, for whoever reads on in another way. */
  rest(): Uint8Array {
    const bytes = this.buf.subarray(this.start, this.end);
    this.advance(this.end);
    return bytes;
  }

  private isComplete(): boolean {
    const walked = skipValue(this.buf, this.measured, this.end, this.pending);
    this.measured = walked.pos;
    this.pending = walked.pending;
    if (walked.pos - this.start > this.maxValueBytes)
      throw new MsgpackError('malformed', `a value of more than ${this.maxValueBytes} bytes`, this.consumedBytes);
    return walked.pending === 0 && walked.pos <= this.end;
  }

  private advance(to: number): void {
    this.consumedBytes += to - this.start;
    this.start = to;
    this.measured = to;
    this.pending = 1;
  }
}
