/** Who may talk to whom in the mesh. Field order is declaration order (an array form is read by it). */
import { QueryMeta, QueryOptions, RaftIndex, ServiceName, WriteRequest } from './common.ts';
import {
  bool,
  bytes,
  type Infer,
  int64,
  map,
  omitEmpty,
  ptr,
  slice,
  str,
  struct,
  time,
  wireOmitEmpty,
} from './schema.ts';

export const IntentionHTTPHeaderPermission = struct('IntentionHTTPHeaderPermission', {
  Name: str,
  Present: omitEmpty(bool),
  Exact: omitEmpty(str),
  Prefix: omitEmpty(str),
  Suffix: omitEmpty(str),
  Regex: omitEmpty(str),
  Invert: omitEmpty(bool),
});
export type IntentionHTTPHeaderPermission = Infer<typeof IntentionHTTPHeaderPermission>;

export const IntentionHTTPPermission = struct('IntentionHTTPPermission', {
  PathExact: omitEmpty(str),
  PathPrefix: omitEmpty(str),
  PathRegex: omitEmpty(str),
  Header: omitEmpty(slice(IntentionHTTPHeaderPermission)),
  Methods: omitEmpty(slice(str)),
});
export type IntentionHTTPPermission = Infer<typeof IntentionHTTPPermission>;

export const IntentionPermission = struct('IntentionPermission', {
  Action: str,
  HTTP: omitEmpty(ptr(IntentionHTTPPermission)),
});
export type IntentionPermission = Infer<typeof IntentionPermission>;

export const Intention = struct('Intention', {
  ID: omitEmpty(str),
  Description: omitEmpty(str),
  SourceNS: str,
  SourceName: str,
  DestinationNS: str,
  DestinationName: str,
  SourceType: str,
  Action: omitEmpty(str),
  Permissions: omitEmpty(slice(IntentionPermission)),
  DefaultAddr: omitEmpty(wireOmitEmpty(str)),
  DefaultPort: omitEmpty(wireOmitEmpty(int64)),
  Meta: omitEmpty(map(str)),
  Precedence: int64,
  CreatedAt: omitEmpty(time),
  UpdatedAt: omitEmpty(time),
  Hash: omitEmpty(bytes),
  ...RaftIndex.type.fields,
});
export type Intention = Infer<typeof Intention>;

export const SourceIntention = struct('SourceIntention', {
  Name: str,
  Action: omitEmpty(str),
  Permissions: omitEmpty(slice(IntentionPermission)),
  Precedence: int64,
  LegacyID: omitEmpty(str),
  Type: str,
  Description: omitEmpty(str),
  LegacyMeta: omitEmpty(map(str)),
  LegacyCreateTime: omitEmpty(ptr(time)),
  LegacyUpdateTime: omitEmpty(ptr(time)),
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
  Meta: omitEmpty(map(str)),
  ...RaftIndex.type.fields,
});
export type ServiceIntentionsConfigEntry = Infer<typeof ServiceIntentionsConfigEntry>;
