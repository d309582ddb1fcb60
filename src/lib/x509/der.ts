/** DER (X.690): what certificates are written in. Values are written inside out: each function gives finished bytes. */
import { X509Error } from './errors.ts';

/** Thrown when bytes are no well-formed DER, or not what was expected at their place. */
export class DerError extends X509Error {
  override name = 'DerError';
}

const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** `[n]` of the context: primitive (an implicit string) or constructed (explicit, or an implicit sequence). */
export const contextTag = { primitive: (n: number) => 0x80 | n, constructed: (n: number) => 0xa0 | n } as const;

type Bytes = Uint8Array;

function length(size: number): number[] {
  if (size < 0x80) return [size];
  const bytes: number[] = [];
  for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest & 0xff);
  return [0x80 | bytes.length, ...bytes];
}

export function tagged(tag: number, ...parts: readonly Bytes[]): Bytes {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Uint8Array.of(tag, ...length(size)), ...parts]);
}

const ascii = (text: string): Bytes => {
  if (!/^[\x00-\x7f]*$/.test(text)) throw new DerError(`not ASCII: ${JSON.stringify(text)}`);
  return Buffer.from(text, 'latin1');
};

/** Base 128, the high bit says that more follows. */
function arc(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift(0x80 | (rest & 0x7f));
  return bytes;
}

function integerBytes(value: bigint): Bytes {
  if (value < 0n) throw new DerError('negative integers are not written');
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return bytes[0]! >= 0x80 ? Buffer.concat([Uint8Array.of(0), bytes]) : bytes;
}

/** UTCTime up to 2049, GeneralizedTime from there (RFC 5280, 4.1.2.5). Whole seconds. */
function time(date: Date): Bytes {
  const digits = date
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:T]/g, '');
  const isShort = date.getUTCFullYear() >= 1950 && date.getUTCFullYear() < 2050;
  return isShort ? tagged(tags.utcTime, ascii(digits.slice(2))) : tagged(tags.generalizedTime, ascii(digits));
}

export const der = {
  sequence: (...parts: readonly Bytes[]) => tagged(tags.sequence, ...parts),
  set: (...parts: readonly Bytes[]) => tagged(tags.set, ...parts),
  boolean: (value: boolean) => tagged(tags.boolean, Uint8Array.of(value ? 0xff : 0)),
  integer: (value: bigint) => tagged(tags.integer, integerBytes(value)),
  octets: (content: Bytes) => tagged(tags.octetString, content),
  bits: (content: Bytes, unusedBits = 0) => tagged(tags.bitString, Uint8Array.of(unusedBits), content),
  null: () => tagged(tags.null),
  utf8: (text: string) => tagged(tags.utf8String, Buffer.from(text, 'utf8')),
  ascii,
  time,
  oid(dotted: string): Bytes {
    const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
    return tagged(tags.oid, Uint8Array.from([first * 40 + second, ...rest].flatMap(arc)));
  },
} as const;

/** One value: its tag, what is in it, and its whole bytes. */
export class DerValue {
  readonly tag: number;
  readonly content: Bytes;
  readonly raw: Bytes;

  private constructor(tag: number, content: Bytes, raw: Bytes) {
    this.tag = tag;
    this.content = content;
    this.raw = raw;
  }

  /** @throws DerError unless `bytes` are exactly one value */
  static parse(bytes: Bytes): DerValue {
    const value = DerValue.#at(bytes, 0);
    if (value.raw.length !== bytes.length) throw new DerError('trailing bytes');
    return value;
  }

  static #at(bytes: Bytes, offset: number): DerValue {
    const tag = bytes[offset];
    const first = bytes[offset + 1];
    if (tag === undefined || first === undefined) throw new DerError('unexpected end');
    if ((tag & 0x1f) === 0x1f) throw new DerError('tags beyond 30 are not read');
    let start = offset + 2;
    let size = first;
    if (first >= 0x80) {
      const count = first & 0x7f;
      if (count === 0 || count > 4) throw new DerError(`length of ${count} bytes`);
      size = 0;
      for (const end = start + count; start < end; start++) {
        const byte = bytes[start];
        if (byte === undefined) throw new DerError('unexpected end');
        size = size * 256 + byte;
      }
      if (size < 0x80 || (count > 1 && size < 256 ** (count - 1))) throw new DerError('length is not minimal');
    }
    const end = start + size;
    if (end > bytes.length) throw new DerError('unexpected end');
    return new DerValue(tag, bytes.subarray(start, end), bytes.subarray(offset, end));
  }

  /** The values within, whatever the tag of this one. @throws DerError when they do not fill it */
  children(): DerValue[] {
    const all: DerValue[] = [];
    for (let offset = 0; offset < this.content.length; ) {
      const child = DerValue.#at(this.content, offset);
      all.push(child);
      offset += child.raw.length;
    }
    return all;
  }

  #expect(tag: number, what: string): void {
    if (this.tag !== tag) throw new DerError(`${what} expected, tag ${this.tag} found`);
  }

  sequence(): DerValue[] {
    this.#expect(tags.sequence, 'sequence');
    return this.children();
  }

  set(): DerValue[] {
    this.#expect(tags.set, 'set');
    return this.children();
  }

  octets(): Bytes {
    this.#expect(tags.octetString, 'octet string');
    return this.content;
  }

  /** Bits of a string that is made of whole bytes: signatures and keys. */
  bits(): Bytes {
    this.#expect(tags.bitString, 'bit string');
    if (this.content[0] !== 0) throw new DerError('bit string of whole bytes expected');
    return this.content.subarray(1);
  }

  boolean(): boolean {
    this.#expect(tags.boolean, 'boolean');
    if (this.content.length !== 1) throw new DerError('boolean of one byte expected');
    return this.content[0] !== 0;
  }

  integer(): bigint {
    this.#expect(tags.integer, 'integer');
    if (this.content.length === 0) throw new DerError('empty integer');
    const magnitude = BigInt(`0x${Buffer.from(this.content).toString('hex')}`);
    return this.content[0]! < 0x80 ? magnitude : magnitude - (1n << BigInt(8 * this.content.length));
  }

  oid(): string {
    this.#expect(tags.oid, 'object identifier');
    const arcs: number[] = [];
    let value = 0;
    for (const byte of this.content) {
      value = value * 128 + (byte & 0x7f);
      if (value > Number.MAX_SAFE_INTEGER) throw new DerError('object identifier out of range');
      if (byte >= 0x80) continue;
      arcs.push(value);
      value = 0;
    }
    const joint = arcs.shift();
    if (joint === undefined || this.content.at(-1)! >= 0x80) throw new DerError('incomplete object identifier');
    const first = Math.min(2, Math.floor(joint / 40));
    return [first, joint - first * 40, ...arcs].join('.');
  }

  /** Text of any of the string types, and of an implicit tag. */
  text(): string {
    return Buffer.from(this.content).toString('utf8');
  }
}
