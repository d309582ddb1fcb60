/** Questions, records and messages, as decoded and before encoding. */

import type { WireName } from './name.ts';
import { TYPE } from './numbers.ts';

/** Thrown for every message that cannot be read or written. */
export class MessageError extends Error {
  override readonly name = 'MessageError';
}

export interface Question {
  readonly name: WireName;
  readonly type: number;
  readonly class: number;
}

/** EDNS client subnet (RFC 7871). */
export interface ClientSubnet {
  readonly family: number;
  readonly sourceBits: number;
  readonly address: Uint8Array;
}

/** The OPT record of a query (RFC 6891). */
export interface Edns {
  /** Largest answer the asker takes over UDP. */
  readonly udpBytes: number;
  /** What stands in place of a TTL: rcode bits, version, flags. Goes upstream unchanged, as do the options. */
  readonly bits: number;
  readonly options: Uint8Array;
  readonly subnet: ClientSubnet | null;
}

/** Part of a record's data: names (which may be compressed) and everything else. */
export type RdataPart = WireName | Uint8Array | readonly number[];

export interface DnsRecord {
  readonly name: WireName;
  readonly type: number;
  readonly class: number;
  readonly ttlSeconds: number;
  readonly rdata: readonly RdataPart[];
}

/** What stands in an answer, in order. */
export interface Message {
  readonly id: number;
  /** The second word of the header: flags, opcode, rcode. */
  readonly flags: number;
  readonly question: Question | null;
  readonly answer: readonly DnsRecord[];
  readonly authority: readonly DnsRecord[];
  readonly additional: readonly DnsRecord[];
}

/**
 * How the data of types that hold names is laid out: `n` a name, a digit so many bytes, `s` a string with its length
 * before it. What follows is kept as it is. Only these types may have been compressed by somebody (RFC 3597, 4).
 */
const layouts: ReadonlyMap<number, string> = new Map([
  ...[TYPE.NS, 3, 4, TYPE.CNAME, 7, 8, 9, TYPE.PTR, 39].map((type) => [type, 'n'] as const),
  [TYPE.SOA, 'nn'],
  [TYPE.MX, '2n'],
  [TYPE.SRV, '6n'],
  ...[14, 17].map((type) => [type, 'nn'] as const),
  ...[18, 21, 36].map((type) => [type, '2n'] as const),
  [26, '2nn'],
  [35, '4sssn'],
]);

export const layoutOf = (type: number): string => layouts.get(type) ?? '';

/** Types whose names may be compressed when written: those of RFC 1035. */
const compressible: ReadonlySet<number> = new Set([
  TYPE.NS,
  3,
  4,
  TYPE.CNAME,
  TYPE.SOA,
  7,
  8,
  9,
  TYPE.PTR,
  14,
  TYPE.MX,
]);

export const mayCompress = (type: number): boolean => compressible.has(type);
