/** One backup: saved, proven to restore, kept in every storage, and what is too old removed. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SnapshotApi } from '../../client/operator.ts';
import type { BackupFile, Storage } from './storage.ts';
import { backupName, superfluous } from './storage.ts';

/** Reads the archive through and restores it somewhere of its own. Rejects when it cannot be. */
export type Verify = (archive: AsyncIterable<Uint8Array>) => Promise<{ readonly index: number }>;

export interface BackupParts {
  readonly snapshot: Pick<SnapshotApi, 'save'>;
  readonly stale: boolean | undefined;
  readonly storages: readonly Storage[];
  readonly retain: number;
  /** '' for the system's. */
  readonly scratchPath: string;
  readonly verify: Verify;
  readonly nowMs: () => number;
}

export interface Backup {
  readonly name: string;
  readonly index: number;
  readonly sizeBytes: number;
  readonly madeAtMs: number;
  readonly removed: readonly string[];
}

/** Rejects when any step fails; nothing is removed then. */
export async function makeBackup(parts: BackupParts, signal: AbortSignal): Promise<Backup> {
  const { snapshot, stale, storages, verify } = parts;
  const madeAtMs = parts.nowMs();
  const name = backupName(madeAtMs);
  const scratch = await mkdtemp(join(parts.scratchPath || tmpdir(), '.consul-snapshot-'));
  try {
    const { body } = await snapshot.save({ signal, ...(stale !== undefined && { stale }) });
    const file = await write(join(scratch, name), body);
    const { index } = await verify(createReadStream(file.path));
    for (const storage of storages) await storage.put(name, file, signal);
    const removed: string[] = [];
    for (const storage of storages) {
      for (const old of superfluous(await storage.list(signal), parts.retain)) {
        await storage.remove(old, signal);
        removed.push(old);
      }
    }
    return { name, index, sizeBytes: file.sizeBytes, madeAtMs, removed };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function write(path: string, bytes: AsyncIterable<Uint8Array>): Promise<BackupFile> {
  const handle = await open(path, 'wx', 0o600);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  try {
    for await (const chunk of bytes) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      await handle.appendFile(chunk);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { path, sizeBytes, sha256: hash.digest('hex') };
}
