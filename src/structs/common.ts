/** What requests and replies of every area share. Field order is declaration order (an array form is read by it). */
import { bool, dur, type Infer, int64, map, slice, str, struct, u64 } from './schema.ts';

export const QueryOptions = struct('QueryOptions', {
  Token: str,
  MinQueryIndex: u64,
  MaxQueryTime: dur,
  AllowStale: bool,
  RequireConsistent: bool,
  UseCache: bool,
  MaxStaleDuration: dur,
  MaxAge: dur,
  MustRevalidate: bool,
  StaleIfError: dur,
  Filter: str,
  AllowNotModifiedResponse: bool,
});
export type QueryOptions = Infer<typeof QueryOptions>;

export const QueryMeta = struct('QueryMeta', {
  Index: u64,
  LastContact: dur,
  KnownLeader: bool,
  ConsistencyLevel: str,
  NotModified: bool,
  /** 0 blocking query, 1 streaming. */
  Backend: int64,
});
export type QueryMeta = Infer<typeof QueryMeta>;

export const WriteRequest = struct('WriteRequest', {
  Token: str,
});
export type WriteRequest = Infer<typeof WriteRequest>;

export const RaftIndex = struct('RaftIndex', {
  CreateIndex: u64,
  ModifyIndex: u64,
});
export type RaftIndex = Infer<typeof RaftIndex>;

export const QuerySource = struct('QuerySource', {
  Datacenter: str,
  Segment: str,
  Node: str,
  Ip: str,
});
export type QuerySource = Infer<typeof QuerySource>;

export const DCSpecificRequest = struct('DCSpecificRequest', {
  Datacenter: str,
  NodeMetaFilters: map(str),
  Source: QuerySource,
  ...QueryOptions.type.fields,
});
export type DCSpecificRequest = Infer<typeof DCSpecificRequest>;

export const ServiceSpecificRequest = struct('ServiceSpecificRequest', {
  Datacenter: str,
  NodeMetaFilters: map(str),
  ServiceName: str,
  ServiceKind: str,
  ServiceTag: str,
  ServiceTags: slice(str),
  ServiceAddress: str,
  TagFilter: bool,
  Source: QuerySource,
  Connect: bool,
  Ingress: bool,
  ...QueryOptions.type.fields,
});
export type ServiceSpecificRequest = Infer<typeof ServiceSpecificRequest>;

export const ServiceName = struct('ServiceName', {
  Name: str,
});
export type ServiceName = Infer<typeof ServiceName>;

export const DatacentersRequest = struct('DatacentersRequest', {
  ...QueryOptions.type.fields,
});
export type DatacentersRequest = Infer<typeof DatacentersRequest>;

export const NodeSpecificRequest = struct('NodeSpecificRequest', {
  Datacenter: str,
  Node: str,
  ...QueryOptions.type.fields,
});
export type NodeSpecificRequest = Infer<typeof NodeSpecificRequest>;
