/**
 * Snapshots as files: `<data>/raft/snapshots/<term>-<index>-<unix ms>/{meta.json,state.bin}`. Written beside as `.tmp`,
 * synced, then renamed: a crash leaves either a whole snapshot or a directory that the next start removes.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Crc64 } from '../../lib/crc64.ts';
import type { Logger } from '../telemetry/api.ts';
import type { SnapshotMeta } from './api.ts';
import type { SnapshotPoint } from './core/effects.ts';
import { asError, CorruptStorage, StorageFailed } from './errors.ts';
import { formatMeta, parseMeta, type StoredMeta } from './snapshot-meta.ts';
import { newestFirst, retention, type SnapshotSink, type SnapshotStore, snapshotId } from './snapshot-store.ts';

export interface FileSnapshotOptions {
  /** The directory that holds `snapshots/`. */
  readonly path: string;
  readonly wallMs: () => number;
  readonly logger: Logger;
}

const temporary = '.tmp';
/** Chunks are gathered to writes of this size. */
const writeBytes = 256 << 10;
const readBytes = 256 << 10;

/** Opens the directory, removing what a crash left unfinished. Throws CorruptStorage naming the file. */
export function openFileSnapshotStore({ path, wallMs, logger }: FileSnapshotOptions): SnapshotStore {
  const directory = join(path, 'snapshots');
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const snapshots = new Map<string, StoredMeta>();
  for (const name of readdirSync(directory)) {
    if (name.endsWith(temporary)) rmSync(join(directory, name), { recursive: true, force: true });
    else snapshots.set(name, readMeta(join(directory, name), name));
  }
  const list = (): SnapshotMeta[] => [...snapshots.values()].map(({ meta }) => meta).sort(newestFirst);

  const remove = async (id: string): Promise<void> => {
    if (!snapshots.delete(id)) return;
    // Renamed first: half a snapshot must never be seen.
    const doomed = join(directory, id + temporary);
    await rename(join(directory, id), doomed);
    await rm(doomed, { recursive: true, force: true });
  };

  return {
    list,
    remove,
    create: async (point) => {
      const id = snapshotId(point, wallMs());
      const place = join(directory, id + temporary);
      logger.info('creating new snapshot', { path: place });
      return createSink(place, join(directory, id), directory, id, point, async (stored) => {
        snapshots.set(id, stored);
        for (const old of list().slice(retention)) {
          logger.info('reaping snapshot', { path: join(directory, old.id) });
          await remove(old.id);
        }
      });
    },
    read: (id) => {
      const stored = snapshots.get(id);
      if (!stored) throw new Error(`no snapshot ${id}`);
      return readState(join(directory, id, 'state.bin'), stored);
    },
  };
}

function readMeta(directory: string, name: string): StoredMeta {
  const file = join(directory, 'meta.json');
  try {
    const stored = parseMeta(readFileSync(file, 'utf8'));
    if (stored.meta.id !== name) throw new Error(`it describes snapshot ${stored.meta.id}`);
    const { size } = statSync(join(directory, 'state.bin'));
    if (size !== stored.meta.sizeBytes) {
      throw new CorruptStorage(join(directory, 'state.bin'), `${size} bytes instead of ${stored.meta.sizeBytes}`);
    }
    return stored;
  } catch (error) {
    if (error instanceof CorruptStorage) throw error;
    throw new CorruptStorage(file, asError(error).message, { cause: error });
  }
}

async function* readState(file: string, { meta, crc }: StoredMeta): AsyncGenerator<Uint8Array> {
  const sum = new Crc64();
  const handle = await open(file, 'r');
  try {
    for (;;) {
      const buffer = Buffer.allocUnsafeSlow(readBytes);
      const { bytesRead } = await handle.read(buffer, 0, readBytes, null);
      if (bytesRead === 0) break;
      const chunk = buffer.subarray(0, bytesRead);
      sum.update(chunk);
      yield chunk;
    }
  } finally {
    await handle.close();
  }
  if (base64(sum) !== crc) throw new CorruptStorage(file, `checksum does not match meta.json of snapshot ${meta.id}`);
}

async function createSink(
  place: string,
  target: string,
  parent: string,
  id: string,
  point: SnapshotPoint,
  committed: (stored: StoredMeta) => Promise<void>,
): Promise<SnapshotSink> {
  const sum = new Crc64();
  let sizeBytes = 0;
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let state: FileHandle | null = await translate(async () => {
    await mkdir(place, { mode: 0o755 });
    return open(join(place, 'state.bin'), 'wx', 0o600);
  });
  const flush = async (): Promise<void> => {
    if (waitingBytes === 0) return;
    const chunk = waiting.length === 1 ? waiting[0]! : Buffer.concat(waiting);
    waiting = [];
    waitingBytes = 0;
    await state?.writeFile(chunk);
  };
  const close = async (): Promise<void> => {
    const handle = state;
    state = null;
    await handle?.close();
  };
  return {
    write: async (chunk) => {
      sum.update(chunk);
      sizeBytes += chunk.length;
      waiting.push(chunk);
      waitingBytes += chunk.length;
      if (waitingBytes >= writeBytes) await translate(flush);
    },
    commit: () =>
      translate(async () => {
        await flush();
        await state?.sync();
        await close();
        const stored: StoredMeta = { meta: { id, ...point, sizeBytes }, crc: base64(sum) };
        await writeSynced(join(place, 'meta.json'), formatMeta(stored));
        await syncDirectory(place);
        await rename(place, target);
        await syncDirectory(parent);
        await committed(stored);
        return stored.meta;
      }),
    abort: async () => {
      await close();
      await rm(place, { recursive: true, force: true });
    },
  };
}

const base64 = (sum: Crc64): string => Buffer.from(sum.digest()).toString('base64');

async function writeSynced(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A file's name is durable only when its directory is. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function translate<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new StorageFailed('failed to write snapshot', error);
  }
}
