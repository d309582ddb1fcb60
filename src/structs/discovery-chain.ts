/** Routing, splitting and resolving of services. Field order is declaration order (an array form is read by it). */
import { MeshGatewayConfig } from './catalog.ts';
import { QueryMeta, QueryOptions, RaftIndex } from './common.ts';
import { bool, dur, f32, type Infer, map, ptr, slice, str, struct, u32, u64 } from './schema.ts';

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
  Present: bool,
  Exact: str,
  Prefix: str,
  Suffix: str,
  Regex: str,
  Invert: bool,
});
export type ServiceRouteHTTPMatchHeader = Infer<typeof ServiceRouteHTTPMatchHeader>;

export const ServiceRouteHTTPMatchQueryParam = struct('ServiceRouteHTTPMatchQueryParam', {
  Name: str,
  Present: bool,
  Exact: str,
  Regex: str,
});
export type ServiceRouteHTTPMatchQueryParam = Infer<typeof ServiceRouteHTTPMatchQueryParam>;

export const ServiceRouteHTTPMatch = struct('ServiceRouteHTTPMatch', {
  PathExact: str,
  PathPrefix: str,
  PathRegex: str,
  Header: slice(ServiceRouteHTTPMatchHeader),
  QueryParam: slice(ServiceRouteHTTPMatchQueryParam),
  Methods: slice(str),
});
export type ServiceRouteHTTPMatch = Infer<typeof ServiceRouteHTTPMatch>;

export const ServiceRouteMatch = struct('ServiceRouteMatch', {
  HTTP: ptr(ServiceRouteHTTPMatch),
});
export type ServiceRouteMatch = Infer<typeof ServiceRouteMatch>;

export const ServiceRouteDestination = struct('ServiceRouteDestination', {
  Service: str,
  ServiceSubset: str,
  Namespace: str,
  PrefixRewrite: str,
  RequestTimeout: dur,
  NumRetries: u32,
  RetryOnConnectFailure: bool,
  RetryOnStatusCodes: slice(u32),
});
export type ServiceRouteDestination = Infer<typeof ServiceRouteDestination>;

export const ServiceRoute = struct('ServiceRoute', {
  Match: ptr(ServiceRouteMatch),
  Destination: ptr(ServiceRouteDestination),
});
export type ServiceRoute = Infer<typeof ServiceRoute>;

export const DiscoveryRoute = struct('DiscoveryRoute', {
  Definition: ptr(ServiceRoute),
  NextNode: str,
});
export type DiscoveryRoute = Infer<typeof DiscoveryRoute>;

export const DiscoverySplit = struct('DiscoverySplit', {
  Weight: f32,
  NextNode: str,
});
export type DiscoverySplit = Infer<typeof DiscoverySplit>;

export const DiscoveryFailover = struct('DiscoveryFailover', {
  Targets: slice(str),
});
export type DiscoveryFailover = Infer<typeof DiscoveryFailover>;

export const DiscoveryResolver = struct('DiscoveryResolver', {
  Default: bool,
  ConnectTimeout: dur,
  Target: str,
  Failover: ptr(DiscoveryFailover),
});
export type DiscoveryResolver = Infer<typeof DiscoveryResolver>;

export const RingHashConfig = struct('RingHashConfig', {
  MinimumRingSize: u64,
  MaximumRingSize: u64,
});
export type RingHashConfig = Infer<typeof RingHashConfig>;

export const LeastRequestConfig = struct('LeastRequestConfig', {
  ChoiceCount: u32,
});
export type LeastRequestConfig = Infer<typeof LeastRequestConfig>;

export const CookieConfig = struct('CookieConfig', {
  Session: bool,
  TTL: dur,
  Path: str,
});
export type CookieConfig = Infer<typeof CookieConfig>;

export const HashPolicy = struct('HashPolicy', {
  Field: str,
  FieldValue: str,
  CookieConfig: ptr(CookieConfig),
  SourceIP: bool,
  Terminal: bool,
});
export type HashPolicy = Infer<typeof HashPolicy>;

export const LoadBalancer = struct('LoadBalancer', {
  Policy: str,
  RingHashConfig: ptr(RingHashConfig),
  LeastRequestConfig: ptr(LeastRequestConfig),
  HashPolicies: slice(HashPolicy),
});
export type LoadBalancer = Infer<typeof LoadBalancer>;

export const DiscoveryGraphNode = struct('DiscoveryGraphNode', {
  Type: str,
  Name: str,
  Routes: slice(DiscoveryRoute),
  Splits: slice(DiscoverySplit),
  Resolver: ptr(DiscoveryResolver),
  LoadBalancer: ptr(LoadBalancer),
});
export type DiscoveryGraphNode = Infer<typeof DiscoveryGraphNode>;

export const ServiceResolverSubset = struct('ServiceResolverSubset', {
  Filter: str,
  OnlyPassing: bool,
});
export type ServiceResolverSubset = Infer<typeof ServiceResolverSubset>;

export const DiscoveryTarget = struct('DiscoveryTarget', {
  ID: str,
  Service: str,
  ServiceSubset: str,
  Namespace: str,
  Datacenter: str,
  MeshGateway: MeshGatewayConfig,
  Subset: ServiceResolverSubset,
  External: bool,
  SNI: str,
  Name: str,
});
export type DiscoveryTarget = Infer<typeof DiscoveryTarget>;

export const CompiledDiscoveryChain = struct('CompiledDiscoveryChain', {
  ServiceName: str,
  Namespace: str,
  Datacenter: str,
  CustomizationHash: str,
  Protocol: str,
  StartNode: str,
  Nodes: map(DiscoveryGraphNode),
  Targets: map(DiscoveryTarget),
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
  Meta: map(str),
  ...RaftIndex.type.fields,
});
export type ServiceRouterConfigEntry = Infer<typeof ServiceRouterConfigEntry>;

export const ServiceSplit = struct('ServiceSplit', {
  Weight: f32,
  Service: str,
  ServiceSubset: str,
  Namespace: str,
});
export type ServiceSplit = Infer<typeof ServiceSplit>;

export const ServiceSplitterConfigEntry = struct('ServiceSplitterConfigEntry', {
  Kind: str,
  Name: str,
  Splits: slice(ServiceSplit),
  Meta: map(str),
  ...RaftIndex.type.fields,
});
export type ServiceSplitterConfigEntry = Infer<typeof ServiceSplitterConfigEntry>;

export const ServiceResolverRedirect = struct('ServiceResolverRedirect', {
  Service: str,
  ServiceSubset: str,
  Namespace: str,
  Datacenter: str,
});
export type ServiceResolverRedirect = Infer<typeof ServiceResolverRedirect>;

export const ServiceResolverFailover = struct('ServiceResolverFailover', {
  Service: str,
  ServiceSubset: str,
  Namespace: str,
  Datacenters: slice(str),
});
export type ServiceResolverFailover = Infer<typeof ServiceResolverFailover>;

export const ServiceResolverConfigEntry = struct('ServiceResolverConfigEntry', {
  Kind: str,
  Name: str,
  DefaultSubset: str,
  Subsets: map(ServiceResolverSubset),
  Redirect: ptr(ServiceResolverRedirect),
  Failover: map(ServiceResolverFailover),
  ConnectTimeout: dur,
  LoadBalancer: ptr(LoadBalancer),
  Meta: map(str),
  ...RaftIndex.type.fields,
});
export type ServiceResolverConfigEntry = Infer<typeof ServiceResolverConfigEntry>;
