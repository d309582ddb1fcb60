/** The settings of the DNS interface, as its parts read them. Made anew at every reload. */
import type { Config } from '../config/config.ts';
import { lowerCase, rootName, type WireName, wireName } from './wire/name.ts';

export interface DnsSettings {
  readonly nodeName: string;
  readonly datacenter: string;
  /** Names in answers are in this one. */
  readonly domain: WireName;
  /** `domain`, and `alt_domain` if there is one. */
  readonly zones: readonly WireName[];
  readonly translateWanAddrs: boolean;
  readonly recursors: readonly string[];
  readonly config: Config['dns'];
  readonly serviceTtlSeconds: (service: string) => number;
}

export function settingsOf(config: Config): DnsSettings {
  const domain = zone(config.domain);
  return {
    nodeName: config.nodeName,
    datacenter: config.datacenter,
    domain,
    zones: config.altDomain === '' ? [domain] : [domain, zone(config.altDomain)],
    translateWanAddrs: config.translateWanAddrs,
    recursors: config.recursors,
    config: config.dns,
    serviceTtlSeconds: serviceTtl(config.dns.serviceTtlMs),
  };
}

/** An impossible name contains no question. */
const zone = (text: string): WireName => lowerCase(wireName(text) ?? rootName);

/** The entry of the service itself, else the longest `prefix*`. */
function serviceTtl(table: Readonly<Record<string, number>>): (service: string) => number {
  const exact = new Map<string, number>();
  const prefixes: (readonly [prefix: string, seconds: number])[] = [];
  for (const [name, ttlMs] of Object.entries(table)) {
    if (name.endsWith('*')) prefixes.push([name.slice(0, -1), seconds(ttlMs)]);
    else exact.set(name, seconds(ttlMs));
  }
  prefixes.sort(([a], [b]) => b.length - a.length);
  return (service) => exact.get(service) ?? prefixes.find(([prefix]) => service.startsWith(prefix))?.[1] ?? 0;
}

/** A TTL is an unsigned number of 31 bits (RFC 2181, 8). */
export const seconds = (ms: number): number => Math.min(Math.max(Math.floor(ms / 1000), 0), 0x7fff_ffff);
