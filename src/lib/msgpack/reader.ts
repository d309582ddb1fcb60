/**
 * A cursor over bytes of MessagePack: old raw dialect and new, as lenient as Go's decoder and no more (wire profile,
 * section 3). Throws MsgpackError and nothing else, whatever the bytes are.
 */
import { MsgpackError } from './errors.ts';
import { asNative, decodeText, type NativeBuffer } from './text.ts';
import { decodeTime, timeBytes } from './time.ts';

export interface ReaderOptions {
  /**
   * Byte fields become copies. By default they are views of the input, which they keep alive and which must not be
   * written to any more.
   */
  readonly copyBytes?: boolean;
  /** Raw values in untyped places become bytes (memberlist's and Raft's handle) instead of texts (Consul's). */
  readonly untypedBytes?: boolean;
}

/** Far beyond anything real, far below the end of the stack. */
export const maxDepth = 200;
const two32 = 0x1_0000_0000;

// Short texts repeat (datacenters, verbs, node names): found here they cost neither a native call nor memory.
const internLimit = 16;
const interned: string[] = new Array(2048).fill('');

export class Reader {
  readonly buf: NativeBuffer;
  readonly end: number;
  readonly copyBytes: boolean;
  readonly untypedBytes: boolean;
  pos: number;
  /** Values open around the one being read. */
  depth = 0;
  private view: DataView | null = null;

  constructor(bytes: Uint8Array, pos = 0, end = bytes.length, options: ReaderOptions = {}) {
    this.buf = asNative(bytes);
    this.pos = pos;
    this.end = end;
    this.copyBytes = options.copyBytes ?? false;
    this.untypedBytes = options.untypedBytes ?? false;
  }

  /** The next byte, still unread. */
  peek(): number {
    if (this.pos >= this.end) throw this.truncated();
    return this.buf[this.pos]!;
  }

  /** Reads a nil if one is next. */
  nil(): boolean {
    if (this.peek() !== 0xc0) return false;
    this.pos++;
    return true;
  }

  bool(): boolean {
    const code = this.peek();
    if (code === 0xc3 || code === 0x01) this.pos++;
    else if (code === 0xc2 || code === 0x00 || code === 0xc0) this.pos++;
    else throw this.mismatch('a bool');
    return code === 0xc3 || code === 0x01;
  }

  /** An integer of any form; a bigint only outside +-2^53. nil is 0. */
  int(): number | bigint {
    const code = this.peek();
    if (code <= 0x7f) {
      this.pos++;
      return code;
    }
    if (code >= 0xe0) {
      this.pos++;
      return code - 0x100;
    }
    switch (code) {
      case 0xc0:
        this.pos++;
        return 0;
      case 0xcc:
        this.need(2);
        this.pos += 2;
        return this.buf[this.pos - 1]!;
      case 0xcd:
        this.need(3);
        this.pos += 3;
        return this.u16(this.pos - 2);
      case 0xce:
        this.need(5);
        this.pos += 5;
        return this.u32(this.pos - 4);
      case 0xcf: {
        this.need(9);
        const high = this.u32(this.pos + 1);
        const low = this.u32(this.pos + 5);
        this.pos += 9;
        return high < 0x20_0000 ? high * two32 + low : (BigInt(high) << 32n) | BigInt(low);
      }
      case 0xd0:
        this.need(2);
        this.pos += 2;
        return (this.buf[this.pos - 1]! << 24) >> 24;
      case 0xd1:
        this.need(3);
        this.pos += 3;
        return (this.u16(this.pos - 2) << 16) >> 16;
      case 0xd2:
        this.need(5);
        this.pos += 5;
        return this.u32(this.pos - 4) | 0;
      case 0xd3: {
        this.need(9);
        const value = this.data().getBigInt64(this.pos + 1);
        this.pos += 9;
        const number = Number(value);
        return Number.isSafeInteger(number) ? number : value;
      }
      default:
        throw this.mismatch('an integer');
    }
  }

  float(): number {
    const code = this.peek();
    if (code === 0xcb) {
      this.need(9);
      this.pos += 9;
      return this.data().getFloat64(this.pos - 8);
    }
    if (code === 0xca) {
      this.need(5);
      this.pos += 5;
      return this.data().getFloat32(this.pos - 4);
    }
    return Number(this.int());
  }

  str(): string {
    const code = this.peek();
    if ((code & 0xe0) === 0xa0) {
      this.pos++;
      return this.text(code & 0x1f);
    }
    if (code === 0xc0) {
      this.pos++;
      return '';
    }
    if (code === 0xd9 || code === 0xda || code === 0xdb) return this.text(this.rawLength());
    throw this.mismatch('a string');
  }

  /** null for nil and for no bytes at all: the two cannot be told apart after decoding. */
  bytes(): Uint8Array | null {
    const code = this.peek();
    if (code === 0xc0) {
      this.pos++;
      return null;
    }
    const length = this.rawLength();
    if (length === 0) return null;
    this.need(length);
    const start = this.pos;
    this.pos += length;
    const { buf } = this;
    if (!this.copyBytes) return new Uint8Array(buf.buffer, buf.byteOffset + start, length);
    const copy = new Uint8Array(length);
    copy.set(buf.subarray(start, this.pos));
    return copy;
  }

  /** Bytes as a text of one char (U+0000..U+00FF) each; '' for none. */
  packed(): string {
    if (this.nil()) return '';
    const length = this.rawLength();
    this.need(length);
    const start = this.pos;
    this.pos += length;
    return this.buf.latin1Slice(start, this.pos);
  }

  /** Length of a raw or bin value; the bytes are next. */
  rawLength(): number {
    const code = this.peek();
    if ((code & 0xe0) === 0xa0) {
      this.pos++;
      return code & 0x1f;
    }
    if (code === 0xd9 || code === 0xc4) return this.length(1);
    if (code === 0xda || code === 0xc5) return this.length(2);
    if (code === 0xdb || code === 0xc6) return this.length(4);
    throw this.mismatch('bytes');
  }

  time(): string {
    const at = this.pos;
    const length = this.rawLength();
    this.need(length);
    const text = length === timeBytes ? decodeTime(this.buf.subarray(this.pos, this.pos + length)) : null;
    if (text === null) throw new MsgpackError('mismatch', 'no time', at);
    this.pos += length;
    return text;
  }

  /** Number of entries of a map, -1 (nothing read) when the next value is none. */
  mapSize(): number {
    const code = this.peek();
    if ((code & 0xf0) === 0x80) {
      this.pos++;
      return code & 0x0f;
    }
    if (code === 0xde) return this.count(2, 2);
    if (code === 0xdf) return this.count(4, 2);
    return -1;
  }

  /** Number of elements of an array, -1 (nothing read) when the next value is none. */
  arrayLength(): number {
    const code = this.peek();
    if ((code & 0xf0) === 0x90) {
      this.pos++;
      return code & 0x0f;
    }
    if (code === 0xdc) return this.count(2, 1);
    if (code === 0xdd) return this.count(4, 1);
    return -1;
  }

  /** Length of the data of an extension value; the data is next. */
  extLength(): number {
    const code = this.peek();
    if (code >= 0xd4 && code <= 0xd8) {
      this.need(2);
      this.pos += 2;
      return 1 << (code - 0xd4);
    }
    if (code < 0xc7 || code > 0xc9) throw this.mismatch('an extension');
    const length = this.length(code === 0xc7 ? 1 : code === 0xc8 ? 2 : 4);
    this.need(1);
    this.pos++;
    return length;
  }

  /** Skips one value of any kind, without recursion. */
  skip(): void {
    const end = skipValue(this.buf, this.pos, this.end, 1);
    if (end.pending > 0 || end.pos > this.end) throw this.truncated();
    this.pos = end.pos;
  }

  /** Call on entering a value that may contain others; `leave` when it ended. */
  enter(): void {
    if (++this.depth > maxDepth) throw new MsgpackError('malformed', 'nested too deeply', this.pos);
  }

  leave(): void {
    this.depth--;
  }

  need(bytes: number): void {
    if (this.pos + bytes > this.end) throw this.truncated();
  }

  mismatch(wanted: string): MsgpackError {
    return new MsgpackError('mismatch', `${wanted} expected, got 0x${this.buf[this.pos]!.toString(16)}`, this.pos);
  }

  truncated(): MsgpackError {
    return new MsgpackError('truncated', 'unexpected end', this.end);
  }

  private text(length: number): string {
    if (length === 0) return '';
    this.need(length);
    const { buf, pos } = this;
    this.pos = pos + length;
    if (length > internLimit) return decodeText(buf, pos, pos + length);
    let hash = length;
    let high = 0;
    for (let i = pos; i < pos + length; i++) {
      const byte = buf[i]!;
      high |= byte;
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    if (high > 0x7f) return decodeText(buf, pos, pos + length);
    const slot = (hash ^ (hash >>> 11)) & 2047;
    const known = interned[slot]!;
    if (known.length === length) {
      let i = 0;
      while (i < length && known.charCodeAt(i) === buf[pos + i]) i++;
      if (i === length) return known;
    }
    const text = buf.latin1Slice(pos, pos + length);
    interned[slot] = text;
    return text;
  }

  private length(width: 1 | 2 | 4): number {
    this.need(1 + width);
    const at = this.pos + 1;
    this.pos = at + width;
    return width === 1 ? this.buf[at]! : width === 2 ? this.u16(at) : this.u32(at);
  }

  /** A number of elements; one that cannot fit into the rest of the input is refused before anything is made for it. */
  private count(width: 2 | 4, bytesEach: number): number {
    const count = this.length(width);
    if (count * bytesEach > this.end - this.pos) throw this.truncated();
    return count;
  }

  private u16(at: number): number {
    return (this.buf[at]! << 8) | this.buf[at + 1]!;
  }

  private u32(at: number): number {
    const buf = this.buf;
    return ((buf[at]! << 24) | (buf[at + 1]! << 16) | (buf[at + 2]! << 8) | buf[at + 3]!) >>> 0;
  }

  private data(): DataView {
    this.view ??= new DataView(this.buf.buffer, this.buf.byteOffset, this.buf.byteLength);
    return this.view;
  }
}

/**
 * Walks over values without decoding them. `pending` is how many values still have to end; the walk can be taken up
 * again with the same two numbers when there are more bytes. `pos` may lie beyond `end` inside a long raw value.
 */
export function skipValue(
  buf: Uint8Array,
  from: number,
  end: number,
  pendingValues: number,
): { pos: number; pending: number } {
  let pos = from;
  let pending = pendingValues;
  while (pending > 0 && pos < end) {
    const code = buf[pos]!;
    let next = pos + 1;
    let children = 0;
    if (code <= 0x7f || code >= 0xe0) {
      // fixint
    } else if (code <= 0x8f) children = 2 * (code & 0x0f);
    else if (code <= 0x9f) children = code & 0x0f;
    else if (code <= 0xbf) next += code & 0x1f;
    else {
      const head = heads[code - 0xc0]!;
      if (head.fixed < 0) throw new MsgpackError('malformed', `0x${code.toString(16)} is no MessagePack`, pos);
      if (pos + 1 + head.width > end) break;
      next += head.width + head.fixed;
      if (head.width > 0) {
        let length = 0;
        for (let i = 1; i <= head.width; i++) length = length * 256 + buf[pos + i]!;
        if (head.children === 0) next += length;
        else children = length * head.children;
      }
    }
    pos = next;
    pending += children - 1;
  }
  return { pos, pending };
}

interface Head {
  /** Bytes of the length. */
  readonly width: 0 | 1 | 2 | 4;
  /** Bytes after it in any case; -1: no such code. */
  readonly fixed: number;
  /** Values per counted element; 0: the length counts bytes. */
  readonly children: 0 | 1 | 2;
}
const head = (width: 0 | 1 | 2 | 4, fixed: number, children: 0 | 1 | 2 = 0): Head => ({ width, fixed, children });
// c0..df: nil, (none), bool, bin, ext, float, uint, int, fixext, str, array, map
const heads: readonly Head[] = [
  ...[head(0, 0), head(0, -1), head(0, 0), head(0, 0)],
  ...[head(1, 0), head(2, 0), head(4, 0), head(1, 1), head(2, 1), head(4, 1)],
  ...[head(0, 4), head(0, 8), head(0, 1), head(0, 2), head(0, 4), head(0, 8)],
  ...[head(0, 1), head(0, 2), head(0, 4), head(0, 8)],
  ...[head(0, 2), head(0, 3), head(0, 5), head(0, 9), head(0, 17)],
  ...[head(1, 0), head(2, 0), head(4, 0), head(2, 0, 1), head(4, 0, 1), head(2, 0, 2), head(4, 0, 2)],
];
