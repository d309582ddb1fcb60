/** Pure: a question and what the catalog says of it become records. */
import type { IpBytes } from '../../lib/sockaddr/ip.ts';
import type { CheckServiceNode, Node, ServiceNode } from '../../structs/catalog.ts';
import { parseAddress } from './address.ts';
import {
  addressRecord,
  type Group,
  metaRecords,
  namesIn,
  noData,
  noSuchName,
  type Resolution,
  record,
  resolution,
  sharing,
  single,
  zoneRecord,
} from './resolution.ts';
import { type DnsSettings, seconds } from './settings.ts';
import { nodeAddress, type Place, serviceAddress, servicePort } from './translate.ts';
import { leastBytes } from './wire/encode.ts';
import type { DnsRecord, Question } from './wire/message.ts';
import { lowerCase, type WireName, wireName } from './wire/name.ts';
import { RCODE, TYPE } from './wire/numbers.ts';

/** Host names in the catalog and what they resolved to, by their names in lower case. */
export type Chased = ReadonlyMap<WireName, readonly DnsRecord[]>;

export interface Resolving {
  readonly settings: DnsSettings;
  readonly question: Question;
  readonly chased: Chased;
}

const isAddressType = (type: number): boolean => type === TYPE.A || type === TYPE.AAAA || type === TYPE.ANY;
/** Nodes answer these; whether they exist is not even asked for others. */
export const isNodeType = (type: number): boolean => isAddressType(type) || type === TYPE.TXT;

const wants = (type: number, bytes: IpBytes): boolean =>
  type === TYPE.ANY || type === (bytes.length === 4 ? TYPE.A : TYPE.AAAA);

export function resolveNode(resolving: Resolving, node: Node | null, datacenter: string): Resolution {
  const { settings, question, chased } = resolving;
  if (node === null) return noSuchName(settings);
  const { name, type } = question;
  const ttl = seconds(settings.config.nodeTtlMs);
  const groups: Group[] = [];
  const wanted: WireName[] = [];
  const address = nodeAddress(settings, { datacenter, type }, node);
  const bytes = parseAddress(address);
  if (bytes !== null) {
    if (wants(type, bytes)) groups.push(single(addressRecord(name, ttl, bytes)));
  } else if (isAddressType(type)) {
    const target = wireName(address);
    if (target !== null) {
      groups.push({
        answer: [record(name, TYPE.CNAME, ttl, target), ...followed(chased, target, wanted)],
        additional: [],
      });
    }
  }
  const inAnswer = type === TYPE.ANY || type === TYPE.TXT;
  const meta = inAnswer || settings.config.nodeMetaTxt ? metaRecords(name, ttl, node.Meta) : [];
  if (inAnswer) groups.push(...meta.map(single));
  return resolution({ groups, additional: inAnswer ? [] : meta, wanted });
}

/** Instances that may be shown, in the order of the catalog. */
export function healthy(nodes: readonly CheckServiceNode[], onlyPassing: boolean): CheckServiceNode[] {
  return nodes.filter(({ Checks }) => {
    for (const { Status } of Checks ?? []) {
      if (Status === 'critical' || (onlyPassing && Status !== 'passing')) return false;
    }
    return true;
  });
}

/** Takes instances until what they say cannot fit into so many bytes. */
export function resolveService(
  resolving: Resolving,
  nodes: Iterable<CheckServiceNode>,
  place: { readonly datacenter: string; readonly ttlSeconds: number },
  limitBytes = Number.POSITIVE_INFINITY,
): Resolution {
  const { settings, question } = resolving;
  const wanted: WireName[] = [];
  const { type } = question;
  const isSrv = type === TYPE.SRV;
  const groups = (isSrv ? targets : addresses)(resolving, nodes, { ...place, limitBytes }, wanted);
  const isAlias = groups[0]?.answer[0]?.type === TYPE.CNAME && !isSrv;
  const { aRecordLimit } = settings.config;
  return resolution({
    groups,
    isShuffled: true,
    // A name has one alias at most.
    maxGroups: isAlias ? 1 : !isSrv && aRecordLimit > 0 ? aRecordLimit : Number.POSITIVE_INFINITY,
    authority: groups.length === 0 ? [zoneRecord(settings)] : [],
    wanted,
  });
}

interface InstancePlace {
  readonly datacenter: string;
  readonly ttlSeconds: number;
  readonly limitBytes: number;
}

/** Answers to A, AAAA, ANY, CNAME and, as Consul does, TXT: an address once, an alias only where there is no address. */
function addresses(
  { settings, question, chased }: Resolving,
  nodes: Iterable<CheckServiceNode>,
  { datacenter, ttlSeconds, limitBytes }: InstancePlace,
  wanted: WireName[],
): Group[] {
  const { name, type } = question;
  const asked = type === TYPE.TXT ? TYPE.ANY : type;
  const place: Place = { datacenter, type: asked };
  const self = lowerCase(name);
  const seen = new Set<string>();
  const plain: Group[] = [];
  let aliases: Group[] = [];
  let bytesSaid = 0;
  for (const instance of nodes) {
    if (bytesSaid > limitBytes) break;
    const { address, bytes } = addressOf(settings, place, instance, self);
    if (seen.has(address)) continue;
    seen.add(address);
    if (bytes !== null) {
      if (!wants(asked, bytes)) continue;
      const one = addressRecord(name, ttlSeconds, bytes);
      plain.push(single(one));
      bytesSaid += leastBytes(one);
      continue;
    }
    const target = isAddressType(asked) || asked === TYPE.CNAME ? wireName(address) : null;
    if (target === null) continue;
    const chain = followed(chased, target, wanted, ttlSeconds);
    const alias = { answer: [record(name, TYPE.CNAME, ttlSeconds, target), ...chain], additional: [] };
    const longest = aliases[0]?.answer.length ?? 0;
    if (alias.answer.length > longest) aliases = [alias];
    else if (alias.answer.length === longest) aliases.push(alias);
  }
  return plain.length > 0 ? plain : aliases;
}

/** Answers to SRV, each with the addresses of its target. */
function targets(
  { settings, question, chased }: Resolving,
  nodes: Iterable<CheckServiceNode>,
  { datacenter, ttlSeconds, limitBytes }: InstancePlace,
  wanted: WireName[],
): Group[] {
  const self = lowerCase(question.name);
  const names = namesIn(datacenter, settings.domain);
  const place: Place = { datacenter, type: TYPE.ANY };
  const shared = sharing();
  const seen = new Set<string>();
  const groups: Group[] = [];
  let bytesSaid = 0;
  for (const instance of nodes) {
    if (bytesSaid > limitBytes) break;
    const node = instance.Node!;
    const service = instance.Service!;
    const { address, bytes, isOwn } = addressOf(settings, place, instance, self);
    const port = servicePort(settings, place, service);
    const key = `${node.Node}\0${address}\0${port}`;
    if (seen.has(key)) continue;
    seen.add(key);

    const ownName = names.node(node.Node);
    const hostName = isOwn && bytes !== null ? names.address(bytes) : ownName;
    const target = bytes === null ? wireName(address) : hostName;
    // An instance that has no possible name is left out.
    if (target === null) continue;
    const weight = weightOf(instance);
    const numbers = [0, 1, weight >> 8, weight & 0xff, (port >> 8) & 0xff, port & 0xff];
    const additional =
      bytes === null
        ? followed(chased, target, wanted, ttlSeconds)
        : [
            addressRecord(target, ttlSeconds, bytes),
            ...(settings.config.nodeMetaTxt && ownName !== null ? metaRecords(ownName, ttlSeconds, node.Meta) : []),
          ];
    const answer = [record(question.name, TYPE.SRV, ttlSeconds, numbers, target)];
    for (const one of answer) bytesSaid += leastBytes(one);
    groups.push({
      answer,
      additional: additional.map((one) => {
        const same = shared(one);
        if (same === one) bytesSaid += leastBytes(one);
        return same;
      }),
    });
  }
  return groups;
}

/** The service's address, else its node's. A service whose address is the very name that was asked has none. */
function addressOf(
  settings: DnsSettings,
  place: Place,
  { Node, Service }: CheckServiceNode,
  self: WireName,
): { address: string; bytes: IpBytes | null; isOwn: boolean } {
  const own = serviceAddress(settings, place, Service!);
  const ownBytes = own === '' ? null : parseAddress(own);
  if (ownBytes !== null || (own !== '' && !isSelf(own, self))) return { address: own, bytes: ownBytes, isOwn: true };
  const address = nodeAddress(settings, place, Node!);
  return { address, bytes: parseAddress(address), isOwn: false };
}

function isSelf(host: string, self: WireName): boolean {
  const name = wireName(host);
  return name !== null && lowerCase(name) === self;
}

/** Weights are for an instance in its present health. */
function weightOf({ Service, Checks }: CheckServiceNode): number {
  const weights = Service!.Weights;
  if (weights === null) return 1;
  const isWarned = (Checks ?? []).some(({ Status }) => Status === 'warning');
  return Math.min(Math.max(isWarned ? weights.Warning : weights.Passing, 0), 65_535);
}

const followTypes: ReadonlySet<number> = new Set([TYPE.CNAME, TYPE.A, TYPE.AAAA, TYPE.TXT]);

/** What a host name leads to, if it was chased; else it is wanted. */
function followed(chased: Chased, target: WireName, wanted: WireName[], ttlSeconds?: number): DnsRecord[] {
  const key = lowerCase(target);
  const found = chased.get(key);
  if (found === undefined) {
    wanted.push(key);
    return [];
  }
  const records = found.filter(({ type }) => followTypes.has(type));
  return ttlSeconds === undefined ? records : records.map((one) => ({ ...one, ttlSeconds }));
}

/** The servers of the zone. Names that resolvers would refuse are left out. */
export function resolveZone({ settings, question }: Resolving, servers: readonly CheckServiceNode[]): Resolution {
  const { domain, datacenter } = settings;
  const ttl = seconds(settings.config.nodeTtlMs);
  const names = namesIn(datacenter, domain);
  const groups = servers.flatMap(({ Node }): Group[] => {
    const node = Node!;
    const name = /^[A-Za-z0-9-]+$/.test(node.Node) ? names.node(node.Node) : null;
    if (name === null) return [];
    const bytes = parseAddress(nodeAddress(settings, { datacenter, type: TYPE.ANY }, node));
    const glue = bytes === null ? [] : [addressRecord(name, ttl, bytes)];
    return [{ answer: [record(domain, TYPE.NS, ttl, name)], additional: glue }];
  });
  if (question.type === TYPE.NS) return resolution({ groups, isShuffled: true, maxGroups: maxNameServers });
  const shown = groups.slice(0, maxNameServers);
  return resolution({
    groups: [single(zoneRecord(settings))],
    authority: shown.flatMap(({ answer }) => answer),
    additional: shown.flatMap(({ additional }) => additional),
  });
}

const maxNameServers = 3;

/** An address as a name, under the main domain whichever was asked. */
export function resolveAddress({ settings, question }: Resolving, zone: WireName, bytes: IpBytes | null): Resolution {
  if (bytes === null) return noData;
  const name = lowerCase(question.name).slice(0, -zone.length) + settings.domain;
  if (name.length > 255) return noData;
  return resolution({ groups: [single(addressRecord(name, seconds(settings.config.nodeTtlMs), bytes))] });
}

/** Who has an address: a node, else a service. Null for nobody we know. */
export function resolvePointer(
  { settings, question }: Resolving,
  found: { readonly node: string } | { readonly service: ServiceNode } | null,
): Resolution | null {
  if (found === null) return null;
  const { domain, datacenter } = settings;
  const names = namesIn(datacenter, domain);
  const target = 'node' in found ? names.node(found.node) : names.service(found.service.ServiceName);
  if (target === null) return null;
  return resolution({ rcode: RCODE.NOERROR, groups: [single(record(question.name, TYPE.PTR, 0, target))] });
}
