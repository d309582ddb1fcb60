/**
 * Reads and checks an archive before anything of it is believed: structure, hashes, size, and that nothing follows its
 * end. Error texts are those of Consul (wire/snapshot, section 1).
 */
import { createHash, type Hash } from 'node:crypto';
import { GzipError, gunzip } from '../lib/gunzip.ts';
import { TarError, type TarEvent, TarReader } from '../lib/tar.ts';
import { SnapshotError } from './errors.ts';
import { parseMeta, type SnapshotMeta } from './meta.ts';
import { Spool } from './spool.ts';

export interface OpenArchive {
  readonly meta: SnapshotMeta;
  /** The bytes of state.bin; may be iterated more than once, until `dispose`. */
  readonly state: AsyncIterable<Uint8Array>;
  dispose(): Promise<void>;
}

const hashed = ['meta.json', 'state.bin'] as const;
type Hashed = (typeof hashed)[number];
const sumsName = 'SHA256SUMS';
/** meta.json and SHA256SUMS are read into memory. */
const smallMemberBytes = 1024 * 1024;

/** Rejects with SnapshotError; nothing is left behind then. */
export async function readArchive(archive: AsyncIterable<Uint8Array>): Promise<OpenArchive> {
  const spool = new Spool();
  try {
    const meta = await check(archive, spool);
    return {
      meta,
      state: { [Symbol.asyncIterator]: () => spool.read() },
      dispose: () => spool.dispose(),
    };
  } catch (error) {
    await spool.dispose();
    throw error;
  }
}

async function check(archive: AsyncIterable<Uint8Array>, spool: Spool): Promise<SnapshotMeta> {
  const contents = new Contents(spool);
  const tar = new TarReader();
  let gzipError: GzipError | null = null;
  try {
    for await (const chunk of gunzip(archive)) {
      for (const event of tar.push(chunk)) await contents.on(event);
    }
  } catch (error) {
    if (error instanceof TarError) throw contents.readError(error.message);
    if (!(error instanceof GzipError)) throw error;
    if (!contents.hasBegun && tar.isEmpty) throw new SnapshotError(`failed to decompress snapshot: ${error.message}`);
    gzipError = error;
  }
  // What is wrong behind the end of the tar matters only if all is well before it.
  if (!tar.hasEnded && gzipError !== null) throw contents.readError(gzipError.message);
  if (!tar.isBetweenMembers) throw contents.readError('unexpected EOF');
  const meta = contents.finish();
  if (gzipError !== null) throw new SnapshotError(gzipError.message);
  if (tar.extraBytes > 0) throw new SnapshotError(`${tar.extraBytes} unread uncompressed bytes remain`);
  return meta;
}

/** The members as they come in. */
class Contents {
  /** Whether any header was seen. */
  hasBegun = false;
  readonly #spool: Spool;
  readonly #hashes: Record<Hashed, Hash> = { 'meta.json': createHash('sha256'), 'state.bin': createHash('sha256') };
  readonly #small: Record<string, Uint8Array[]> = { 'meta.json': [], [sumsName]: [] };
  #meta: SnapshotMeta | null = null;
  #current: string | null = null;

  constructor(spool: Spool) {
    this.#spool = spool;
  }

  async on(event: TarEvent): Promise<void> {
    switch (event.kind) {
      case 'member':
        this.#onMember(event.name, event.sizeBytes);
        break;
      case 'data':
        await this.#onData(event.bytes);
        break;
      case 'memberEnd':
        if (this.#current === 'meta.json') this.#meta = this.#parseMeta();
        this.#current = null;
    }
  }

  /** All hashes must match and the size be right. */
  finish(): SnapshotMeta {
    this.#checkSums();
    const meta = this.#meta ?? this.#parseMeta();
    if (meta.sizeBytes !== this.#spool.sizeBytes) {
      throw new SnapshotError(
        `failed to write snapshot, size didn't match (${this.#spool.sizeBytes} != ${meta.sizeBytes})`,
      );
    }
    return meta;
  }

  /** The archive could not be read on: the text depends on what was being read. */
  readError(why: string): SnapshotError {
    switch (this.#current) {
      case 'meta.json':
        return fileError(`failed to decode snapshot metadata: ${why}`);
      case 'state.bin':
        return fileError(`failed to read or write snapshot data: ${why}`);
      case sumsName:
        return fileError(`failed to read snapshot hashes: ${why}`);
      default:
        return fileError(`failed reading snapshot: ${why}`);
    }
  }

  #onMember(name: string, sizeBytes: number): void {
    this.hasBegun = true;
    if (name !== 'state.bin') {
      if (!Object.hasOwn(this.#small, name)) throw fileError(`unexpected file ${JSON.stringify(name)} in snapshot`);
      if (sizeBytes > smallMemberBytes) throw fileError(`file ${JSON.stringify(name)} in snapshot is too large`);
    }
    this.#current = name;
  }

  async #onData(bytes: Uint8Array): Promise<void> {
    const name = this.#current!;
    if (name !== sumsName) this.#hashes[name as Hashed].update(bytes);
    if (name === 'state.bin') await this.#spool.write(bytes);
    else this.#small[name]!.push(bytes);
  }

  #parseMeta(): SnapshotMeta {
    try {
      return parseMeta(Buffer.concat(this.#small['meta.json']!));
    } catch (error) {
      throw fileError(`failed to decode snapshot metadata: ${(error as Error).message}`);
    }
  }

  #checkSums(): void {
    const listed = new Set<string>();
    const sums: Record<string, string> = {};
    for (const name of hashed) sums[name] = this.#hashes[name].digest('hex');
    const text = Buffer.concat(this.#small[sumsName]!).toString('latin1');
    for (const line of text.split('\n')) {
      if (line === '') continue;
      const [, sum, name] = /^([0-9a-fA-F]{64}) {2}(\S+)$/.exec(line) ?? [];
      if (sum === undefined || name === undefined) throw integrityError(`failed to parse line ${JSON.stringify(line)}`);
      if (!Object.hasOwn(sums, name)) throw integrityError(`list missing hash for ${JSON.stringify(name)}`);
      if (sums[name] !== sum.toLowerCase()) throw integrityError(`hash check failed for ${JSON.stringify(name)}`);
      listed.add(name);
    }
    for (const name of hashed) {
      if (!listed.has(name)) throw integrityError(`file missing for ${JSON.stringify(name)}`);
    }
  }
}

const fileError = (text: string): SnapshotError => new SnapshotError(`failed to read snapshot file: ${text}`);
const integrityError = (text: string): SnapshotError => fileError(`failed checking integrity of snapshot: ${text}`);
