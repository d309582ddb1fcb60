/** Key/value entries and their requests. Field order is declaration order (an array form is read by it). */
import { QueryMeta, QueryOptions, RaftIndex, WriteRequest } from './common.ts';
import { big64, bytes, type Infer, omitEmpty, packedBytes, slice, str, struct, u64 } from './schema.ts';

export const DirEntry = struct('DirEntry', {
  LockIndex: u64,
  Key: str,
  Flags: big64,
  Value: bytes,
  Session: omitEmpty(str),
  ...RaftIndex.type.fields,
});
export type DirEntry = Infer<typeof DirEntry>;

/** The same with the value packed: for states with very many. */
export const PackedDirEntry = struct('DirEntry', { ...DirEntry.type.fields, Value: packedBytes });
export type PackedDirEntry = Infer<typeof PackedDirEntry>;

export const KVSRequest = struct('KVSRequest', {
  Datacenter: str,
  Op: str,
  DirEnt: DirEntry,
  ...WriteRequest.type.fields,
});
export type KVSRequest = Infer<typeof KVSRequest>;

export const KeyRequest = struct('KeyRequest', {
  Datacenter: str,
  Key: str,
  ...QueryOptions.type.fields,
});
export type KeyRequest = Infer<typeof KeyRequest>;

export const IndexedDirEntries = struct('IndexedDirEntries', {
  Entries: slice(DirEntry),
  ...QueryMeta.type.fields,
});
export type IndexedDirEntries = Infer<typeof IndexedDirEntries>;

export const KeyListRequest = struct('KeyListRequest', {
  Datacenter: str,
  Prefix: str,
  Seperator: str,
  ...QueryOptions.type.fields,
});
export type KeyListRequest = Infer<typeof KeyListRequest>;

export const IndexedKeyList = struct('IndexedKeyList', {
  Keys: slice(str),
  ...QueryMeta.type.fields,
});
export type IndexedKeyList = Infer<typeof IndexedKeyList>;

export const TombstoneRequest = struct('TombstoneRequest', {
  Datacenter: str,
  Op: str,
  ReapIndex: u64,
  ...WriteRequest.type.fields,
});
export type TombstoneRequest = Infer<typeof TombstoneRequest>;
