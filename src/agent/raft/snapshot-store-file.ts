/**
 * Snapshots as files: `<data>/raft/snapshots/<term>-<index>-<unix ms>/{meta.json,state.bin}`. Written beside as `.tmp`,
 * synced, then renamed: a crash leaves either a whole snapshot or a directory that the next start removes.
 */
import { dirname, join } from 'node:path';
import { Crc64 } from '../../lib/crc64.ts';
import type { Logger } from '../telemetry/api.ts';
import type { SnapshotMeta } from './api.ts';
import type { SnapshotPoint } from './core/effects.ts';
import { asError, CorruptStorage, StorageFailed } from './errors.ts';
import type { Files } from './files.ts';
import { formatMeta, parseMeta, type StoredMeta } from './snapshot-meta.ts';
import { newestFirst, retention, type SnapshotSink, type SnapshotStore, snapshotId } from './snapshot-store.ts';

export interface FileSnapshotOptions {
  /** The directory that holds `snapshots/`. */
  readonly path: string;
  readonly files: Files;
  readonly wallMs: () => number;
  readonly logger: Logger;
}

const temporary = '.tmp';
/** Chunks are gathered to writes of this size. */
const writeBytes = 256 << 10;

/** Opens the directory, removing what a crash left unfinished. Rejects with CorruptStorage naming the file. */
export async function openFileSnapshotStore(options: FileSnapshotOptions): Promise<SnapshotStore> {
  const { files, path, wallMs, logger } = options;
  const directory = join(path, 'snapshots');
  await files.makeDirectory(directory);
  // The directory itself must survive a crash, or every snapshot in it goes with it.
  await files.syncDirectory(path);
  await files.syncDirectory(dirname(path));
  const snapshots = new Map<string, StoredMeta>();
  for (const name of await files.list(directory)) {
    if (name.endsWith(temporary)) await files.remove(join(directory, name));
    else snapshots.set(name, await readMeta(files, join(directory, name), name));
  }
  const list = (): SnapshotMeta[] => [...snapshots.values()].map(({ meta }) => meta).sort(newestFirst);

  const remove = async (id: string): Promise<void> => {
    if (!snapshots.delete(id)) return;
    // Renamed first: half a snapshot must never be seen.
    const doomed = join(directory, id + temporary);
    await files.rename(join(directory, id), doomed);
    await files.syncDirectory(directory);
    await files.remove(doomed);
  };

  const reap = async (): Promise<void> => {
    for (const { id } of list().slice(retention)) {
      logger.info('reaping snapshot', { path: join(directory, id) });
      await remove(id).catch((error) => logger.warn('failed to reap snapshot', { error: asError(error).message }));
    }
  };

  return {
    list,
    remove: (id) => translate('failed to remove snapshot', () => remove(id)),
    create: async (point) => {
      const id = snapshotId(point, wallMs());
      const place = join(directory, id + temporary);
      logger.info('creating new snapshot', { path: place });
      const sink = new FileSink(files, { directory, place, id, point }, async (stored) => {
        snapshots.set(id, stored);
        await reap();
      });
      await sink.open();
      return sink;
    },
    read: (id) => {
      const stored = snapshots.get(id);
      if (!stored) throw new Error(`no snapshot ${id}`);
      return readState(files, join(directory, id, 'state.bin'), stored);
    },
  };
}

async function readMeta(files: Files, directory: string, name: string): Promise<StoredMeta> {
  const file = join(directory, 'meta.json');
  const state = join(directory, 'state.bin');
  let stored: StoredMeta;
  try {
    stored = parseMeta(await files.readText(file));
    if (stored.meta.id !== name) throw new Error(`it describes snapshot ${stored.meta.id}`);
  } catch (error) {
    throw new CorruptStorage(file, asError(error).message, { cause: error });
  }
  const sizeBytes = await files.sizeBytes(state).catch(() => 0);
  if (sizeBytes !== stored.meta.sizeBytes) {
    throw new CorruptStorage(state, `${sizeBytes} bytes instead of ${stored.meta.sizeBytes}`);
  }
  return stored;
}

async function* readState(files: Files, file: string, { meta, crc }: StoredMeta): AsyncGenerator<Uint8Array> {
  const sum = new Crc64();
  for await (const chunk of files.read(file)) {
    sum.update(chunk);
    yield chunk;
  }
  if (base64(sum) !== crc) throw new CorruptStorage(file, `checksum does not match meta.json of snapshot ${meta.id}`);
}

class FileSink implements SnapshotSink {
  readonly #files: Files;
  readonly #at: {
    readonly directory: string;
    readonly place: string;
    readonly id: string;
    readonly point: SnapshotPoint;
  };
  readonly #committed: (stored: StoredMeta) => Promise<void>;
  readonly #sum = new Crc64();
  #state: Awaited<ReturnType<Files['create']>> | null = null;
  #sizeBytes = 0;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #done = false;

  constructor(
    files: Files,
    at: { directory: string; place: string; id: string; point: SnapshotPoint },
    committed: (stored: StoredMeta) => Promise<void>,
  ) {
    this.#files = files;
    this.#at = at;
    this.#committed = committed;
  }

  open(): Promise<void> {
    return translate(failure, async () => {
      await this.#files.makeDirectory(this.#at.place);
      this.#state = await this.#files.create(join(this.#at.place, 'state.bin'));
    });
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#sum.update(chunk);
    this.#sizeBytes += chunk.length;
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    if (this.#waitingBytes >= writeBytes) await translate(failure, () => this.#flush());
  }

  async #flush(): Promise<void> {
    const [first, ...others] = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (first) await this.#state?.write(others.length === 0 ? first : Buffer.concat([first, ...others]));
  }

  commit(): Promise<SnapshotMeta> {
    const { directory, place, id, point } = this.#at;
    return translate(failure, async () => {
      await this.#flush();
      await this.#state?.sync();
      await this.#close();
      const stored: StoredMeta = { meta: { id, ...point, sizeBytes: this.#sizeBytes }, crc: base64(this.#sum) };
      const meta = await this.#files.create(join(place, 'meta.json'));
      try {
        await meta.write(Buffer.from(formatMeta(stored)));
        await meta.sync();
      } finally {
        await meta.close();
      }
      await this.#files.syncDirectory(place);
      await this.#files.rename(place, join(directory, id));
      this.#done = true;
      await this.#files.syncDirectory(directory);
      await this.#committed(stored);
      return stored.meta;
    });
  }

  async abort(): Promise<void> {
    const { directory, place, id } = this.#at;
    await this.#close();
    try {
      // Half a snapshot must never be seen.
      if (this.#done) await this.#files.rename(join(directory, id), place);
      await this.#files.remove(place);
    } catch {
      // It is gone already, or the next start removes it.
    }
  }

  async #close(): Promise<void> {
    const state = this.#state;
    this.#state = null;
    await state?.close();
  }
}

const failure = 'failed to write snapshot';

async function translate<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new StorageFailed(what, error);
  }
}

const base64 = (sum: Crc64): string => Buffer.from(sum.digest()).toString('base64');
