/** Federation states between datacenters. Field order is declaration order (an array form is read by it). */
import { CheckServiceNode } from './catalog.ts';
import { QueryMeta, QueryOptions, RaftIndex, WriteRequest } from './common.ts';
import { type Infer, map, omitEmpty, ptr, slice, str, struct, time, u64 } from './schema.ts';

export const FederationState = struct('FederationState', {
  Datacenter: str,
  MeshGateways: omitEmpty(slice(CheckServiceNode)),
  UpdatedAt: time,
  PrimaryModifyIndex: u64,
  ...RaftIndex.type.fields,
});
export type FederationState = Infer<typeof FederationState>;

export const FederationStateRequest = struct('FederationStateRequest', {
  Datacenter: str,
  Op: str,
  State: ptr(FederationState),
  ...WriteRequest.type.fields,
});
export type FederationStateRequest = Infer<typeof FederationStateRequest>;

export const FederationStateQuery = struct('FederationStateQuery', {
  Datacenter: str,
  TargetDatacenter: str,
  ...QueryOptions.type.fields,
});
export type FederationStateQuery = Infer<typeof FederationStateQuery>;

export const FederationStateResponse = struct('FederationStateResponse', {
  State: ptr(FederationState),
  ...QueryMeta.type.fields,
});
export type FederationStateResponse = Infer<typeof FederationStateResponse>;

export const IndexedFederationStates = struct('IndexedFederationStates', {
  States: slice(FederationState),
  ...QueryMeta.type.fields,
});
export type IndexedFederationStates = Infer<typeof IndexedFederationStates>;

export const DatacenterIndexedCheckServiceNodes = struct('DatacenterIndexedCheckServiceNodes', {
  DatacenterNodes: map(slice(CheckServiceNode)),
  ...QueryMeta.type.fields,
});
export type DatacenterIndexedCheckServiceNodes = Infer<typeof DatacenterIndexedCheckServiceNodes>;
