/** Snapshot archives and the state stream inside them. */
export { SnapshotError } from './errors.ts';
export { type InspectOptions, inspectState, type StateStats, type Usage } from './inspect.ts';
export type { SnapshotMeta } from './meta.ts';
export { type OpenArchive, readArchive } from './read-archive.ts';
export {
  type ForeignRecord,
  type RecordType,
  readState,
  recordTypes,
  type StateReader,
  type StateRecord,
  writeState,
} from './records.ts';
export { type PackedArchive, packArchive } from './write-archive.ts';
