/** Addresses of all listeners and what the node advertises: templates, defaults that follow one another, the machine. */
import { goQuote } from '../../lib/go-format.ts';
import { joinHostPort } from '../../lib/host-port.ts';
import { formatIp, type IpBytes, isUnspecified, parseIp } from '../../lib/sockaddr/ip.ts';
import { isPrivateIpv4, isPublicIpv6 } from '../../lib/sockaddr/special-ranges.ts';
import { renderTemplate, TemplateFault } from '../../lib/sockaddr/template.ts';
import { ConfigError } from './go-errors.ts';
import type { Host } from './host.ts';
import type { Problems } from './problems.ts';
import type { Settings } from './schema.ts';

export interface ResolvedAddresses {
  readonly bind: string;
  readonly advertise: string;
  readonly advertiseWan: string;
  readonly tagged: Readonly<Record<string, string>>;
  readonly clients: readonly string[];
  /** Addresses without ports, or `unix://path`. */
  readonly dns: readonly string[];
  readonly http: readonly string[];
  readonly https: readonly string[];
  readonly grpc: readonly string[];
  readonly serfLan: string;
  readonly serfWan: string;
  readonly recursors: readonly string[];
  readonly startJoin: readonly string[];
  readonly startJoinWan: readonly string[];
  readonly retryJoin: readonly string[];
  readonly retryJoinWan: readonly string[];
}

/** Throws ConfigError for what cannot go on; single bad addresses go to `problems`. */
export function resolveAddresses(settings: Settings, host: Host, problems: Problems): ResolvedAddresses {
  const expand = (key: string, text: string | undefined) => expandTemplate(key, text, host, problems);
  const expandAll = (key: string, texts: readonly string[]) => texts.flatMap((text) => expand(key, text));
  const oneIp = (key: string, text: string | undefined): string | undefined => {
    const words = expand(key, text);
    if (words.length > 1) throw new ConfigError(`${key} cannot contain multiple addresses`);
    if (words[0]?.startsWith('unix://')) throw new ConfigError(`${key} cannot be a unix socket`);
    return words[0] === undefined ? undefined : validIp(key, words[0], problems);
  };

  const bind = bindAddress(expand('bind_addr', settings.bind_addr));
  const serfLan = oneIp('serf_lan', settings.serf_lan) ?? bind;
  const serfWan = oneIp('serf_wan', settings.serf_wan) ?? bind;
  const advertiseGiven = oneIp('advertise_addr', settings.advertise_addr);
  const advertise = advertiseGiven ?? (isAny(bind) ? ownAddress(bind, host) : bind);
  const advertiseWan = oneIp('advertise_addr_wan', settings.advertise_addr_wan) ?? advertise;
  const ipv4 = oneIp('advertise_addr_ipv4', settings.advertise_addr_ipv4);
  const ipv6 = oneIp('advertise_addr_ipv6', settings.advertise_addr_ipv6);
  const wanIpv4 = oneIp('advertise_addr_wan_ipv4', settings.advertise_addr_wan_ipv4);
  const wanIpv6 = oneIp('advertise_addr_wan_ipv6', settings.advertise_addr_wan_ipv6);

  const clients = expand('client_addr', settings.client_addr).flatMap((word) => {
    if (word.startsWith('unix://')) throw new ConfigError('client_addr cannot be a unix socket');
    return validIp('client_addr', word, problems) ?? [];
  });
  const { addresses } = settings;
  const listeners = (name: 'dns' | 'http' | 'https' | 'grpc'): readonly string[] => {
    const key = `addresses.${name}`;
    const words = expand(key, addresses[name]);
    if (words.length === 0) return clients;
    return words.flatMap((word) => (word.startsWith('unix://') ? word : (validIp(key, word, problems) ?? [])));
  };
  const dns = listeners('dns');
  if (dns.some((address) => address.startsWith('unix://')))
    throw new ConfigError('DNS address cannot be a unix socket');
  const recursors = expandAll('recursors', settings.recursors);
  for (const recursor of recursors) {
    if (isAny(recursor)) throw new ConfigError('DNS recursor address cannot be 0.0.0.0, :: or [::]');
  }
  if (isAny(advertise)) throw new ConfigError('Advertise address cannot be 0.0.0.0, :: or [::]');
  if (isAny(advertiseWan)) throw new ConfigError('Advertise WAN address cannot be 0.0.0.0, :: or [::]');

  return {
    bind,
    advertise,
    advertiseWan,
    tagged: {
      lan: advertise,
      ...byFamily('lan', advertise, ipv4, ipv6),
      wan: advertiseWan,
      ...byFamily('wan', advertiseWan, wanIpv4, wanIpv6),
      ...settings.tagged_addresses,
    },
    clients,
    dns,
    http: listeners('http'),
    https: listeners('https'),
    grpc: listeners('grpc'),
    serfLan,
    serfWan,
    recursors,
    startJoin: expandAll('start_join', settings.start_join),
    startJoinWan: expandAll('start_join_wan', settings.start_join_wan),
    retryJoin: retryJoins('retry_join', settings.retry_join, expand),
    retryJoinWan: retryJoins('retry_join_wan', settings.retry_join_wan, expand),
  };
}

/** Cloud discovery strings ("provider=aws tag_key=…") have spaces of their own. Who joins says that they are not understood. */
function retryJoins(
  key: string,
  texts: readonly string[],
  expand: (key: string, text: string) => readonly string[],
): readonly string[] {
  return texts.flatMap((text) => (text.includes('provider=') ? [text] : expand(key, text)));
}

function expandTemplate(key: string, text: string | undefined, host: Host, problems: Problems): readonly string[] {
  if (text === undefined || text === '') return [];
  try {
    return renderTemplate(text, () => host.network())
      .split(/\s+/)
      .filter((word) => word !== '');
  } catch (error) {
    if (!(error instanceof TemplateFault)) throw error;
    problems.add(`${key}: unable to parse address template ${goQuote(text)}: ${error.message}`);
    return [];
  }
}

function bindAddress(words: readonly string[]): string {
  if (words.length > 1) {
    throw new ConfigError("bind_addr cannot contain multiple addresses. Use 'addresses.{dns,http,https}' instead.");
  }
  if (words[0]?.startsWith('unix://')) throw new ConfigError('bind_addr cannot be a unix socket');
  const ip = ipOf(words[0] ?? '');
  if (ip === undefined) throw new ConfigError('bind_addr cannot be empty');
  return formatIp(ip);
}

/** What a node that listens on all addresses tells the others: its one private IPv4 or public IPv6 address. */
function ownAddress(bind: string, host: Host): string {
  const wantsIpv6 = bind.includes(':');
  const kind = wantsIpv6 ? 'public IPv6' : 'private IPv4';
  const candidates = host
    .network()
    .interfaces.filter((candidate) => candidate.up && !candidate.loopback)
    .flatMap(({ addresses }) => addresses.map(({ ip }) => parseIp(ip)))
    .filter((ip) => ip !== undefined)
    .filter(wantsIpv6 ? isPublicIpv6 : isPrivateIpv4);
  if (candidates[0] === undefined) throw new ConfigError(`No ${kind} address found`);
  if (candidates.length > 1) {
    throw new ConfigError(`Multiple ${kind} addresses found. Please configure one with 'bind' and/or 'advertise'.`);
  }
  return formatIp(candidates[0]);
}

/** The tagged address of one family: the one configured for it, or the advertised one when it belongs to it. */
function byFamily(tag: 'lan' | 'wan', advertised: string, ipv4?: string, ipv6?: string): Record<string, string> {
  const isIpv6 = advertised.includes(':');
  const forIpv4 = ipv4 ?? (isIpv6 ? undefined : advertised);
  const forIpv6 = ipv6 ?? (isIpv6 ? advertised : undefined);
  return {
    ...(forIpv4 !== undefined && { [`${tag}_ipv4`]: forIpv4 }),
    ...(forIpv6 !== undefined && { [`${tag}_ipv6`]: forIpv6 }),
  };
}

function validIp(key: string, word: string, problems: Problems): string | undefined {
  const ip = ipOf(word);
  if (ip === undefined) {
    problems.add(`${key}: invalid ip address: ${word}`);
    return undefined;
  }
  return formatIp(ip);
}

/** Brackets around an IPv6 address are accepted. */
const ipOf = (word: string): IpBytes | undefined => parseIp(word.replace(/^\[(.*)\]$/, '$1'));

function isAny(address: string): boolean {
  const ip = ipOf(address);
  return ip !== undefined && isUnspecified(ip);
}

/** `host:port` as dialed, `unix://path` as it is; nothing when the listener is off. */
export function withPort(addresses: readonly string[], port: number): readonly string[] {
  return addresses.flatMap((address) => {
    if (address.startsWith('unix://')) return address;
    return port <= 0 ? [] : joinHostPort(address, port);
  });
}
