/** Who may talk to whom in the mesh. Field order is declaration order (an array form is read by it). */
import { QueryMeta, QueryOptions, RaftIndex, ServiceName, WriteRequest } from './common.ts';
import { bool, bytes, type Infer, int64, map, ptr, slice, str, struct, time, wireOmitEmpty } from './schema.ts';

export const IntentionHTTPHeaderPermission = struct('IntentionHTTPHeaderPermission', {
  Name: str,
  Present: bool,
  Exact: str,
  Prefix: str,
  Suffix: str,
  Regex: str,
  Invert: bool,
});
export type IntentionHTTPHeaderPermission = Infer<typeof IntentionHTTPHeaderPermission>;

export const IntentionHTTPPermission = struct('IntentionHTTPPermission', {
  PathExact: str,
  PathPrefix: str,
  PathRegex: str,
  Header: slice(IntentionHTTPHeaderPermission),
  Methods: slice(str),
});
export type IntentionHTTPPermission = Infer<typeof IntentionHTTPPermission>;

export const IntentionPermission = struct('IntentionPermission', {
  Action: str,
  HTTP: ptr(IntentionHTTPPermission),
});
export type IntentionPermission = Infer<typeof IntentionPermission>;

export const Intention = struct('Intention', {
  ID: str,
  Description: str,
  SourceNS: str,
  SourceName: str,
  DestinationNS: str,
  DestinationName: str,
  SourceType: str,
  Action: str,
  Permissions: slice(IntentionPermission),
  DefaultAddr: wireOmitEmpty(str),
  DefaultPort: wireOmitEmpty(int64),
  Meta: map(str),
  Precedence: int64,
  CreatedAt: time,
  UpdatedAt: time,
  Hash: bytes,
  ...RaftIndex.type.fields,
});
export type Intention = Infer<typeof Intention>;

export const SourceIntention = struct('SourceIntention', {
  Name: str,
  Action: str,
  Permissions: slice(IntentionPermission),
  Precedence: int64,
  LegacyID: str,
  Type: str,
  Description: str,
  LegacyMeta: map(str),
  LegacyCreateTime: ptr(time),
  LegacyUpdateTime: ptr(time),
});
export type SourceIntention = Infer<typeof SourceIntention>;

export const IntentionMutation = struct('IntentionMutation', {
  ID: str,
  Destination: ServiceName,
  Source: ServiceName,
  Value: ptr(SourceIntention),
});
export type IntentionMutation = Infer<typeof IntentionMutation>;

export const IntentionRequest = struct('IntentionRequest', {
  Datacenter: str,
  Op: str,
  Intention: ptr(Intention),
  Mutation: ptr(IntentionMutation),
  ...WriteRequest.type.fields,
});
export type IntentionRequest = Infer<typeof IntentionRequest>;

export const IntentionMatchEntry = struct('IntentionMatchEntry', {
  Namespace: str,
  Name: str,
});
export type IntentionMatchEntry = Infer<typeof IntentionMatchEntry>;

export const IntentionQueryMatch = struct('IntentionQueryMatch', {
  Type: str,
  Entries: slice(IntentionMatchEntry),
});
export type IntentionQueryMatch = Infer<typeof IntentionQueryMatch>;

export const IntentionQueryCheck = struct('IntentionQueryCheck', {
  SourceNS: str,
  SourceName: str,
  DestinationNS: str,
  DestinationName: str,
  SourceType: str,
});
export type IntentionQueryCheck = Infer<typeof IntentionQueryCheck>;

export const IntentionQueryExact = struct('IntentionQueryExact', {
  SourceNS: str,
  SourceName: str,
  DestinationNS: str,
  DestinationName: str,
});
export type IntentionQueryExact = Infer<typeof IntentionQueryExact>;

export const IntentionQueryRequest = struct('IntentionQueryRequest', {
  Datacenter: str,
  IntentionID: str,
  Match: ptr(IntentionQueryMatch),
  Check: ptr(IntentionQueryCheck),
  Exact: ptr(IntentionQueryExact),
  ...QueryOptions.type.fields,
});
export type IntentionQueryRequest = Infer<typeof IntentionQueryRequest>;

export const IntentionQueryCheckResponse = struct('IntentionQueryCheckResponse', {
  Allowed: bool,
});
export type IntentionQueryCheckResponse = Infer<typeof IntentionQueryCheckResponse>;

export const IndexedIntentions = struct('IndexedIntentions', {
  Intentions: slice(Intention),
  DataOrigin: str,
  ...QueryMeta.type.fields,
});
export type IndexedIntentions = Infer<typeof IndexedIntentions>;

export const IntentionListRequest = struct('IntentionListRequest', {
  Datacenter: str,
  Legacy: bool,
  ...QueryOptions.type.fields,
});
export type IntentionListRequest = Infer<typeof IntentionListRequest>;

export const IndexedIntentionMatches = struct('IndexedIntentionMatches', {
  Matches: slice(slice(Intention)),
  ...QueryMeta.type.fields,
});
export type IndexedIntentionMatches = Infer<typeof IndexedIntentionMatches>;

export const IntentionDecisionSummary = struct('IntentionDecisionSummary', {
  Allowed: bool,
  HasPermissions: bool,
  ExternalSource: str,
  HasExact: bool,
  DefaultAllow: bool,
});
export type IntentionDecisionSummary = Infer<typeof IntentionDecisionSummary>;

export const ServiceIntentionsConfigEntry = struct('ServiceIntentionsConfigEntry', {
  Kind: str,
  Name: str,
  Sources: slice(SourceIntention),
  Meta: map(str),
  ...RaftIndex.type.fields,
});
export type ServiceIntentionsConfigEntry = Infer<typeof ServiceIntentionsConfigEntry>;
