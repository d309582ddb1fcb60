/** Nodes, services and checks. Field order is declaration order (an array form is read by it). */
import { QueryMeta, QueryOptions, QuerySource, RaftIndex, ServiceName, WriteRequest } from './common.ts';
import {
  any,
  bool,
  dur,
  durationText,
  type Infer,
  int64,
  jsonSkip,
  jsonStruct,
  lazy,
  map,
  omitEmpty,
  ptr,
  type Schema,
  slice,
  str,
  struct,
  u64,
} from './schema.ts';

export const DeregisterRequest = struct('DeregisterRequest', {
  Datacenter: str,
  Node: str,
  ServiceID: str,
  CheckID: str,
  ...WriteRequest.type.fields,
});
export type DeregisterRequest = Infer<typeof DeregisterRequest>;

export const GatewayService = struct('GatewayService', {
  Gateway: ServiceName,
  Service: ServiceName,
  GatewayKind: str,
  Port: omitEmpty(int64),
  Protocol: omitEmpty(str),
  Hosts: omitEmpty(slice(str)),
  CAFile: omitEmpty(str),
  CertFile: omitEmpty(str),
  KeyFile: omitEmpty(str),
  SNI: omitEmpty(str),
  FromWildcard: omitEmpty(bool),
  ...RaftIndex.type.fields,
});
export type GatewayService = Infer<typeof GatewayService>;

export const IndexedGatewayServices = struct('IndexedGatewayServices', {
  Services: slice(GatewayService),
  ...QueryMeta.type.fields,
});
export type IndexedGatewayServices = Infer<typeof IndexedGatewayServices>;

export const Node = struct('Node', {
  ID: str,
  Node: str,
  Address: str,
  Datacenter: str,
  TaggedAddresses: map(str),
  Meta: map(str),
  ...RaftIndex.type.fields,
});
export type Node = Infer<typeof Node>;

export const IndexedNodes = struct('IndexedNodes', {
  Nodes: slice(Node),
  ...QueryMeta.type.fields,
});
export type IndexedNodes = Infer<typeof IndexedNodes>;

export const IndexedServices = struct('IndexedServices', {
  Services: map(slice(str)),
  ...QueryMeta.type.fields,
});
export type IndexedServices = Infer<typeof IndexedServices>;

export const ServiceAddress = struct('ServiceAddress', {
  Address: str,
  Port: int64,
});
export type ServiceAddress = Infer<typeof ServiceAddress>;

export const Weights = struct('Weights', {
  Passing: int64,
  Warning: int64,
});
export type Weights = Infer<typeof Weights>;

export const MeshGatewayConfig = struct('MeshGatewayConfig', {
  Mode: omitEmpty(str),
});
export type MeshGatewayConfig = Infer<typeof MeshGatewayConfig>;

export const Upstream = struct('Upstream', {
  DestinationType: str,
  DestinationNamespace: omitEmpty(str),
  DestinationName: str,
  Datacenter: str,
  LocalBindAddress: omitEmpty(str),
  LocalBindPort: omitEmpty(int64),
  LocalBindSocketPath: omitEmpty(str),
  LocalBindSocketMode: omitEmpty(str),
  Config: omitEmpty(map(any)),
  MeshGateway: MeshGatewayConfig,
  IngressHosts: jsonSkip(slice(str)),
  CentrallyConfigured: omitEmpty(bool),
});
export type Upstream = Infer<typeof Upstream>;

export const ExposePath = struct('ExposePath', {
  ListenerPort: omitEmpty(int64),
  Path: omitEmpty(str),
  LocalPathPort: omitEmpty(int64),
  Protocol: omitEmpty(str),
  ParsedFromCheck: omitEmpty(bool),
});
export type ExposePath = Infer<typeof ExposePath>;

export const ExposeConfig = struct('ExposeConfig', {
  Checks: omitEmpty(bool),
  Paths: omitEmpty(slice(ExposePath)),
});
export type ExposeConfig = Infer<typeof ExposeConfig>;

export const TransparentProxyConfig = struct('TransparentProxyConfig', {
  OutboundListenerPort: omitEmpty(int64),
  DialedDirectly: omitEmpty(bool),
});
export type TransparentProxyConfig = Infer<typeof TransparentProxyConfig>;

export const ConnectProxyConfig = struct('ConnectProxyConfig', {
  DestinationServiceName: omitEmpty(str),
  DestinationServiceID: omitEmpty(str),
  LocalServiceAddress: omitEmpty(str),
  LocalServicePort: omitEmpty(int64),
  LocalServiceSocketPath: omitEmpty(str),
  Mode: str,
  Config: omitEmpty(map(any)),
  Upstreams: omitEmpty(slice(Upstream)),
  MeshGateway: MeshGatewayConfig,
  Expose: ExposeConfig,
  TransparentProxy: omitEmpty(TransparentProxyConfig),
});
export type ConnectProxyConfig = Infer<typeof ConnectProxyConfig>;

export const CheckType = struct('CheckType', {
  CheckID: str,
  Name: str,
  Status: str,
  Notes: str,
  ScriptArgs: slice(str),
  HTTP: str,
  H2PING: str,
  Header: map(slice(str)),
  Method: str,
  Body: str,
  TCP: str,
  Interval: dur,
  AliasNode: str,
  AliasService: str,
  DockerContainerID: str,
  Shell: str,
  GRPC: str,
  GRPCUseTLS: bool,
  TLSServerName: str,
  TLSSkipVerify: bool,
  Timeout: dur,
  TTL: dur,
  SuccessBeforePassing: int64,
  FailuresBeforeCritical: int64,
  ProxyHTTP: str,
  ProxyGRPC: str,
  DeregisterCriticalServiceAfter: dur,
  OutputMaxSize: int64,
});
export type CheckType = Infer<typeof CheckType>;

export interface ServiceConnect {
  Native: boolean;
  SidecarService: ServiceDefinition | null;
}
export const ServiceConnect = struct('ServiceConnect', {
  Native: omitEmpty(bool),
  SidecarService: omitEmpty(ptr(lazy((): Schema<ServiceDefinition> => ServiceDefinition))),
});

export interface ServiceDefinition {
  Kind: string;
  ID: string;
  Name: string;
  Tags: string[] | null;
  Address: string;
  TaggedAddresses: Record<string, ServiceAddress> | null;
  Meta: Record<string, string> | null;
  Port: number;
  SocketPath: string;
  Check: CheckType;
  Checks: CheckType[] | null;
  Weights: Weights | null;
  Token: string;
  EnableTagOverride: boolean;
  Proxy: ConnectProxyConfig | null;
  Connect: ServiceConnect | null;
}
export const ServiceDefinition: Schema<ServiceDefinition> = struct('ServiceDefinition', {
  Kind: str,
  ID: str,
  Name: str,
  Tags: slice(str),
  Address: str,
  TaggedAddresses: map(ServiceAddress),
  Meta: map(str),
  Port: int64,
  SocketPath: str,
  Check: CheckType,
  Checks: slice(CheckType),
  Weights: ptr(Weights),
  Token: str,
  EnableTagOverride: bool,
  Proxy: ptr(ConnectProxyConfig),
  Connect: ptr(ServiceConnect),
});

export const NodeService = struct('NodeService', {
  Kind: omitEmpty(str),
  ID: str,
  Service: str,
  Tags: slice(str),
  Address: str,
  TaggedAddresses: omitEmpty(map(ServiceAddress)),
  Meta: map(str),
  Port: omitEmpty(int64),
  SocketPath: omitEmpty(str),
  Weights: ptr(Weights),
  EnableTagOverride: bool,
  Proxy: ConnectProxyConfig,
  Connect: ServiceConnect,
  LocallyRegisteredAsSidecar: jsonSkip(bool),
  ...RaftIndex.type.fields,
});
export type NodeService = Infer<typeof NodeService>;

export const NodeServiceList = struct('NodeServiceList', {
  Node: ptr(Node),
  Services: slice(NodeService),
});
export type NodeServiceList = Infer<typeof NodeServiceList>;

export const IndexedNodeServiceList = struct('IndexedNodeServiceList', {
  NodeServices: NodeServiceList,
  ...QueryMeta.type.fields,
});
export type IndexedNodeServiceList = Infer<typeof IndexedNodeServiceList>;

export const NodeServices = struct('NodeServices', {
  Node: ptr(Node),
  Services: map(NodeService),
});
export type NodeServices = Infer<typeof NodeServices>;

export const IndexedNodeServices = struct('IndexedNodeServices', {
  NodeServices: ptr(NodeServices),
  ...QueryMeta.type.fields,
});
export type IndexedNodeServices = Infer<typeof IndexedNodeServices>;

export const HealthCheckDefinition = jsonStruct(
  struct('HealthCheckDefinition', {
    HTTP: omitEmpty(str),
    TLSServerName: omitEmpty(str),
    TLSSkipVerify: omitEmpty(bool),
    Header: omitEmpty(map(slice(str))),
    Method: omitEmpty(str),
    Body: omitEmpty(str),
    TCP: omitEmpty(str),
    H2PING: omitEmpty(str),
    Interval: omitEmpty(durationText),
    OutputMaxSize: omitEmpty(u64),
    Timeout: omitEmpty(durationText),
    DeregisterCriticalServiceAfter: omitEmpty(durationText),
    ScriptArgs: omitEmpty(slice(str)),
    DockerContainerID: omitEmpty(str),
    Shell: omitEmpty(str),
    GRPC: omitEmpty(str),
    GRPCUseTLS: omitEmpty(bool),
    AliasNode: omitEmpty(str),
    AliasService: omitEmpty(str),
    TTL: omitEmpty(dur),
  }),
  { unmarshaler: 'strict' },
);
export type HealthCheckDefinition = Infer<typeof HealthCheckDefinition>;

export const HealthCheck = struct('HealthCheck', {
  Node: str,
  CheckID: str,
  Name: str,
  Status: str,
  Notes: str,
  Output: str,
  ServiceID: str,
  ServiceName: str,
  ServiceTags: slice(str),
  Type: str,
  Interval: str,
  Timeout: str,
  ExposedPort: int64,
  Definition: HealthCheckDefinition,
  ...RaftIndex.type.fields,
});
export type HealthCheck = Infer<typeof HealthCheck>;

export const RegisterRequest = struct('RegisterRequest', {
  Datacenter: str,
  ID: str,
  Node: str,
  Address: str,
  TaggedAddresses: map(str),
  NodeMeta: map(str),
  Service: ptr(NodeService),
  Check: ptr(HealthCheck),
  Checks: slice(HealthCheck),
  SkipNodeUpdate: bool,
  ...WriteRequest.type.fields,
  ...RaftIndex.type.fields,
});
export type RegisterRequest = Infer<typeof RegisterRequest>;

export const IndexedServiceList = struct('IndexedServiceList', {
  Services: slice(ServiceName),
  ...QueryMeta.type.fields,
});
export type IndexedServiceList = Infer<typeof IndexedServiceList>;

export const ServiceNode = struct('ServiceNode', {
  ID: str,
  Node: str,
  Address: str,
  Datacenter: str,
  TaggedAddresses: map(str),
  NodeMeta: map(str),
  ServiceKind: str,
  ServiceID: str,
  ServiceName: str,
  ServiceTags: slice(str),
  ServiceAddress: str,
  ServiceTaggedAddresses: omitEmpty(map(ServiceAddress)),
  ServiceWeights: Weights,
  ServiceMeta: map(str),
  ServicePort: int64,
  ServiceSocketPath: str,
  ServiceEnableTagOverride: bool,
  ServiceProxy: ConnectProxyConfig,
  ServiceConnect: ServiceConnect,
  ...RaftIndex.type.fields,
});
export type ServiceNode = Infer<typeof ServiceNode>;

export const IndexedServiceNodes = struct('IndexedServiceNodes', {
  ServiceNodes: slice(ServiceNode),
  ...QueryMeta.type.fields,
});
export type IndexedServiceNodes = Infer<typeof IndexedServiceNodes>;

export const CheckServiceNode = struct('CheckServiceNode', {
  Node: ptr(Node),
  Service: ptr(NodeService),
  Checks: slice(HealthCheck),
});
export type CheckServiceNode = Infer<typeof CheckServiceNode>;

export const ChecksInStateRequest = struct('ChecksInStateRequest', {
  Datacenter: str,
  NodeMetaFilters: map(str),
  State: str,
  Source: QuerySource,
  ...QueryOptions.type.fields,
});
export type ChecksInStateRequest = Infer<typeof ChecksInStateRequest>;

export const IndexedHealthChecks = struct('IndexedHealthChecks', {
  HealthChecks: slice(HealthCheck),
  ...QueryMeta.type.fields,
});
export type IndexedHealthChecks = Infer<typeof IndexedHealthChecks>;

export const IndexedCheckServiceNodes = struct('IndexedCheckServiceNodes', {
  Nodes: slice(CheckServiceNode),
  ...QueryMeta.type.fields,
});
export type IndexedCheckServiceNodes = Infer<typeof IndexedCheckServiceNodes>;
