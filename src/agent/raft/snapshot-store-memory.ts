/** Keeps the newest snapshot in memory: development mode. */
import type { SnapshotMeta } from './api.ts';
import { type SnapshotStore, snapshotId } from './snapshot-store.ts';

export function memorySnapshotStore(wallMs: () => number): SnapshotStore {
  let kept: { meta: SnapshotMeta; chunks: readonly Uint8Array[] } | null = null;
  return {
    list: () => (kept ? [kept.meta] : []),
    create: async (point) => {
      const chunks: Uint8Array[] = [];
      let sizeBytes = 0;
      return {
        write: async (chunk) => {
          chunks.push(chunk.slice());
          sizeBytes += chunk.length;
        },
        commit: async () => {
          const meta: SnapshotMeta = { id: snapshotId(point, wallMs()), ...point, sizeBytes };
          kept = { meta, chunks };
          return meta;
        },
        abort: async () => {
          chunks.length = 0;
        },
      };
    },
    read: async function* (id) {
      if (kept?.meta.id !== id) throw new Error(`no snapshot ${id}`);
      yield* kept.chunks;
    },
    remove: async (id) => {
      if (kept?.meta.id === id) kept = null;
    },
  };
}
