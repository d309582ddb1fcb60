/**
 * Pure: as much of a resolution as the asker takes. Records are counted first (`a_record_limit`, `udp_answer_limit`), then
 * bytes: the largest number of answers is kept with which the message fits.
 */
import type { Random } from '../../lib/runtime.ts';
import type { Group, Resolution } from './resolution.ts';
import type { DnsSettings } from './settings.ts';
import type { Query } from './wire/decode.ts';
import { opcodeOf } from './wire/decode.ts';
import type { Encoder } from './wire/encode.ts';
import type { DnsRecord, Edns, Message } from './wire/message.ts';
import { rootName } from './wire/name.ts';
import { FLAG, maxMessageBytes, OPCODE, plainUdpBytes, TYPE } from './wire/numbers.ts';

export type Network = 'udp' | 'tcp';

/** Without EDNS never more, whatever `udp_answer_limit` says: more would not fit or not be used. */
const maxPlainAnswers = 8;
/** Nobody gets more answers than this; resolvers choke long before. */
const maxAnswers = 4096;

export interface Asking {
  readonly query: Query;
  readonly network: Network;
  readonly settings: DnsSettings;
}

/** Largest answer the asker takes, in bytes. */
export function limitBytesOf(edns: Edns | null, network: Network): number {
  if (network === 'tcp') return maxMessageBytes;
  return Math.max(edns?.udpBytes ?? 0, plainUdpBytes);
}

export function fitMessage(asking: Asking, resolution: Resolution, encoder: Encoder, random: Random): Message {
  const { query, network, settings } = asking;
  const { config } = settings;
  const limitBytes = Math.min(limitBytesOf(query.edns, network), maxMessageBytes);
  const isPlain = network === 'udp' && limitBytes === plainUdpBytes;

  const groups = chosen(resolution, random);
  const all = groups.flatMap(({ answer }) => answer);
  const countLimit = isPlain ? Math.min(maxPlainAnswers, config.udpAnswerLimit) : maxAnswers;
  const most = Math.min(all.length, countLimit);
  // A client without EDNS that gets a choice gets one that fits however it is repacked on its way.
  const compress = !config.disableCompression && !(isPlain && all.length > countLimit);

  const option = optionOf(query.edns, resolution.isForSubnet);
  const head = { id: query.id, question: query.question, authority: resolution.authority };
  const flags = flagsOf(asking, resolution.rcode);
  const isAll = most === all.length;
  const withAnswers = (count: number): Message => {
    const isCut = count < all.length;
    return {
      ...head,
      flags: isCut && config.enableTruncate ? flags | FLAG.tc : flags,
      answer: isCut ? all.slice(0, count) : all,
      additional: [...resolution.additional, ...additionalOf(groups, count), ...(isCut ? [] : option)],
    };
  };
  const whole = withAnswers(most);
  const fits = (message: Message): boolean => encoder.fits(message, compress, limitBytes);
  if (fits(whole)) return whole;

  let least = 0;
  for (let beyond = isAll ? most : most + 1; beyond - least > 1; ) {
    const middle = (least + beyond) >> 1;
    if (fits(withAnswers(middle))) least = middle;
    else beyond = middle;
  }
  if (least > 0) return withAnswers(least);
  // Not even one with all that belongs to it: the answer without anything beside it, or the word to ask over TCP.
  const bare: Message = { ...head, flags: flags | FLAG.tc, answer: all.slice(0, Math.min(most, 1)), additional: [] };
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

export function chosen({ groups, isShuffled, maxGroups }: Resolution, random: Random): readonly Group[] {
  const most = Math.min(maxGroups, maxAnswers);
  if (!isShuffled || groups.length < 2) return groups.length > most ? groups.slice(0, most) : groups;
  const mixed = groups.slice();
  const count = Math.min(most, mixed.length);
  for (let i = 0; i < count; i++) {
    const other = i + random.int(mixed.length - i);
    const group = mixed[i]!;
    mixed[i] = mixed[other]!;
    mixed[other] = group;
  }
  mixed.length = count;
  return mixed;
}

/** Additional records of the groups that the first answers come from, each once. */
function additionalOf(groups: readonly Group[], answers: number): DnsRecord[] {
  const found: DnsRecord[] = [];
  let left = answers;
  for (const { answer, additional } of groups) {
    if (left <= 0) break;
    left -= answer.length;
    for (const one of additional) if (!found.some((other) => isSame(one, other))) found.push(one);
  }
  return found;
}

function isSame(a: DnsRecord, b: DnsRecord): boolean {
  if (a === b) return true;
  if (a.type !== b.type || a.name !== b.name || a.rdata.length !== b.rdata.length) return false;
  return a.rdata.every((part, i) => {
    const other = b.rdata[i]!;
    if (typeof part === 'string' || typeof other === 'string') return part === other;
    return part.length === other.length && part.every((byte, at) => byte === other[at]);
  });
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
