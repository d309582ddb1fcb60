/** Snapshot files: a gzipped tar of meta.json, state.bin and SHA256SUMS. Reads one through and checks it. */
import { createHash, type Hash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';

export interface SnapshotMeta {
  readonly ID: string;
  readonly Index: number;
  readonly Term: number;
  readonly Version: number;
}

/** Thrown when a file is no snapshot or a damaged one. */
export class SnapshotError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'SnapshotError';
  }
}

/** meta.json and SHA256SUMS are small; anything larger is no snapshot. */
const maxSmallFileBytes = 1 << 20;

interface Contents {
  readonly meta: string;
  readonly sums: string;
  readonly hashes: ReadonlyMap<string, string>;
}

async function readThrough(archive: AsyncIterable<Uint8Array>): Promise<Contents> {
  const texts: Record<string, string> = {};
  const hashes = new Map<string, string>();
  const tar = extract();
  const reading = (async () => {
    for await (const entry of tar) {
      const { name } = entry.header;
      const hash: Hash = createHash('sha256');
      const kept = name === 'state.bin' ? undefined : ([] as Uint8Array[]);
      let sizeBytes = 0;
      for await (const chunk of entry as AsyncIterable<Uint8Array>) {
        hash.update(chunk);
        sizeBytes += chunk.length;
        if (kept && sizeBytes > maxSmallFileBytes) throw new SnapshotError(`unexpected file "${name}" in snapshot`);
        kept?.push(chunk);
      }
      if (kept) texts[name] = Buffer.concat(kept).toString();
      if (name !== 'SHA256SUMS') hashes.set(name, hash.digest('hex'));
    }
  })();
  try {
    await Promise.all([pipeline(archive, createGunzip(), tar), reading]);
  } catch (error) {
    if (error instanceof SnapshotError) throw error;
    throw new SnapshotError(`failed to read snapshot file: ${(error as Error).message}`, error);
  }
  return { meta: texts['meta.json'] ?? '', sums: texts['SHA256SUMS'] ?? '', hashes };
}

/** Reads all of it, compares every checksum. Throws a `SnapshotError`. */
export async function verifySnapshot(archive: AsyncIterable<Uint8Array>): Promise<SnapshotMeta> {
  const { meta, sums, hashes } = await readThrough(archive);
  const listed = new Map<string, string>();
  for (const line of sums.split('\n')) {
    const [, hash, name] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
    if (hash && name) listed.set(name, hash);
  }
  for (const name of ['meta.json', 'state.bin']) {
    if (!hashes.has(name)) throw new SnapshotError(`snapshot has no "${name}"`);
  }
  for (const [name, hash] of hashes) {
    if (listed.get(name) !== hash) throw new SnapshotError(`hash check failed for "${name}"`);
  }
  try {
    return JSON.parse(meta) as SnapshotMeta;
  } catch (error) {
    throw new SnapshotError('failed to decode snapshot metadata', error);
  }
}
