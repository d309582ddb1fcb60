/**
 * Pure: as much of a resolution as the asker takes. Records are counted first (`a_record_limit`, `udp_answer_limit`), then
 * bytes: the largest number of answers is kept with which the message fits.
 */
import type { Random } from '../../lib/runtime.ts';
import type { Group, Resolution } from './resolution.ts';
import type { DnsSettings } from './settings.ts';
import type { Query } from './wire/decode.ts';
import { opcodeOf } from './wire/decode.ts';
import { type Encoder, leastBytes, type Part } from './wire/encode.ts';
import type { DnsRecord, Edns, Message } from './wire/message.ts';
import { rootName } from './wire/name.ts';
import { FLAG, maxMessageBytes, OPCODE, plainUdpBytes, TYPE } from './wire/numbers.ts';

export type Network = 'udp' | 'tcp';

/** Without EDNS never more, whatever `udp_answer_limit` says: more would not fit or not be used. */
const maxPlainAnswers = 8;
/** Nobody gets more answers than this; resolvers choke long before. */
const maxAnswers = 4096;

/** What is left of an IPv4 packet. */
const maxUdpBytes = 65_507;

export interface Asking {
  readonly query: Query;
  readonly network: Network;
  readonly settings: DnsSettings;
}

/** Largest answer the asker takes, in bytes. */
export function limitBytesOf(edns: Edns | null, network: Network): number {
  if (network === 'tcp') return maxMessageBytes;
  return Math.min(Math.max(edns?.udpBytes ?? 0, plainUdpBytes), maxUdpBytes);
}

export function fitMessage(asking: Asking, resolution: Resolution, encoder: Encoder, random: Random): Message {
  const { query, network, settings } = asking;
  const { config } = settings;
  const limitBytes = limitBytesOf(query.edns, network);
  const isPlain = network === 'udp' && limitBytes === plainUdpBytes;
  const countLimit = isPlain ? Math.min(maxPlainAnswers, config.udpAnswerLimit) : maxAnswers;
  const groups = chosen(resolution, random, countLimit);
  const parts = partsOf(groups);
  const isMore = parts.length > countLimit || groups.length < Math.min(resolution.groups.length, resolution.maxGroups);
  // A client without EDNS that gets a choice gets one that fits however it is repacked on its way.
  const compress = !config.disableCompression && !(isPlain && isMore);

  const fits = (message: Message): boolean => encoder.fits(message, compress, limitBytes);
  const withAnswers = (count: number, flags: number, beside: readonly DnsRecord[] = []): Message => {
    const shown = parts.slice(0, count);
    return {
      id: query.id,
      flags,
      question: query.question,
      answer: shown.map(({ answer }) => answer),
      authority: resolution.authority,
      additional: [...resolution.additional, ...shown.flatMap(({ additional }) => additional), ...beside],
    };
  };
  const flags = flagsOf(asking, resolution.rcode);
  if (!isMore && parts.reduce((sum, { answer }) => sum + leastBytes(answer), 0) < limitBytes) {
    const whole = withAnswers(parts.length, flags, optionOf(query.edns, resolution.isForSubnet));
    if (fits(whole)) return whole;
  }
  const cutFlags = config.enableTruncate ? flags | FLAG.tc : flags;
  const most = Math.min(parts.length, countLimit);
  if (most === 0) return withAnswers(0, cutFlags);
  const tried = parts.slice(0, isMore ? most : most - 1);
  let count = encoder.count(withAnswers(0, flags), tried, compress, limitBytes);
  for (; count > 0; count--) {
    const cut = withAnswers(count, cutFlags);
    if (fits(cut)) return cut;
  }
  // Not even one with all that belongs to it: the answer without anything beside it, or the word to ask over TCP.
  const bare = { ...withAnswers(1, flags | FLAG.tc), additional: [] };
  return fits(bare) ? bare : { ...bare, answer: [], authority: [] };
}

/** Flags of an answer from the catalog. */
export function flagsOf({ query, settings }: Asking, rcode: number): number {
  const recursion = settings.recursors.length > 0 ? FLAG.ra : 0;
  return replyFlags(query.flags) | FLAG.aa | recursion | rcode;
}

/** What every answer takes over from its question. */
export function replyFlags(flags: number): number {
  const opcode = opcodeOf(flags);
  const kept = opcode === OPCODE.query ? flags & (FLAG.rd | FLAG.cd) : 0;
  return FLAG.qr | (opcode << 11) | kept;
}

/** At most so many groups, in the order they are shown. */
export function chosen(
  { groups, isShuffled, maxGroups }: Resolution,
  random: Random,
  limit = maxAnswers,
): readonly Group[] {
  const most = Math.min(maxGroups, limit, groups.length);
  if (!isShuffled) return groups.slice(0, most);
  return [...take(inRandomOrder(groups, random), most)];
}

/** Only as much is drawn as is taken. */
export function* inRandomOrder<T>(items: readonly T[], random: Random): Iterable<T> {
  const left = items.slice();
  for (let i = 0; i < left.length; i++) {
    const other = i + random.int(left.length - i);
    const item = left[other]!;
    left[other] = left[i]!;
    yield item;
  }
}

function* take<T>(items: Iterable<T>, count: number): Iterable<T> {
  if (count === 0) return;
  for (const item of items) {
    yield item;
    if (--count === 0) return;
  }
}

const nothing: readonly DnsRecord[] = [];

function partsOf(groups: readonly Group[]): Part[] {
  const seen = new Set<DnsRecord>();
  const parts: Part[] = [];
  for (const { answer, additional } of groups) {
    const fresh = additional.length === 0 ? nothing : additional.filter((record) => !seen.has(record));
    for (const record of fresh) seen.add(record);
    for (let i = 0; i < answer.length; i++) parts.push({ answer: answer[i]!, additional: i === 0 ? fresh : nothing });
  }
  return parts;
}

/** The OPT record of an answer: the asker's own size, and how far an answer for its subnet is good. */
export function optionOf(edns: Edns | null, isForSubnet: boolean): DnsRecord[] {
  if (edns === null) return [];
  const { udpBytes, subnet } = edns;
  const rdata: Uint8Array[] = [];
  if (subnet !== null) {
    const { family, sourceBits, address } = subnet;
    const head = Buffer.alloc(8);
    head.writeUInt16BE(8, 0);
    head.writeUInt16BE(4 + address.length, 2);
    head.writeUInt16BE(family, 4);
    head[6] = sourceBits;
    head[7] = isForSubnet ? sourceBits : 0;
    rdata.push(head, address);
  }
  return [{ name: rootName, type: TYPE.OPT, class: udpBytes, ttlSeconds: 0, rdata }];
}
