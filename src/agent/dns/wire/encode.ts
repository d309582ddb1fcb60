/** Writing messages: one buffer for all, names compressed by a table of suffixes (RFC 1035, 4.1.4). */
import { type DnsRecord, type Message, MessageError, mayCompress } from './message.ts';
import type { WireName } from './name.ts';
import { headerBytes, maxMessageBytes, TYPE } from './numbers.ts';

export interface Encoded {
  readonly bytes: Buffer;
  /** Where the serial of the zone stands, which is the time; 0 without one. */
  readonly serialAt: number;
}

/** An answer, and what comes with it and is not there yet. */
export interface Part {
  readonly answer: DnsRecord;
  readonly additional: readonly DnsRecord[];
}

/** The largest offset a pointer can hold. */
const maxPointer = 0x3fff;
/** Serial, refresh, retry, expire, minimum. */
const soaNumbersBytes = 20;

/** What a record takes in a message at least: with pointers for all names that may be some. */
export function leastBytes({ name, type, rdata }: DnsRecord): number {
  const compress = mayCompress(type);
  let bytes = leastNameBytes(name) + fixedBytes;
  for (const part of rdata) bytes += typeof part === 'string' && compress ? leastNameBytes(part) : part.length;
  return bytes;
}

/** A pointer, where the name is not even shorter. */
const leastNameBytes = (name: WireName): number => Math.min(2, name.length);
/** Type, class, TTL, length of data. */
const fixedBytes = 10;

export class Encoder {
  /** A record is written before it is known to fit. */
  readonly #buffer = Buffer.allocUnsafe(2 * (maxMessageBytes + 1));
  readonly #offsets = new Map<WireName, number>();
  #at = 0;
  #limit = maxMessageBytes;
  #compress = true;
  #serialAt = 0;
  /** What stands in the buffer: a message that was found to fit need not be written again. */
  #written: Message | null = null;

  /** Throws MessageError when the message is larger than a message can be, or a record has more data than fits. */
  encode(message: Message, compress: boolean): Encoded {
    const isWritten = this.#written === message && this.#compress === compress;
    if (!isWritten && !this.#write(message, compress, maxMessageBytes)) throw new MessageError('message too large');
    return { bytes: Buffer.from(this.#buffer.subarray(0, this.#at)), serialAt: this.#serialAt };
  }

  /** Whether the message has at most so many bytes. */
  fits(message: Message, compress: boolean, limitBytes: number): boolean {
    return this.#write(message, compress, Math.min(limitBytes, maxMessageBytes));
  }

  /**
   * How many of the parts can follow the message, all records of a part one after the other. Never too many: records that
   * come to stand further from their names' first mention do not get longer by it, but for those that point over 16 KiB.
   */
  count(message: Message, parts: readonly Part[], compress: boolean, limitBytes: number): number {
    if (!this.#write(message, compress, limitBytes)) return 0;
    this.#written = null;
    const fits = (record: DnsRecord): boolean => this.#record(record);
    const over = parts.findIndex(({ answer, additional }) => !(fits(answer) && additional.every(fits)));
    return over < 0 ? parts.length : over;
  }

  #write(message: Message, compress: boolean, limitBytes: number): boolean {
    const { id, flags, question, answer, authority, additional } = message;
    this.#offsets.clear();
    this.#written = null;
    this.#compress = compress;
    this.#limit = limitBytes;
    this.#serialAt = 0;
    this.#at = 0;
    if (headerBytes > limitBytes) return false;
    this.#u16(id);
    this.#u16(flags);
    this.#u16(question === null ? 0 : 1);
    this.#u16(answer.length);
    this.#u16(authority.length);
    this.#u16(additional.length);
    if (question !== null) {
      this.#name(question.name, true);
      this.#u16(question.type);
      this.#u16(question.class);
      if (this.#at > limitBytes) return false;
    }
    for (const section of [answer, authority, additional]) {
      for (const record of section) if (!this.#record(record)) return false;
    }
    this.#written = message;
    return true;
  }

  #record({ name, type, class: recordClass, ttlSeconds, rdata }: DnsRecord): boolean {
    let most = name.length + fixedBytes;
    for (const part of rdata) most += part.length;
    if (most > maxMessageBytes) return false;
    this.#name(name, true);
    this.#u16(type);
    this.#u16(recordClass);
    this.#u16(ttlSeconds >>> 16);
    this.#u16(ttlSeconds & 0xffff);
    const lengthAt = this.#at;
    this.#at += 2;
    const compress = mayCompress(type);
    for (const part of rdata) {
      if (typeof part === 'string') this.#name(part, compress);
      else this.#bytes(part);
    }
    const length = this.#at - lengthAt - 2;
    this.#buffer[lengthAt] = length >> 8;
    this.#buffer[lengthAt + 1] = length & 0xff;
    if (type === TYPE.SOA) this.#serialAt = this.#at - soaNumbersBytes;
    return this.#at <= this.#limit;
  }

  /** Names that must not be compressed are in the table all the same: others point into them. */
  #name(name: WireName, compress: boolean): void {
    if (!this.#compress) {
      this.#text(name);
      return;
    }
    const offsets = this.#offsets;
    for (let cut = 0; name.charCodeAt(cut) !== 0; cut += 1 + name.charCodeAt(cut)) {
      const suffix = cut === 0 ? name : name.slice(cut);
      const offset = offsets.get(suffix);
      if (offset === undefined) {
        const at = this.#at + cut;
        if (at <= maxPointer) offsets.set(suffix, at);
        continue;
      }
      // All that is behind a known suffix is known as well.
      if (!compress) break;
      if (cut > 0) this.#text(name.slice(0, cut));
      this.#u16(0xc000 | offset);
      return;
    }
    this.#text(name);
  }

  #text(text: string): void {
    this.#at += this.#buffer.write(text, this.#at, 'latin1');
  }

  #bytes(bytes: ArrayLike<number>): void {
    const { length } = bytes;
    if (length > 16) this.#buffer.set(bytes, this.#at);
    else for (let i = 0; i < length; i++) this.#buffer[this.#at + i] = bytes[i]!;
    this.#at += length;
  }

  #u16(value: number): void {
    this.#buffer[this.#at++] = value >> 8;
    this.#buffer[this.#at++] = value & 0xff;
  }
}
