/** Routing, splitting and resolving of services. Field order is declaration order (an array form is read by it). */
import { MeshGatewayConfig } from './catalog.ts';
import { QueryMeta, QueryOptions, RaftIndex } from './common.ts';
import {
  bool,
  dur,
  durationText,
  f32,
  type Infer,
  map,
  omitEmpty,
  ptr,
  slice,
  str,
  struct,
  u32,
  u64,
} from './schema.ts';

export const DiscoveryChainRequest = struct('DiscoveryChainRequest', {
  Name: str,
  EvaluateInDatacenter: str,
  EvaluateInNamespace: str,
  OverrideMeshGateway: MeshGatewayConfig,
  OverrideProtocol: str,
  OverrideConnectTimeout: dur,
  Datacenter: str,
  ...QueryOptions.type.fields,
});
export type DiscoveryChainRequest = Infer<typeof DiscoveryChainRequest>;

export const ServiceRouteHTTPMatchHeader = struct('ServiceRouteHTTPMatchHeader', {
  Name: str,
  Present: omitEmpty(bool),
  Exact: omitEmpty(str),
  Prefix: omitEmpty(str),
  Suffix: omitEmpty(str),
  Regex: omitEmpty(str),
  Invert: omitEmpty(bool),
});
export type ServiceRouteHTTPMatchHeader = Infer<typeof ServiceRouteHTTPMatchHeader>;

export const ServiceRouteHTTPMatchQueryParam = struct('ServiceRouteHTTPMatchQueryParam', {
  Name: str,
  Present: omitEmpty(bool),
  Exact: omitEmpty(str),
  Regex: omitEmpty(str),
});
export type ServiceRouteHTTPMatchQueryParam = Infer<typeof ServiceRouteHTTPMatchQueryParam>;

export const ServiceRouteHTTPMatch = struct('ServiceRouteHTTPMatch', {
  PathExact: omitEmpty(str),
  PathPrefix: omitEmpty(str),
  PathRegex: omitEmpty(str),
  Header: omitEmpty(slice(ServiceRouteHTTPMatchHeader)),
  QueryParam: omitEmpty(slice(ServiceRouteHTTPMatchQueryParam)),
  Methods: omitEmpty(slice(str)),
});
export type ServiceRouteHTTPMatch = Infer<typeof ServiceRouteHTTPMatch>;

export const ServiceRouteMatch = struct('ServiceRouteMatch', {
  HTTP: omitEmpty(ptr(ServiceRouteHTTPMatch)),
});
export type ServiceRouteMatch = Infer<typeof ServiceRouteMatch>;

export const ServiceRouteDestination = struct('ServiceRouteDestination', {
  Service: omitEmpty(str),
  ServiceSubset: omitEmpty(str),
  Namespace: omitEmpty(str),
  PrefixRewrite: omitEmpty(str),
  RequestTimeout: omitEmpty(durationText),
  NumRetries: omitEmpty(u32),
  RetryOnConnectFailure: omitEmpty(bool),
  RetryOnStatusCodes: omitEmpty(slice(u32)),
});
export type ServiceRouteDestination = Infer<typeof ServiceRouteDestination>;

export const ServiceRoute = struct('ServiceRoute', {
  Match: omitEmpty(ptr(ServiceRouteMatch)),
  Destination: omitEmpty(ptr(ServiceRouteDestination)),
});
export type ServiceRoute = Infer<typeof ServiceRoute>;

export const DiscoveryRoute = struct('DiscoveryRoute', {
  Definition: omitEmpty(ptr(ServiceRoute)),
  NextNode: omitEmpty(str),
});
export type DiscoveryRoute = Infer<typeof DiscoveryRoute>;

export const DiscoverySplit = struct('DiscoverySplit', {
  Weight: f32,
  NextNode: omitEmpty(str),
});
export type DiscoverySplit = Infer<typeof DiscoverySplit>;

export const DiscoveryFailover = struct('DiscoveryFailover', {
  Targets: omitEmpty(slice(str)),
});
export type DiscoveryFailover = Infer<typeof DiscoveryFailover>;

export const DiscoveryResolver = struct('DiscoveryResolver', {
  Default: omitEmpty(bool),
  ConnectTimeout: durationText,
  Target: omitEmpty(str),
  Failover: omitEmpty(ptr(DiscoveryFailover)),
});
export type DiscoveryResolver = Infer<typeof DiscoveryResolver>;

export const RingHashConfig = struct('RingHashConfig', {
  MinimumRingSize: omitEmpty(u64),
  MaximumRingSize: omitEmpty(u64),
});
export type RingHashConfig = Infer<typeof RingHashConfig>;

export const LeastRequestConfig = struct('LeastRequestConfig', {
  ChoiceCount: omitEmpty(u32),
});
export type LeastRequestConfig = Infer<typeof LeastRequestConfig>;

export const CookieConfig = struct('CookieConfig', {
  Session: omitEmpty(bool),
  TTL: omitEmpty(dur),
  Path: omitEmpty(str),
});
export type CookieConfig = Infer<typeof CookieConfig>;

export const HashPolicy = struct('HashPolicy', {
  Field: omitEmpty(str),
  FieldValue: omitEmpty(str),
  CookieConfig: omitEmpty(ptr(CookieConfig)),
  SourceIP: omitEmpty(bool),
  Terminal: omitEmpty(bool),
});
export type HashPolicy = Infer<typeof HashPolicy>;

export const LoadBalancer = struct('LoadBalancer', {
  Policy: omitEmpty(str),
  RingHashConfig: omitEmpty(ptr(RingHashConfig)),
  LeastRequestConfig: omitEmpty(ptr(LeastRequestConfig)),
  HashPolicies: omitEmpty(slice(HashPolicy)),
});
export type LoadBalancer = Infer<typeof LoadBalancer>;

export const DiscoveryGraphNode = struct('DiscoveryGraphNode', {
  Type: str,
  Name: str,
  Routes: omitEmpty(slice(DiscoveryRoute)),
  Splits: omitEmpty(slice(DiscoverySplit)),
  Resolver: omitEmpty(ptr(DiscoveryResolver)),
  LoadBalancer: omitEmpty(ptr(LoadBalancer)),
});
export type DiscoveryGraphNode = Infer<typeof DiscoveryGraphNode>;

export const ServiceResolverSubset = struct('ServiceResolverSubset', {
  Filter: omitEmpty(str),
  OnlyPassing: omitEmpty(bool),
});
export type ServiceResolverSubset = Infer<typeof ServiceResolverSubset>;

export const DiscoveryTarget = struct('DiscoveryTarget', {
  ID: str,
  Service: str,
  ServiceSubset: omitEmpty(str),
  Namespace: str,
  Datacenter: str,
  MeshGateway: MeshGatewayConfig,
  Subset: ServiceResolverSubset,
  External: omitEmpty(bool),
  SNI: omitEmpty(str),
  Name: omitEmpty(str),
});
export type DiscoveryTarget = Infer<typeof DiscoveryTarget>;

export const CompiledDiscoveryChain = struct('CompiledDiscoveryChain', {
  ServiceName: str,
  Namespace: str,
  Datacenter: str,
  CustomizationHash: omitEmpty(str),
  Protocol: omitEmpty(str),
  StartNode: omitEmpty(str),
  Nodes: omitEmpty(map(DiscoveryGraphNode)),
  Targets: omitEmpty(map(DiscoveryTarget)),
});
export type CompiledDiscoveryChain = Infer<typeof CompiledDiscoveryChain>;

export const DiscoveryChainResponse = struct('DiscoveryChainResponse', {
  Chain: ptr(CompiledDiscoveryChain),
  ...QueryMeta.type.fields,
});
export type DiscoveryChainResponse = Infer<typeof DiscoveryChainResponse>;

export const ServiceRouterConfigEntry = struct('ServiceRouterConfigEntry', {
  Kind: str,
  Name: str,
  Routes: slice(ServiceRoute),
  Meta: omitEmpty(map(str)),
  ...RaftIndex.type.fields,
});
export type ServiceRouterConfigEntry = Infer<typeof ServiceRouterConfigEntry>;

export const ServiceSplit = struct('ServiceSplit', {
  Weight: f32,
  Service: omitEmpty(str),
  ServiceSubset: omitEmpty(str),
  Namespace: omitEmpty(str),
});
export type ServiceSplit = Infer<typeof ServiceSplit>;

export const ServiceSplitterConfigEntry = struct('ServiceSplitterConfigEntry', {
  Kind: str,
  Name: str,
  Splits: slice(ServiceSplit),
  Meta: omitEmpty(map(str)),
  ...RaftIndex.type.fields,
});
export type ServiceSplitterConfigEntry = Infer<typeof ServiceSplitterConfigEntry>;

export const ServiceResolverRedirect = struct('ServiceResolverRedirect', {
  Service: omitEmpty(str),
  ServiceSubset: omitEmpty(str),
  Namespace: omitEmpty(str),
  Datacenter: omitEmpty(str),
});
export type ServiceResolverRedirect = Infer<typeof ServiceResolverRedirect>;

export const ServiceResolverFailover = struct('ServiceResolverFailover', {
  Service: omitEmpty(str),
  ServiceSubset: omitEmpty(str),
  Namespace: omitEmpty(str),
  Datacenters: omitEmpty(slice(str)),
});
export type ServiceResolverFailover = Infer<typeof ServiceResolverFailover>;

export const ServiceResolverConfigEntry = struct('ServiceResolverConfigEntry', {
  Kind: str,
  Name: str,
  DefaultSubset: omitEmpty(str),
  Subsets: omitEmpty(map(ServiceResolverSubset)),
  Redirect: omitEmpty(ptr(ServiceResolverRedirect)),
  Failover: omitEmpty(map(ServiceResolverFailover)),
  ConnectTimeout: omitEmpty(durationText),
  LoadBalancer: omitEmpty(ptr(LoadBalancer)),
  Meta: omitEmpty(map(str)),
  ...RaftIndex.type.fields,
});
export type ServiceResolverConfigEntry = Infer<typeof ServiceResolverConfigEntry>;
