/** The config entries that chains are made of, as a chain asks for them. */
import type { ProxyConfigEntry, ServiceConfigEntry } from '../../../structs/config-entry.ts';
import type {
  ServiceResolverConfigEntry,
  ServiceRouterConfigEntry,
  ServiceSplitterConfigEntry,
} from '../../../structs/discovery-chain.ts';
import { type ConfigEntryRow, configEntryKey, topics } from '../schema.ts';
import type { State } from '../store.ts';
import type { WatchSet } from '../watches.ts';

export interface ChainEntries {
  router(service: string): ServiceRouterConfigEntry | undefined;
  splitter(service: string): ServiceSplitterConfigEntry | undefined;
  resolver(service: string): ServiceResolverConfigEntry | undefined;
  defaults(service: string): ServiceConfigEntry | undefined;
  proxyDefaults(): ProxyConfigEntry | undefined;
}

/** Everything asked for is watched. */
export function entriesOf(state: State, watch: WatchSet): ChainEntries {
  const get = (kind: string, name: string): ConfigEntryRow | undefined => {
    watch.topic(topics.configEntry(kind, name));
    return state.tables.configEntries.get(configEntryKey(kind, name));
  };
  return {
    router: (service) => get('service-router', service) as ServiceRouterConfigEntry | undefined,
    splitter: (service) => get('service-splitter', service) as ServiceSplitterConfigEntry | undefined,
    resolver: (service) => get('service-resolver', service) as ServiceResolverConfigEntry | undefined,
    defaults: (service) => get('service-defaults', service) as ServiceConfigEntry | undefined,
    proxyDefaults: () => get('proxy-defaults', 'global') as ProxyConfigEntry | undefined,
  };
}

const httpLike: ReadonlySet<string> = new Set(['http', 'http2', 'grpc']);
export const isHttpLike = (protocol: string): boolean => httpLike.has(protocol);

/** What a service speaks: its own defaults say so, else those of all proxies, else it is plain TCP. */
export function protocolOf(entries: ChainEntries, service: string): string {
  const own = entries.defaults(service);
  if (own !== undefined) return own.Protocol || 'tcp';
  const common = entries.proxyDefaults()?.Config?.['protocol'];
  return typeof common === 'string' && common !== '' ? common.toLowerCase() : 'tcp';
}
