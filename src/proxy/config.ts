/** What a proxy is to do: for which service it stands, where it listens, whom its service talks to. */
import { randomInt } from 'node:crypto';
import type { AgentServiceEntry, ProxyExposedPath, ProxyUpstream } from '../client/connect.ts';
import type { ExposedPath } from './exposed.ts';

export interface Place {
  readonly host: string;
  readonly port: number;
}

export interface Upstream {
  readonly name: string;
  readonly kind: 'service' | 'prepared_query';
  /** '' for the agent's own. */
  readonly datacenter: string;
  readonly listen: Place;
  readonly connectTimeoutMs: number;
}

export interface PublicListener {
  readonly listen: Place;
  /** The service itself. */
  readonly local: Place;
  readonly localConnectTimeoutMs: number;
  readonly handshakeTimeoutMs: number;
}

export interface ProxyConfig {
  /** Whose certificate is shown, and whose intentions decide. */
  readonly service: string;
  /** Null: the service only calls others. */
  readonly inbound: PublicListener | null;
  readonly upstreams: readonly Upstream[];
  readonly exposed: readonly ExposedPath[];
}

export const defaults = { localConnectTimeoutMs: 1_000, handshakeTimeoutMs: 10_000, connectTimeoutMs: 10_000 } as const;

/** Thrown for a registration that no proxy can follow. */
export class ProxyConfigError extends Error {
  override readonly name = 'ProxyConfigError';
}

const positive = (value: unknown, fallback: number): number => {
  const number = Number(value ?? Number.NaN);
  return Number.isFinite(number) && number > 0 ? number : fallback;
};

/** From a proxy's registration with its agent. @throws ProxyConfigError */
export function configOf(entry: AgentServiceEntry): ProxyConfig {
  if (entry.Kind !== 'connect-proxy') throw new ProxyConfigError(`service ${entry.ID} is not a connect-proxy`);
  const { Proxy: proxy = {} } = entry;
  const settings = proxy.Config ?? {};
  const port = positive(settings['bind_port'], entry.Port);
  return {
    service: proxy.DestinationServiceName ?? '',
    inbound:
      port === 0
        ? null
        : {
            listen: { host: String(settings['bind_address'] ?? (entry.Address || '0.0.0.0')), port },
            local: localOf(String(settings['local_service_address'] ?? ''), {
              host: proxy.LocalServiceAddress || '127.0.0.1',
              port: proxy.LocalServicePort ?? 0,
            }),
            localConnectTimeoutMs: positive(settings['local_connect_timeout_ms'], defaults.localConnectTimeoutMs),
            handshakeTimeoutMs: positive(settings['handshake_timeout_ms'], defaults.handshakeTimeoutMs),
          },
    upstreams: (proxy.Upstreams ?? []).filter(({ LocalBindPort = 0 }) => LocalBindPort > 0).map(upstreamOf),
    exposed: (proxy.Expose?.Paths ?? []).map((path) =>
      exposedOf(path, entry, proxy.LocalServiceAddress || '127.0.0.1'),
    ),
  };
}

/** @throws ProxyConfigError for protocols that we cannot look into */
function exposedOf(given: ProxyExposedPath, { Address }: AgentServiceEntry, localHost: string): ExposedPath {
  const { Path = '', ListenerPort = 0, LocalPathPort = 0, Protocol = '' } = given;
  if (Protocol !== '' && Protocol !== 'http') {
    throw new ProxyConfigError(`exposed path ${Path}: protocol ${Protocol} is not supported yet`);
  }
  const listen = { host: Address || '0.0.0.0', port: ListenerPort };
  return { path: Path, listen, local: { host: localHost, port: LocalPathPort } };
}

/** An address in the older style, `host:port`. */
function localOf(text: string, otherwise: Place): Place {
  const colon = text.lastIndexOf(':');
  if (colon < 0) return otherwise;
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, '') || '127.0.0.1', port: Number(text.slice(colon + 1)) };
}

const upstreamOf = (upstream: ProxyUpstream): Upstream => ({
  name: upstream.DestinationName,
  kind: upstream.DestinationType === 'prepared_query' ? 'prepared_query' : 'service',
  datacenter: upstream.Datacenter ?? '',
  listen: { host: upstream.LocalBindAddress || '127.0.0.1', port: upstream.LocalBindPort ?? 0 },
  connectTimeoutMs: positive(upstream.Config?.['connect_timeout_ms'], defaults.connectTimeoutMs),
});

/** A copy in random order: load is spread without talking about it. */
export function shuffled<T>(items: readonly T[]): T[] {
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = randomInt(i + 1);
    [copy[i], copy[j]] = [copy[j]!, copy[i]!];
  }
  return copy;
}
