/** What the dashboards ask for. Field order is declaration order (an array form is read by it). */
import { CheckServiceNode, GatewayService, HealthCheck, Node, NodeService } from './catalog.ts';
import { QueryMeta, QueryOptions, QuerySource } from './common.ts';
import { IntentionDecisionSummary } from './intention.ts';
import { bool, type Infer, map, ptr, slice, str, struct } from './schema.ts';

export const ServiceInfo = struct('ServiceInfo', {
  Node: ptr(Node),
  Service: ptr(NodeService),
  Checks: slice(HealthCheck),
  GatewayService: ptr(GatewayService),
});
export type ServiceInfo = Infer<typeof ServiceInfo>;

export const IndexedServiceDump = struct('IndexedServiceDump', {
  Dump: slice(ServiceInfo),
  ...QueryMeta.type.fields,
});
export type IndexedServiceDump = Infer<typeof IndexedServiceDump>;

export const NodeInfo = struct('NodeInfo', {
  ID: str,
  Node: str,
  Address: str,
  TaggedAddresses: map(str),
  Meta: map(str),
  Services: slice(NodeService),
  Checks: slice(HealthCheck),
});
export type NodeInfo = Infer<typeof NodeInfo>;

export const IndexedNodeDump = struct('IndexedNodeDump', {
  Dump: slice(NodeInfo),
  ...QueryMeta.type.fields,
});
export type IndexedNodeDump = Infer<typeof IndexedNodeDump>;

export const ServiceDumpRequest = struct('ServiceDumpRequest', {
  Datacenter: str,
  ServiceKind: str,
  UseServiceKind: bool,
  Source: QuerySource,
  ...QueryOptions.type.fields,
});
export type ServiceDumpRequest = Infer<typeof ServiceDumpRequest>;

export const IndexedNodesWithGateways = struct('IndexedNodesWithGateways', {
  Nodes: slice(CheckServiceNode),
  Gateways: slice(GatewayService),
  ...QueryMeta.type.fields,
});
export type IndexedNodesWithGateways = Infer<typeof IndexedNodesWithGateways>;

export const ServiceTopology = struct('ServiceTopology', {
  Upstreams: slice(CheckServiceNode),
  Downstreams: slice(CheckServiceNode),
  UpstreamDecisions: map(IntentionDecisionSummary),
  DownstreamDecisions: map(IntentionDecisionSummary),
  MetricsProtocol: str,
  TransparentProxy: bool,
  UpstreamSources: map(str),
  DownstreamSources: map(str),
});
export type ServiceTopology = Infer<typeof ServiceTopology>;

export const IndexedServiceTopology = struct('IndexedServiceTopology', {
  ServiceTopology: ptr(ServiceTopology),
  FilteredByACLs: bool,
  ...QueryMeta.type.fields,
});
export type IndexedServiceTopology = Infer<typeof IndexedServiceTopology>;
