/** The wire format of Protocol Buffers (https://protobuf.dev/programming-guides/encoding/): numbered fields, varints, lengths. */

/** Thrown for bytes that are no message. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError';
}

export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

export class ProtoWriter {
  #bytes = Buffer.allocUnsafe(256);
  #at = 0;

  /** A copy of what was written. */
  finish(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#at));
  }

  /** An integer below 2^53 either side of 0; negative ones take ten bytes. */
  varint(value: number): void {
    this.#room(10);
    if (value < 0) {
      let rest = BigInt.asUintN(64, BigInt(value));
      for (; rest >= 0x80n; rest >>= 7n) this.#bytes[this.#at++] = Number(rest & 0x7fn) | 0x80;
      this.#bytes[this.#at++] = Number(rest);
      return;
    }
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#bytes[this.#at++] = (rest % 0x80) | 0x80;
    this.#bytes[this.#at++] = rest;
  }

  tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  double(value: number): void {
    this.#room(8);
    this.#at = this.#bytes.writeDoubleLE(value, this.#at);
  }

  text(value: string): void {
    const length = Buffer.byteLength(value);
    this.varint(length);
    this.#room(length);
    this.#at += this.#bytes.write(value, this.#at);
  }

  /** A message within: `write` fills it, its length goes before it. */
  message(write: () => void): void {
    this.#room(1);
    const start = ++this.#at;
    write();
    const length = this.#at - start;
    if (length < 0x80) {
      this.#bytes[start - 1] = length;
      return;
    }
    // The length takes more than the byte that was left for it.
    let lengthBytes = 1;
    for (let rest = length; rest >= 0x80; rest = Math.floor(rest / 0x80)) lengthBytes++;
    this.#room(lengthBytes - 1);
    this.#bytes.copyWithin(start - 1 + lengthBytes, start, this.#at);
    const end = this.#at + lengthBytes - 1;
    this.#at = start - 1;
    this.varint(length);
    this.#at = end;
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#at + bytes));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

/** Messages within messages, at most. */
const maxDepth = 100;

export class ProtoReader {
  readonly #bytes: Buffer;
  readonly #depth: number;
  #at = 0;

  constructor(bytes: Uint8Array, depth = 0) {
    if (depth > maxDepth) throw new ProtobufError('messages are nested too deeply');
    this.#depth = depth;
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** Unsigned; what is above 2^53 loses its last digits. */
  varint(): number {
    let value = 0;
    for (let factor = 1, count = 0; count < 10; count++, factor *= 0x80) {
      if (this.#at >= this.#bytes.length) throw new ProtobufError('the message is cut off');
      const byte = this.#bytes[this.#at++] as number;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    throw new ProtobufError('a number is too long');
  }

  /** Two's complement in 64 bits. */
  signed(): number {
    const start = this.#at;
    const value = this.varint();
    if (value < 2 ** 53) return value;
    let exact = 0n;
    for (let at = start, shift = 0n; at < this.#at; at++, shift += 7n) {
      exact |= BigInt((this.#bytes[at] as number) & 0x7f) << shift;
    }
    return Number(BigInt.asIntN(64, exact));
  }

  tag(): { readonly field: number; readonly wireType: number } {
    const tag = this.varint();
    const field = Math.floor(tag / 8);
    if (field < 1 || field >= 2 ** 29) throw new ProtobufError('a field has no number');
    return { field, wireType: tag % 8 };
  }

  double(): number {
    return this.#take(8).readDoubleLE();
  }

  /** A view, not a copy. */
  bytes(): Buffer {
    return this.#take(this.varint());
  }

  /** A reader of the message within. */
  message(): ProtoReader {
    return new ProtoReader(this.bytes(), this.#depth + 1);
  }

  text(): string {
    return this.bytes().toString('utf8');
  }

  skip(wireType: number): void {
    if (wireType === wireTypes.varint) this.varint();
    else if (wireType === wireTypes.bytes) this.bytes();
    else if (wireType === wireTypes.fixed64) this.#take(8);
    else if (wireType === wireTypes.fixed32) this.#take(4);
    else throw new ProtobufError(`unknown wire type ${wireType}`);
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (!(end <= this.#bytes.length)) throw new ProtobufError('the message is cut off');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
