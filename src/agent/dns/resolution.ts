/** What a question resolves to, before it is fitted into a message. */
import type { IpBytes } from '../../lib/sockaddr/ip.ts';
import type { DnsSettings } from './settings.ts';
import { type DnsRecord, MessageError, type RdataPart } from './wire/message.ts';
import { below, type WireName } from './wire/name.ts';
import { classIn, RCODE, type Rcode, TYPE } from './wire/numbers.ts';

/**
 * What one instance (or one fact) says. The additional records go when the answer they belong to goes; one that belongs to
 * several is the same object.
 */
export interface Group {
  readonly answer: readonly DnsRecord[];
  readonly additional: readonly DnsRecord[];
}

export interface Resolution {
  readonly rcode: Rcode;
  readonly groups: readonly Group[];
  /** Instances come in random order; of more than `maxGroups` a random choice. */
  readonly isShuffled: boolean;
  readonly maxGroups: number;
  readonly authority: readonly DnsRecord[];
  readonly additional: readonly DnsRecord[];
  /** The answer is for the subnet that the asker named (RFC 7871), not for everybody. */
  readonly isForSubnet: boolean;
  /** Foreign or own names whose addresses belong into the answer, in lower case. Resolve again when they are `chased`. */
  readonly wanted: readonly WireName[];
}

const nothing: Resolution = {
  rcode: RCODE.NOERROR,
  groups: [],
  isShuffled: false,
  maxGroups: Number.POSITIVE_INFINITY,
  authority: [],
  additional: [],
  isForSubnet: false,
  wanted: [],
};

export const resolution = (parts: Partial<Resolution>): Resolution => ({ ...nothing, ...parts });
export const noData = nothing;
export const failure = (rcode: Rcode): Resolution => resolution({ rcode });
export const noSuchName = (settings: DnsSettings): Resolution =>
  resolution({ rcode: RCODE.NXDOMAIN, authority: [zoneRecord(settings)] });

const alone: readonly DnsRecord[] = [];

export const single = (record: DnsRecord): Group => ({ answer: [record], additional: alone });

export function record(name: WireName, type: number, ttlSeconds: number, ...rdata: readonly RdataPart[]): DnsRecord {
  return { name, type, class: classIn, ttlSeconds, rdata };
}

export const addressRecord = (name: WireName, ttlSeconds: number, bytes: IpBytes): DnsRecord =>
  record(name, bytes.length === 4 ? TYPE.A : TYPE.AAAA, ttlSeconds, bytes);

/** Metadata of a node: `key=value` (RFC 1464), or the value alone where the key asks for it. */
export function metaRecords(
  name: WireName,
  ttlSeconds: number,
  meta: Readonly<Record<string, string>> | null,
): DnsRecord[] {
  return Object.entries(meta ?? {}).map(([key, value]) => {
    const text = Buffer.from(key.toLowerCase().startsWith('rfc1035-') ? value : `${key}=${value}`);
    if (text.length > 255) throw new MessageError(`metadata ${key} has more than 255 bytes`);
    return record(name, TYPE.TXT, ttlSeconds, Uint8Array.of(text.length, ...text));
  });
}

/** SOA of the zone. Its serial is the time, filled in when the answer is sent. */
export function zoneRecord({ domain, config: { soa } }: DnsSettings): DnsRecord {
  const numbers = Buffer.alloc(20);
  [0, soa.refresh, soa.retry, soa.expire, soa.minTtl].forEach((number, i) => {
    numbers.writeUInt32BE(Math.min(Math.max(number, 0), 0xffff_ffff), 4 * i);
  });
  const inZone = (label: string): WireName => `${String.fromCharCode(label.length)}${label}${domain}`;
  return record(domain, TYPE.SOA, soa.minTtl, inZone('ns'), inZone('hostmaster'), numbers);
}

/** What there is in a datacenter, by its names: `node.node.dc1.consul.`; null where a name cannot be that long. */
export function namesIn(datacenter: string, domain: WireName) {
  const within = (kind: string) => {
    const zone = below(`${kind}.${datacenter}`, domain);
    return (name: string): WireName | null => (zone === null ? null : below(name, zone));
  };
  const address = within('addr');
  return {
    node: within('node'),
    service: within('service'),
    address: (bytes: IpBytes) => address(Buffer.from(bytes).toString('hex')),
  };
}

/** The same object for the same record. */
export function sharing(): (record: DnsRecord) => DnsRecord {
  const known = new Map<WireName, DnsRecord[]>();
  return (record) => {
    const namesakes = known.get(record.name);
    if (namesakes === undefined) {
      known.set(record.name, [record]);
      return record;
    }
    const before = namesakes.find((one) => sameRecord(one, record));
    if (before === undefined) namesakes.push(record);
    return before ?? record;
  };
}

const sameRecord = (a: DnsRecord, b: DnsRecord): boolean =>
  a.type === b.type && a.rdata.length === b.rdata.length && a.rdata.every((part, i) => same(part, b.rdata[i]!));

function same(a: RdataPart, b: RdataPart): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
