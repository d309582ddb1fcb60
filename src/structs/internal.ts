/** User events, keyring, snapshots, system metadata. Field order is declaration order (an array form is read by it). */
import { QueryMeta, QueryOptions, RaftIndex, WriteRequest } from './common.ts';
import { bool, bytes, type Infer, int64, map, omitEmpty, ptr, slice, str, struct, u8 } from './schema.ts';

export const EventFireRequest = struct('EventFireRequest', {
  Datacenter: str,
  Name: str,
  Payload: bytes,
  ...QueryOptions.type.fields,
});
export type EventFireRequest = Infer<typeof EventFireRequest>;

export const EventFireResponse = struct('EventFireResponse', {
  ...QueryMeta.type.fields,
});
export type EventFireResponse = Infer<typeof EventFireResponse>;

export const KeyringRequest = struct('KeyringRequest', {
  Operation: str,
  Key: str,
  Datacenter: str,
  Forwarded: bool,
  RelayFactor: u8,
  LocalOnly: bool,
  ...QueryOptions.type.fields,
});
export type KeyringRequest = Infer<typeof KeyringRequest>;

export const KeyringResponse = struct('KeyringResponse', {
  WAN: bool,
  Datacenter: str,
  Segment: str,
  Messages: omitEmpty(map(str)),
  Keys: map(int64),
  PrimaryKeys: map(int64),
  NumNodes: int64,
  Error: omitEmpty(str),
});
export type KeyringResponse = Infer<typeof KeyringResponse>;

export const KeyringResponses = struct('KeyringResponses', {
  Responses: slice(KeyringResponse),
  ...QueryMeta.type.fields,
});
export type KeyringResponses = Infer<typeof KeyringResponses>;

export const SnapshotRequest = struct('SnapshotRequest', {
  Datacenter: str,
  Token: str,
  AllowStale: bool,
  Op: int64,
});
export type SnapshotRequest = Infer<typeof SnapshotRequest>;

export const SnapshotResponse = struct('SnapshotResponse', {
  Error: str,
  ...QueryMeta.type.fields,
});
export type SnapshotResponse = Infer<typeof SnapshotResponse>;

export const SystemMetadataEntry = struct('SystemMetadataEntry', {
  Key: str,
  Value: str,
  ...RaftIndex.type.fields,
});
export type SystemMetadataEntry = Infer<typeof SystemMetadataEntry>;

export const SystemMetadataRequest = struct('SystemMetadataRequest', {
  Datacenter: str,
  Op: str,
  Entry: ptr(SystemMetadataEntry),
  ...WriteRequest.type.fields,
});
export type SystemMetadataRequest = Infer<typeof SystemMetadataRequest>;
