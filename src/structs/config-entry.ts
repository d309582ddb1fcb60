/** Centralised configuration entries. Field order is declaration order (an array form is read by it). */
import { ExposeConfig, MeshGatewayConfig, TransparentProxyConfig } from './catalog.ts';
import { QueryMeta, QueryOptions, RaftIndex, WriteRequest } from './common.ts';
import { listForm, mixedListForm, requestForm, responseForm, withWire, wrappedStruct } from './config-entry-wire.ts';
import { ServiceResolverConfigEntry, ServiceRouterConfigEntry, ServiceSplitterConfigEntry } from './discovery-chain.ts';
import { ServiceIntentionsConfigEntry } from './intention.ts';
import {
  any,
  bool,
  dur,
  type Infer,
  int64,
  map,
  omitEmpty,
  ptr,
  type Schema,
  slice,
  str,
  struct,
  u32,
  wireSkip,
} from './schema.ts';

/** The schema of a kind's entries; undefined for a kind that Consul 1.10 does not know. */
export const entrySchema = (kind: string): Schema<unknown> | undefined =>
  Object.hasOwn(configEntryKinds, kind) ? configEntryKinds[kind as ConfigEntryKind] : undefined;

const ConfigEntryRequestFields = struct('ConfigEntryRequest', {
  Op: str,
  Datacenter: str,
  Entry: any,
  ...WriteRequest.type.fields,
});
export const ConfigEntryRequest = withWire(
  ConfigEntryRequestFields,
  requestForm(ConfigEntryRequestFields, entrySchema),
);
export type ConfigEntryRequest = Infer<typeof ConfigEntryRequest>;

export const ConfigEntryQuery = struct('ConfigEntryQuery', {
  Kind: str,
  Name: str,
  Datacenter: str,
  ...QueryOptions.type.fields,
});
export type ConfigEntryQuery = Infer<typeof ConfigEntryQuery>;

const ConfigEntryResponseFields = struct('ConfigEntryResponse', {
  Entry: any,
  ...QueryMeta.type.fields,
});
export const ConfigEntryResponse = withWire(ConfigEntryResponseFields, responseForm(QueryMeta, entrySchema));
export type ConfigEntryResponse = Infer<typeof ConfigEntryResponse>;

const IndexedConfigEntriesFields = struct('IndexedConfigEntries', {
  Kind: str,
  Entries: slice(any),
  ...QueryMeta.type.fields,
});
export const IndexedConfigEntries = withWire(
  IndexedConfigEntriesFields,
  listForm(IndexedConfigEntriesFields, entrySchema),
);
export type IndexedConfigEntries = Infer<typeof IndexedConfigEntries>;

export const ConfigEntryListAllRequest = struct('ConfigEntryListAllRequest', {
  Kinds: slice(str),
  Datacenter: str,
  ...QueryOptions.type.fields,
});
export type ConfigEntryListAllRequest = Infer<typeof ConfigEntryListAllRequest>;

const IndexedGenericConfigEntriesFields = struct('IndexedGenericConfigEntries', {
  Entries: slice(any),
  ...QueryMeta.type.fields,
});
export const IndexedGenericConfigEntries = withWire(
  IndexedGenericConfigEntriesFields,
  mixedListForm(QueryMeta, entrySchema),
);
export type IndexedGenericConfigEntries = Infer<typeof IndexedGenericConfigEntries>;

export const ServiceID = struct('ServiceID', {
  ID: str,
});
export type ServiceID = Infer<typeof ServiceID>;

export const ServiceConfigRequest = struct('ServiceConfigRequest', {
  Name: str,
  Datacenter: str,
  MeshGateway: MeshGatewayConfig,
  Mode: str,
  UpstreamIDs: slice(ServiceID),
  Upstreams: slice(str),
  ...QueryOptions.type.fields,
});
export type ServiceConfigRequest = Infer<typeof ServiceConfigRequest>;

export const OpaqueUpstreamConfig = struct('OpaqueUpstreamConfig', {
  Upstream: ServiceID,
  Config: map(any),
});
export type OpaqueUpstreamConfig = Infer<typeof OpaqueUpstreamConfig>;

export const ServiceConfigResponse = wrappedStruct(
  struct('ServiceConfigResponse', {
    ProxyConfig: map(any),
    UpstreamConfigs: map(map(any)),
    UpstreamIDConfigs: slice(OpaqueUpstreamConfig),
    MeshGateway: MeshGatewayConfig,
    Expose: ExposeConfig,
    TransparentProxy: TransparentProxyConfig,
    Mode: str,
    ...QueryMeta.type.fields,
  }),
);
export type ServiceConfigResponse = Infer<typeof ServiceConfigResponse>;

export const UpstreamLimits = struct('UpstreamLimits', {
  MaxConnections: omitEmpty(ptr(int64)),
  MaxPendingRequests: omitEmpty(ptr(int64)),
  MaxConcurrentRequests: omitEmpty(ptr(int64)),
});
export type UpstreamLimits = Infer<typeof UpstreamLimits>;

export const PassiveHealthCheck = struct('PassiveHealthCheck', {
  Interval: omitEmpty(dur),
  MaxFailures: omitEmpty(u32),
});
export type PassiveHealthCheck = Infer<typeof PassiveHealthCheck>;

export const UpstreamConfig = struct('UpstreamConfig', {
  Name: omitEmpty(str),
  EnvoyListenerJSON: omitEmpty(str),
  EnvoyClusterJSON: omitEmpty(str),
  Protocol: omitEmpty(str),
  ConnectTimeoutMs: omitEmpty(int64),
  Limits: omitEmpty(ptr(UpstreamLimits)),
  PassiveHealthCheck: omitEmpty(ptr(PassiveHealthCheck)),
  MeshGateway: MeshGatewayConfig,
});
export type UpstreamConfig = Infer<typeof UpstreamConfig>;

export const UpstreamConfiguration = struct('UpstreamConfiguration', {
  Overrides: omitEmpty(slice(UpstreamConfig)),
  Defaults: omitEmpty(ptr(UpstreamConfig)),
});
export type UpstreamConfiguration = Infer<typeof UpstreamConfiguration>;

export const ServiceConfigEntry = struct('ServiceConfigEntry', {
  Kind: str,
  Name: str,
  Protocol: str,
  Mode: omitEmpty(str),
  TransparentProxy: TransparentProxyConfig,
  MeshGateway: MeshGatewayConfig,
  Expose: ExposeConfig,
  ExternalSNI: omitEmpty(str),
  UpstreamConfig: omitEmpty(ptr(UpstreamConfiguration)),
  Meta: omitEmpty(map(str)),
  ...RaftIndex.type.fields,
});
export type ServiceConfigEntry = Infer<typeof ServiceConfigEntry>;

export const ProxyConfigEntry = wrappedStruct(
  struct('ProxyConfigEntry', {
    Kind: str,
    Name: str,
    Config: map(any),
    Mode: omitEmpty(str),
    TransparentProxy: TransparentProxyConfig,
    MeshGateway: MeshGatewayConfig,
    Expose: ExposeConfig,
    Meta: omitEmpty(map(str)),
    ...RaftIndex.type.fields,
  }),
);
export type ProxyConfigEntry = Infer<typeof ProxyConfigEntry>;

export const GatewayTLSConfig = struct('GatewayTLSConfig', {
  Enabled: bool,
});
export type GatewayTLSConfig = Infer<typeof GatewayTLSConfig>;

export const IngressService = struct('IngressService', {
  Name: str,
  Hosts: slice(str),
  Meta: omitEmpty(map(str)),
});
export type IngressService = Infer<typeof IngressService>;

export const IngressListener = struct('IngressListener', {
  Port: int64,
  Protocol: str,
  Services: slice(IngressService),
});
export type IngressListener = Infer<typeof IngressListener>;

export const IngressGatewayConfigEntry = struct('IngressGatewayConfigEntry', {
  Kind: str,
  Name: str,
  TLS: GatewayTLSConfig,
  Listeners: slice(IngressListener),
  Meta: omitEmpty(map(str)),
  ...RaftIndex.type.fields,
});
export type IngressGatewayConfigEntry = Infer<typeof IngressGatewayConfigEntry>;

export const LinkedService = struct('LinkedService', {
  Name: str,
  CAFile: omitEmpty(str),
  CertFile: omitEmpty(str),
  KeyFile: omitEmpty(str),
  SNI: omitEmpty(str),
});
export type LinkedService = Infer<typeof LinkedService>;

export const TerminatingGatewayConfigEntry = struct('TerminatingGatewayConfigEntry', {
  Kind: str,
  Name: str,
  Services: slice(LinkedService),
  Meta: omitEmpty(map(str)),
  ...RaftIndex.type.fields,
});
export type TerminatingGatewayConfigEntry = Infer<typeof TerminatingGatewayConfigEntry>;

export const TransparentProxyMeshConfig = struct('TransparentProxyMeshConfig', {
  MeshDestinationsOnly: bool,
});
export type TransparentProxyMeshConfig = Infer<typeof TransparentProxyMeshConfig>;

export const MeshConfigEntry = struct('MeshConfigEntry', {
  /** Always 'mesh'; known from the context where the wire carries none. */
  Kind: wireSkip(str),
  TransparentProxy: TransparentProxyMeshConfig,
  Meta: omitEmpty(map(str)),
  ...RaftIndex.type.fields,
});
export type MeshConfigEntry = Infer<typeof MeshConfigEntry>;

/** Every kind of config entry and what its entries look like. */
export const configEntryKinds = {
  'service-defaults': ServiceConfigEntry,
  'proxy-defaults': ProxyConfigEntry,
  'service-router': ServiceRouterConfigEntry,
  'service-splitter': ServiceSplitterConfigEntry,
  'service-resolver': ServiceResolverConfigEntry,
  'ingress-gateway': IngressGatewayConfigEntry,
  'terminating-gateway': TerminatingGatewayConfigEntry,
  'service-intentions': ServiceIntentionsConfigEntry,
  mesh: MeshConfigEntry,
} as const;
export type ConfigEntryKind = keyof typeof configEntryKinds;
