/**
 * Reading messages: bounds are checked everywhere, pointers only lead backwards, and nothing but MessageError is thrown.
 * Questions are read as leniently as Consul does: what ends exactly between two fields is taken to end there.
 */
import {
  type ClientSubnet,
  type DnsRecord,
  type Edns,
  layoutOf,
  type Message,
  MessageError,
  type Question,
  type RdataPart,
} from './message.ts';
import { rootName, type WireName } from './name.ts';
import { FLAG, headerBytes, OPCODE, RCODE, type Rcode, TYPE } from './numbers.ts';

export interface Query {
  readonly id: number;
  /** The second word of the header as it came. */
  readonly flags: number;
  /** Null in a message that counts a question and ends before it. */
  readonly question: Question | null;
  readonly edns: Edns | null;
}

/** A datagram that is no question at all gets no answer, a broken question one without content. */
export type Received =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refusal'; readonly id: number; readonly flags: number; readonly rcode: Rcode }
  | { readonly kind: 'query'; readonly query: Query };

const nothing: Received = { kind: 'nothing' };

export const opcodeOf = (flags: number): number => (flags >> 11) & 15;

export function receive(bytes: Uint8Array): Received {
  if (bytes.length < headerBytes) return nothing;
  const id = u16(bytes, 0);
  const flags = u16(bytes, 2);
  if ((flags & FLAG.qr) !== 0) return nothing;
  const refusal = (rcode: Rcode): Received => ({ kind: 'refusal', id, flags, rcode });
  const opcode = opcodeOf(flags);
  if (opcode !== OPCODE.query && opcode !== OPCODE.notify) return refusal(RCODE.NOTIMP);
  const [questions, answers, authorities, additionals] = [4, 6, 8, 10].map((at) => u16(bytes, at)) as Counts;
  if (questions !== 1 || answers > 1 || authorities > 1 || additionals > 2) return refusal(RCODE.FORMERR);
  if (bytes.length === headerBytes) {
    return { kind: 'query', query: { id, flags, question: null, edns: null } };
  }
  try {
    const reader = new Reader(bytes, headerBytes);
    const question = reader.question();
    let edns: Edns | null = null;
    for (let left = answers + authorities + additionals; left > 0 && !reader.atEnd; left--) {
      const option = reader.option();
      edns ??= option;
    }
    return { kind: 'query', query: { id, flags, question, edns } };
  } catch (error) {
    if (error instanceof MessageError) return refusal(RCODE.FORMERR);
    throw error;
  }
}

type Counts = [number, number, number, number];

/** A whole message, as an upstream server answers. */
export function decodeMessage(bytes: Uint8Array): Message {
  if (bytes.length < headerBytes) throw new MessageError('shorter than a header');
  const [questions, answers, authorities, additionals] = [4, 6, 8, 10].map((at) => u16(bytes, at)) as Counts;
  const reader = new Reader(bytes, headerBytes);
  let question: Question | null = null;
  for (let i = 0; i < questions; i++) {
    const next = reader.question();
    question ??= next;
  }
  const section = (count: number): DnsRecord[] => {
    const records: DnsRecord[] = [];
    for (let i = 0; i < count; i++) records.push(reader.record());
    return records;
  };
  return {
    id: u16(bytes, 0),
    flags: u16(bytes, 2),
    question,
    answer: section(answers),
    authority: section(authorities),
    additional: section(additionals),
  };
}

const u16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;

class Reader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  question(): Question {
    const name = this.name();
    const type = this.atEnd ? 0 : this.u16();
    return { name, type, class: this.atEnd ? 0 : this.u16() };
  }

  record(): DnsRecord {
    const { name, type, class: recordClass, ttlSeconds, end } = this.#head();
    const rdata: RdataPart[] = [];
    const from = this.#at;
    for (const field of layoutOf(type)) {
      if (field === 'n') rdata.push(this.name());
      else rdata.push(this.#take(field === 's' ? 1 + this.#peek() : Number(field)));
      if (this.#at > end) throw new MessageError('data of a record beyond its end');
    }
    if (end > this.#at || end === from) rdata.push(this.#take(end - this.#at));
    return { name, type, class: recordClass, ttlSeconds, rdata };
  }

  /** Skips a record; what it says when it is the OPT record of the root. */
  option(): Edns | null {
    const from = this.#at;
    const { type, class: udpBytes, ttlSeconds: bits, end } = this.#head();
    const options = this.#bytes.slice(this.#at, end);
    this.#at = end;
    if (type !== TYPE.OPT || this.#bytes[from] !== 0) return null;
    return { udpBytes, bits, options, subnet: subnetOf(options) };
  }

  /** Pointers lead backwards only, so that reading ends; a name has 255 bytes at most. */
  name(): WireName {
    const bytes = this.#bytes;
    let name = '';
    let at = this.#at;
    let lowest = at;
    let jumped = false;
    for (;;) {
      const length = bytes[at];
      if (length === undefined) throw new MessageError('a name runs off the end');
      if (length === 0) break;
      if (length >= 0xc0) {
        const low = bytes[at + 1];
        if (low === undefined) throw new MessageError('a pointer runs off the end');
        if (!jumped) this.#at = at + 2;
        jumped = true;
        at = ((length & 0x3f) << 8) | low;
        if (at >= lowest) throw new MessageError('a pointer that does not lead back');
        lowest = at;
        continue;
      }
      if (length > 63) throw new MessageError('a label of an unknown kind');
      const end = at + 1 + length;
      if (end > bytes.length) throw new MessageError('a label runs off the end');
      for (; at < end; at++) name += String.fromCharCode(bytes[at]!);
      if (name.length > 254) throw new MessageError('a name of more than 255 bytes');
    }
    if (!jumped) this.#at = at + 1;
    return name === '' ? rootName : `${name}\0`;
  }

  u16(): number {
    if (this.#at + 2 > this.#bytes.length) throw new MessageError('a number runs off the end');
    this.#at += 2;
    return u16(this.#bytes, this.#at - 2);
  }

  #head() {
    const name = this.name();
    const type = this.u16();
    const recordClass = this.u16();
    const ttlSeconds = this.u16() * 65_536 + this.u16();
    const length = this.u16();
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new MessageError('a record runs off the end');
    return { name, type, class: recordClass, ttlSeconds, end };
  }

  #peek(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new MessageError('a string runs off the end');
    return byte;
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length;
    if (length < 0 || end > this.#bytes.length) throw new MessageError('data runs off the end');
    const part = this.#bytes.slice(this.#at, end);
    this.#at = end;
    return part;
  }
}

const subnetOption = 8;
/** Longest prefix by address family (1 IPv4, 2 IPv6). */
const familyBits: Readonly<Record<number, number>> = { 0: 0, 1: 32, 2: 128 };

function subnetOf(options: Uint8Array): ClientSubnet | null {
  let subnet: ClientSubnet | null = null;
  for (let at = 0; at < options.length; ) {
    if (at + 4 > options.length) throw new MessageError('an option runs off the end');
    const code = u16(options, at);
    const end = at + 4 + u16(options, at + 2);
    if (end > options.length) throw new MessageError('an option runs off the end');
    if (code === subnetOption) subnet = parseSubnet(options.subarray(at + 4, end));
    at = end;
  }
  return subnet;
}

function parseSubnet(data: Uint8Array): ClientSubnet {
  if (data.length < 4) throw new MessageError('a client subnet without a prefix');
  const family = u16(data, 0);
  const sourceBits = data[2]!;
  const most = familyBits[family];
  const addressBytes = Math.ceil(sourceBits / 8);
  if (most === undefined || sourceBits > most || data.length - 4 < addressBytes) {
    throw new MessageError('a client subnet that is none');
  }
  return { family, sourceBits, address: data.slice(4, 4 + addressBytes) };
}
