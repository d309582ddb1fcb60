/** Where backups are kept, and the one that is a directory. */
import { copyFile, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface BackupFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** In hex. */
  readonly sha256: string;
}

export interface Storage {
  /** For people: `Local -> Path: "/backups"`. */
  readonly description: string;
  /** Resolves when the backup is kept under that name for good, and whole. */
  put(name: string, file: BackupFile, signal: AbortSignal): Promise<void>;
  /** Names of everything there. */
  list(signal: AbortSignal): Promise<readonly string[]>;
  remove(name: string, signal: AbortSignal): Promise<void>;
}

export function localStorage(directory: string): Storage {
  const sync = async (path: string): Promise<void> => {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  };
  return {
    description: `Local -> Path: ${JSON.stringify(directory)}`,
    async put(name, { path }) {
      await mkdir(directory, { recursive: true });
      const temporary = join(directory, `.${name}.tmp`);
      try {
        await copyFile(path, temporary);
        await sync(temporary);
        await rename(temporary, join(directory, name));
      } finally {
        await rm(temporary, { force: true });
      }
      await sync(directory);
    },
    list: () =>
      readdir(directory).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return [];
        throw error;
      }),
    remove: (name) => rm(join(directory, name), { force: true }),
  };
}

const pattern = /^consul-(\d+)\.snap$/;

/** `consul-<Unix nanoseconds>.snap`, as Consul's own. */
export const backupName = (nowMs: number): string => `consul-${Math.floor(nowMs)}000000.snap`;

/** When it was made, in Unix milliseconds; null for what is none of ours. */
export function madeAtMs(name: string): number | null {
  const [, nanoseconds] = pattern.exec(name) ?? [];
  return nanoseconds === undefined ? null : Number(BigInt(nanoseconds) / 1_000_000n);
}

/** Those that are too many, the oldest first. `retain` 0: all stay. */
export function superfluous(names: readonly string[], retain: number): string[] {
  if (retain === 0) return [];
  const backups = names.filter((name) => madeAtMs(name) !== null).sort((a, b) => madeAtMs(a)! - madeAtMs(b)!);
  return backups.slice(0, Math.max(0, backups.length - retain));
}
