/** Where the instances of an upstream are that can be reached by mutual TLS, and who they have to be. */
import { blockingQuery } from '../client/blocking-query.ts';
import type { ConsulHttp } from '../client/http.ts';
import { escapePath } from '../lib/go-url.ts';
import type { Place, Upstream } from './config.ts';
import type { Log } from './log.ts';

export interface Instance extends Place {
  readonly service: string;
  readonly datacenter: string;
}

interface Found {
  readonly Node: { readonly Address: string; readonly Datacenter?: string };
  readonly Service: {
    readonly Service: string;
    readonly Kind?: string;
    readonly Address?: string;
    readonly Port: number;
    readonly Proxy?: { readonly DestinationServiceName?: string };
  };
}

const instanceOf = ({ Node, Service }: Found, datacenter: string): Instance => ({
  host: Service.Address || Node.Address,
  port: Service.Port,
  service: Service.Kind === 'connect-proxy' ? (Service.Proxy?.DestinationServiceName ?? '') : Service.Service,
  datacenter: Node.Datacenter || datacenter,
});

export interface Instances {
  /** Healthy ones, as of now. */
  find(): Promise<readonly Instance[]>;
}

/** Follows the health of a service; a prepared query is asked anew for every connection. */
export function instancesOf(upstream: Upstream, http: ConsulHttp, log: Log, signal: AbortSignal): Instances {
  const { name, datacenter } = upstream;
  if (upstream.kind === 'prepared_query') {
    const path = `/v1/query/${escapePath(name)}/execute`;
    return {
      async find() {
        const query = { connect: 'true' };
        const { value } = await http.get<{ Nodes: Found[] | null; Datacenter: string }>(path, { datacenter }, query);
        return (value.Nodes ?? []).map((found) => instanceOf(found, value.Datacenter));
      },
    };
  }
  let known: readonly Instance[] = [];
  let ready: () => void = () => {};
  const first = new Promise<void>((resolve) => {
    ready = resolve;
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const path = `/v1/health/connect/${escapePath(name)}`;
  const follow = async (): Promise<void> => {
    const ask = (options: object) => http.get<Found[]>(path, { ...options, datacenter }, { passing: '1' });
    for await (const state of blockingQuery(ask, { signal })) {
      if (state.kind === 'live') known = state.value.map((found) => instanceOf(found, datacenter));
      if (state.kind === 'stale') {
        log('error', 'could not find the instances of an upstream', { upstream: name, error: state.error.message });
      }
      if (state.kind !== 'connecting') ready();
    }
  };
  void follow();
  return {
    async find() {
      await first;
      return known;
    },
  };
}
