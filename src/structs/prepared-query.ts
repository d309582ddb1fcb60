/** Prepared queries. Field order is declaration order (an array form is read by it). */
import { CheckServiceNode } from './catalog.ts';
import { QueryMeta, QueryOptions, QuerySource, RaftIndex, WriteRequest } from './common.ts';
import { bool, type Infer, int64, map, ptr, slice, str, struct } from './schema.ts';

export const QueryTemplateOptions = struct('QueryTemplateOptions', {
  Type: str,
  Regexp: str,
  RemoveEmptyTags: bool,
});
export type QueryTemplateOptions = Infer<typeof QueryTemplateOptions>;

export const QueryDatacenterOptions = struct('QueryDatacenterOptions', {
  NearestN: int64,
  Datacenters: slice(str),
});
export type QueryDatacenterOptions = Infer<typeof QueryDatacenterOptions>;

export const ServiceQuery = struct('ServiceQuery', {
  Service: str,
  Failover: QueryDatacenterOptions,
  OnlyPassing: bool,
  IgnoreCheckIDs: slice(str),
  Near: str,
  Tags: slice(str),
  NodeMeta: map(str),
  ServiceMeta: map(str),
  Connect: bool,
});
export type ServiceQuery = Infer<typeof ServiceQuery>;

export const QueryDNSOptions = struct('QueryDNSOptions', {
  TTL: str,
});
export type QueryDNSOptions = Infer<typeof QueryDNSOptions>;

export const PreparedQuery = struct('PreparedQuery', {
  ID: str,
  Name: str,
  Session: str,
  Token: str,
  Template: QueryTemplateOptions,
  Service: ServiceQuery,
  DNS: QueryDNSOptions,
  ...RaftIndex.type.fields,
});
export type PreparedQuery = Infer<typeof PreparedQuery>;

export const PreparedQueryRequest = struct('PreparedQueryRequest', {
  Datacenter: str,
  Op: str,
  Query: ptr(PreparedQuery),
  ...WriteRequest.type.fields,
});
export type PreparedQueryRequest = Infer<typeof PreparedQueryRequest>;

export const PreparedQueryExecuteRequest = struct('PreparedQueryExecuteRequest', {
  Datacenter: str,
  QueryIDOrName: str,
  Limit: int64,
  Connect: bool,
  Source: QuerySource,
  Agent: QuerySource,
  ...QueryOptions.type.fields,
});
export type PreparedQueryExecuteRequest = Infer<typeof PreparedQueryExecuteRequest>;

export const PreparedQueryExecuteResponse = struct('PreparedQueryExecuteResponse', {
  Service: str,
  Nodes: slice(CheckServiceNode),
  DNS: QueryDNSOptions,
  Datacenter: str,
  Failovers: int64,
  ...QueryMeta.type.fields,
});
export type PreparedQueryExecuteResponse = Infer<typeof PreparedQueryExecuteResponse>;

export const PreparedQueryExecuteRemoteRequest = struct('PreparedQueryExecuteRemoteRequest', {
  Datacenter: str,
  Query: PreparedQuery,
  Limit: int64,
  Connect: bool,
  ...QueryOptions.type.fields,
});
export type PreparedQueryExecuteRemoteRequest = Infer<typeof PreparedQueryExecuteRemoteRequest>;

export const PreparedQueryExplainResponse = struct('PreparedQueryExplainResponse', {
  Query: PreparedQuery,
  ...QueryMeta.type.fields,
});
export type PreparedQueryExplainResponse = Infer<typeof PreparedQueryExplainResponse>;

export const PreparedQuerySpecificRequest = struct('PreparedQuerySpecificRequest', {
  Datacenter: str,
  QueryID: str,
  ...QueryOptions.type.fields,
});
export type PreparedQuerySpecificRequest = Infer<typeof PreparedQuerySpecificRequest>;

export const IndexedPreparedQueries = struct('IndexedPreparedQueries', {
  Queries: slice(PreparedQuery),
  ...QueryMeta.type.fields,
});
export type IndexedPreparedQueries = Infer<typeof IndexedPreparedQueries>;
