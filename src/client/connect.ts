/** The mesh: its certificate authority, certificates, who may talk to whom, and the proxies of an agent. */
import { escapePath } from '../lib/go-url.ts';
import { type Answer, type ConsulHttp, parseJson, type QueryOptions, type WriteOptions } from './http.ts';
import type { RaftIndexes } from './types.ts';

export interface CaConfiguration extends Partial<RaftIndexes> {
  readonly Provider: string;
  readonly Config: Readonly<Record<string, unknown>> | null;
  readonly State?: Readonly<Record<string, string>> | null;
  readonly ForceWithoutCrossSigning?: boolean;
}

export interface CaRoots {
  readonly ActiveRootID: string;
  readonly TrustDomain: string;
  readonly Roots: readonly { readonly ID: string; readonly RootCert: string; readonly Active: boolean }[] | null;
}

export interface LeafCert extends RaftIndexes {
  /** The certificate, and those that lead from it to older roots. */
  readonly CertPEM: string;
  readonly PrivateKeyPEM: string;
  readonly ServiceURI: string;
  readonly ValidBefore: string;
}

export interface AuthorizeRequest {
  readonly Target: string;
  readonly ClientCertURI: string;
  readonly ClientCertSerial: string;
}

export interface ProxyUpstream {
  readonly DestinationType?: string;
  readonly DestinationName: string;
  readonly Datacenter?: string;
  readonly LocalBindAddress?: string;
  readonly LocalBindPort?: number;
  readonly Config?: Readonly<Record<string, unknown>>;
}

export interface ProxyExposedPath {
  readonly Path?: string;
  readonly ListenerPort?: number;
  readonly LocalPathPort?: number;
  readonly Protocol?: string;
}

export interface ProxyConfig {
  readonly DestinationServiceName?: string;
  readonly DestinationServiceID?: string;
  readonly LocalServiceAddress?: string;
  readonly LocalServicePort?: number;
  readonly Config?: Readonly<Record<string, unknown>>;
  readonly Upstreams?: readonly ProxyUpstream[] | null;
  readonly Expose?: { readonly Paths?: readonly ProxyExposedPath[] | null };
}

/** A service as its own agent shows it. */
export interface AgentServiceEntry {
  readonly ID: string;
  readonly Service: string;
  readonly Kind?: string;
  readonly Address: string;
  readonly Port: number;
  readonly Datacenter?: string;
  readonly Proxy?: ProxyConfig;
  readonly ContentHash?: string;
}

export interface ConnectApi {
  caConfiguration(options?: QueryOptions): Promise<CaConfiguration>;
  setCaConfiguration(config: CaConfiguration, options?: WriteOptions): Promise<void>;
  /** As the agent keeps them. */
  roots(options?: QueryOptions): Promise<Answer<CaRoots>>;
  leaf(service: string, options?: QueryOptions): Promise<Answer<LeafCert>>;
  authorize(request: AuthorizeRequest, options?: WriteOptions): Promise<{ Authorized: boolean; Reason: string }>;
  /** Id -> service, of this agent. */
  services(): Promise<Readonly<Record<string, AgentServiceEntry>>>;
  /** With the hash of what is known it waits for something else. */
  service(id: string, hash?: string, options?: QueryOptions): Promise<AgentServiceEntry>;
}

export function connectApi(http: ConsulHttp): ConnectApi {
  return {
    caConfiguration: async (options) =>
      (await http.get<CaConfiguration>('/v1/connect/ca/configuration', options)).value,
    setCaConfiguration: (config, options) => http.put('/v1/connect/ca/configuration', config, options),
    roots: (options) => http.get('/v1/agent/connect/ca/roots', options),
    leaf: (service, options) => http.get(`/v1/agent/connect/ca/leaf/${escapePath(service)}`, options),
    async authorize(request, options) {
      const { body } = await http.ask({
        method: 'POST',
        path: '/v1/agent/connect/authorize',
        body: request,
        ...(options && { options }),
      });
      return parseJson(body) as { Authorized: boolean; Reason: string };
    },
    services: async () => (await http.get<Record<string, AgentServiceEntry>>('/v1/agent/services')).value,
    async service(id, hash, options) {
      const query = hash === undefined ? undefined : { hash };
      return (await http.get<AgentServiceEntry>(`/v1/agent/service/${escapePath(id)}`, options, query)).value;
    },
  };
}
