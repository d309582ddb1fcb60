/**
 * Bytes of MessagePack into one growing buffer. By default the old raw dialect: no str8, no bin, ever. With
 * `newSpec` (payloads of Consul user events) bytes become bin and short strings str8.
 */
import { MsgpackError } from './errors.ts';
import { asNative, encodeText, type NativeBuffer, textByteLength } from './text.ts';

const shortText = 40;
const maxU64 = 0xffff_ffff_ffff_ffffn;
const minI64 = -0x8000_0000_0000_0000n;
const two32 = 0x1_0000_0000;
const floatView = new DataView(new ArrayBuffer(8));
const floatBytes = new Uint8Array(floatView.buffer);

export class Writer {
  readonly newSpec: boolean;
  pos = 0;
  private buf: NativeBuffer;

  constructor(options: { readonly newSpec?: boolean; readonly sizeBytes?: number } = {}) {
    this.newSpec = options.newSpec ?? false;
    this.buf = asNative(Buffer.allocUnsafeSlow(options.sizeBytes ?? 1024));
  }

  /** A copy of what was written since `start`. */
  copy(start = 0): Uint8Array {
    const bytes = Buffer.allocUnsafe(this.pos - start);
    bytes.set(this.buf.subarray(start, this.pos));
    return bytes;
  }

  /** What was written, without a copy: valid until the next write or `reset`. */
  view(start = 0): Uint8Array {
    return this.buf.subarray(start, this.pos);
  }

  /** Forgets everything; gives memory back after an unusually big value. */
  reset(): void {
    this.pos = 0;
    if (this.buf.length > 1 << 20) this.buf = asNative(Buffer.allocUnsafeSlow(1024));
  }

  nil(): void {
    this.byte(0xc0);
  }

  bool(value: boolean): void {
    this.byte(value ? 0xc3 : 0xc2);
  }

  byte(value: number): void {
    if (this.pos === this.buf.length) this.reserve(1);
    this.buf[this.pos++] = value;
  }

  /** Bytes that are MessagePack already. */
  raw(bytes: Uint8Array): void {
    const length = bytes.length;
    if (this.pos + length > this.buf.length) this.reserve(length);
    const { buf, pos } = this;
    if (length <= 32) for (let i = 0; i < length; i++) buf[pos + i] = bytes[i]!;
    else buf.set(bytes, pos);
    this.pos = pos + length;
  }

  /** An integer in its shortest form; never negative ones in unsigned forms nor the other way round. */
  int(value: number): void {
    if (this.pos + 9 > this.buf.length) this.reserve(9);
    const buf = this.buf;
    if (value >= 0) {
      if (value <= 0x7f) buf[this.pos++] = value;
      else if (value <= 0xff) {
        buf[this.pos++] = 0xcc;
        buf[this.pos++] = value;
      } else if (value <= 0xffff) {
        buf[this.pos++] = 0xcd;
        this.put16(value);
      } else if (value < two32) {
        buf[this.pos++] = 0xce;
        this.put32(value);
      } else {
        buf[this.pos++] = 0xcf;
        this.put32(Math.floor(value / two32));
        this.put32(value % two32);
      }
    } else if (value >= -0x20) buf[this.pos++] = value & 0xff;
    else if (value >= -0x80) {
      buf[this.pos++] = 0xd0;
      buf[this.pos++] = value & 0xff;
    } else if (value >= -0x8000) {
      buf[this.pos++] = 0xd1;
      this.put16(value);
    } else if (value >= -0x8000_0000) {
      buf[this.pos++] = 0xd2;
      this.put32(value);
    } else this.bigint(BigInt(value));
  }

  bigint(value: bigint): void {
    if (value >= -0x8000_0000n && value < 0x1_0000_0000n) {
      this.int(Number(value));
      return;
    }
    if (value > maxU64 || value < minI64) throw new MsgpackError('unencodable', `integer ${value} exceeds 64 bits`);
    if (this.pos + 9 > this.buf.length) this.reserve(9);
    this.buf[this.pos++] = value < 0n ? 0xd3 : 0xcf;
    const bits = BigInt.asUintN(64, value);
    this.put32(Number(bits >> 32n));
    this.put32(Number(bits & 0xffff_ffffn));
  }

  f64(value: number): void {
    floatView.setFloat64(0, value);
    this.byte(0xcb);
    this.raw(floatBytes);
  }

  f32(value: number): void {
    floatView.setFloat32(0, value);
    this.byte(0xca);
    this.raw(floatBytes.subarray(0, 4));
  }

  str(text: string): void {
    const length = text.length;
    if (length <= shortText) {
      if (this.pos + 3 + length > this.buf.length) this.reserve(3 + length);
      const { buf, pos } = this;
      let at = pos + (length < 32 ? 1 : 3);
      let i = 0;
      for (; i < length; i++) {
        const code = text.charCodeAt(i);
        if (code > 0x7f) break;
        buf[at++] = code;
      }
      if (i === length && (length < 32 || !this.newSpec)) {
        if (length < 32) buf[pos] = 0xa0 | length;
        else {
          buf[pos] = 0xda;
          buf[pos + 1] = 0;
          buf[pos + 2] = length;
        }
        this.pos = at;
        return;
      }
    }
    const byteLength = textByteLength(text);
    this.rawHead(byteLength);
    if (this.pos + byteLength > this.buf.length) this.reserve(byteLength);
    encodeText(text, this.buf, this.pos, byteLength);
    this.pos += byteLength;
  }

  bytes(value: Uint8Array): void {
    const length = value.length;
    if (!this.newSpec) this.rawHead(length);
    else if (length <= 0xff) this.head(0xc4, length, 1);
    else if (length <= 0xffff) this.head(0xc5, length, 2);
    else this.head(0xc6, length, 4);
    this.raw(value);
  }

  /** Bytes that are held as a text of one char (U+0000..U+00FF) each. */
  packed(value: string): void {
    const { length } = value;
    this.rawHead(length);
    if (this.pos + length > this.buf.length) this.reserve(length);
    this.buf.latin1Write(value, this.pos, length);
    this.pos += length;
  }

  arrayHead(length: number): void {
    if (length < 16) this.byte(0x90 | length);
    else if (length <= 0xffff) this.head(0xdc, length, 2);
    else this.head(0xdd, length, 4);
  }

  mapHead(size: number): void {
    if (size < 16) this.byte(0x80 | size);
    else if (size <= 0xffff) this.head(0xde, size, 2);
    else this.head(0xdf, size, 4);
  }

  rawHead(length: number): void {
    if (length < 32) this.byte(0xa0 | length);
    else if (this.newSpec && length <= 0xff) this.head(0xd9, length, 1);
    else if (length <= 0xffff) this.head(0xda, length, 2);
    else this.head(0xdb, length, 4);
  }

  private head(code: number, length: number, width: 1 | 2 | 4): void {
    if (this.pos + 5 > this.buf.length) this.reserve(5);
    this.buf[this.pos++] = code;
    if (width === 1) this.buf[this.pos++] = length;
    else if (width === 2) this.put16(length);
    else this.put32(length);
  }

  private put16(value: number): void {
    this.buf[this.pos++] = (value >> 8) & 0xff;
    this.buf[this.pos++] = value & 0xff;
  }

  private put32(value: number): void {
    this.buf[this.pos++] = (value >>> 24) & 0xff;
    this.buf[this.pos++] = (value >>> 16) & 0xff;
    this.buf[this.pos++] = (value >>> 8) & 0xff;
    this.buf[this.pos++] = value & 0xff;
  }

  private reserve(bytes: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(this.buf.length * 2, this.pos + bytes));
    grown.set(this.buf.subarray(0, this.pos));
    this.buf = asNative(grown);
  }
}
