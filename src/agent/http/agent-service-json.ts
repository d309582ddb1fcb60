/** A local service as the agent's own endpoints show it: the shape of Consul's API client, not that of the catalog. */
import { createHash } from 'node:crypto';
import {
  type ConnectProxyConfig,
  MeshGatewayConfig,
  type NodeService,
  ServiceAddress,
  TransparentProxyConfig,
  Weights,
} from '../../structs/catalog.ts';
import { newDict } from '../../structs/dict.ts';
import { renderJson } from '../../structs/json.ts';
import { any, bool, type Infer, int64, map, omitEmpty, ptr, slice, str, struct } from '../../structs/schema.ts';

const UpstreamJson = struct('Upstream', {
  DestinationType: omitEmpty(str),
  DestinationNamespace: omitEmpty(str),
  DestinationName: str,
  Datacenter: omitEmpty(str),
  LocalBindAddress: omitEmpty(str),
  LocalBindPort: omitEmpty(int64),
  LocalBindSocketPath: omitEmpty(str),
  LocalBindSocketMode: omitEmpty(str),
  Config: omitEmpty(map(any)),
  MeshGateway: MeshGatewayConfig,
  CentrallyConfigured: omitEmpty(bool),
});

const ExposePathJson = struct('ExposePath', {
  ListenerPort: omitEmpty(int64),
  Path: omitEmpty(str),
  LocalPathPort: omitEmpty(int64),
  Protocol: omitEmpty(str),
  ParsedFromCheck: bool,
});

const ProxyJson = struct('AgentServiceConnectProxyConfig', {
  DestinationServiceName: omitEmpty(str),
  DestinationServiceID: omitEmpty(str),
  LocalServiceAddress: omitEmpty(str),
  LocalServicePort: omitEmpty(int64),
  LocalServiceSocketPath: omitEmpty(str),
  Mode: omitEmpty(str),
  TransparentProxy: omitEmpty(ptr(TransparentProxyConfig)),
  Config: omitEmpty(map(any)),
  Upstreams: omitEmpty(slice(UpstreamJson)),
  MeshGateway: MeshGatewayConfig,
  Expose: struct('ExposeConfig', { Checks: omitEmpty(bool), Paths: omitEmpty(slice(ExposePathJson)) }),
});

export const AgentServiceJson = struct('AgentService', {
  Kind: omitEmpty(str),
  ID: str,
  Service: str,
  Tags: slice(str),
  Meta: map(str),
  Port: int64,
  Address: str,
  SocketPath: omitEmpty(str),
  TaggedAddresses: omitEmpty(map(ServiceAddress)),
  Weights: Weights,
  EnableTagOverride: bool,
  ContentHash: omitEmpty(str),
  Proxy: omitEmpty(ptr(ProxyJson)),
  Connect: omitEmpty(ptr(struct('AgentServiceConnect', { Native: omitEmpty(bool) }))),
  Datacenter: omitEmpty(str),
});
export type AgentServiceJson = Infer<typeof AgentServiceJson>;

export function agentService(service: NodeService, datacenter: string): AgentServiceJson {
  const { Kind, Proxy: proxy, Connect } = service;
  const isProxy = Kind === 'connect-proxy' || Kind.endsWith('-gateway');
  return {
    Kind,
    ID: service.ID,
    Service: service.Service,
    Tags: service.Tags ?? [],
    Meta: service.Meta ?? (newDict() as Record<string, string>),
    Port: service.Port,
    Address: service.Address,
    SocketPath: service.SocketPath,
    TaggedAddresses: service.TaggedAddresses,
    Weights: service.Weights ?? { Passing: 1, Warning: 1 },
    EnableTagOverride: service.EnableTagOverride,
    ContentHash: '',
    Proxy: isProxy ? proxyJson(proxy) : null,
    Connect: Connect.Native ? { Native: true } : null,
    Datacenter: datacenter,
  };
}

function proxyJson({ TransparentProxy, Expose, ...proxy }: ConnectProxyConfig): AgentServiceJson['Proxy'] {
  const isTransparent = TransparentProxy.OutboundListenerPort !== 0 || TransparentProxy.DialedDirectly;
  return { ...proxy, Expose, TransparentProxy: isTransparent ? TransparentProxy : null };
}

/** Changes with anything that is shown of the service. */
export const contentHash = (service: AgentServiceJson): string =>
  createHash('sha256')
    .update(renderJson(AgentServiceJson, service, 'compact'))
    .digest('hex')
    .slice(0, 16);
