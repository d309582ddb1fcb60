/** Where snapshots of the state machine live. All implementations pass the same tests. */
import type { SnapshotMeta } from './api.ts';
import type { SnapshotPoint } from './core/effects.ts';

/** A snapshot being written. Invisible until committed. */
export interface SnapshotSink {
  write(chunk: Uint8Array): Promise<void>;
  /** Resolves when it is on disk and in the list; older ones beyond the retention are gone then. */
  commit(): Promise<SnapshotMeta>;
  /** Throws away what was written. Safe at any time, also after a failed commit. */
  abort(): Promise<void>;
}

export interface SnapshotStore {
  /** Newest first: by term, index, time of making. */
  list(): readonly SnapshotMeta[];
  create(point: SnapshotPoint): Promise<SnapshotSink>;
  /** The bytes, checked while they flow: on a wrong checksum the stream ends with CorruptStorage. */
  read(id: string): AsyncIterable<Uint8Array>;
  remove(id: string): Promise<void>;
}

/** Snapshots kept. */
export const retention = 2;

/** `<term>-<index>-<unix ms>`. */
export const snapshotId = (point: SnapshotPoint, wallMs: number): string => `${point.term}-${point.index}-${wallMs}`;

export const newestFirst = (a: SnapshotMeta, b: SnapshotMeta): number =>
  b.term - a.term || b.index - a.index || b.id.localeCompare(a.id, 'en', { numeric: true });
