/**
 * The archive of `consul snapshot save`: gzip around meta.json, state.bin and their SHA-256 sums.
 *
 * What comes first in it, the length of the state, is known last. The state is compressed while it is made; before and
 * behind it go blocks that are only stored, so nothing is made, read or compressed twice and the plain state is never
 * held as a whole.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, crc32, createDeflateRaw } from 'node:zlib';
import { joinCrc32 } from '../lib/crc32.ts';
import { tarEnd, tarHeader, tarPadding } from '../lib/tar.ts';
import { renderMeta, type SnapshotMeta } from './meta.ts';
import { Spool } from './spool.ts';

export interface PackedArchive {
  readonly meta: SnapshotMeta;
  /** The bytes of the archive; may be iterated more than once, until `dispose`. */
  read(): AsyncGenerator<Uint8Array>;
  dispose(): Promise<void>;
}

/** Reads the state to its end. Rejects as it does; nothing is left behind then. */
export async function packArchive(
  about: Omit<SnapshotMeta, 'sizeBytes'>,
  state: AsyncIterable<Uint8Array>,
): Promise<PackedArchive> {
  const spool = new Spool();
  try {
    const packed = await deflate(state, spool);
    const meta = { ...about, sizeBytes: packed.sizeBytes };
    const { before, behind } = framing(meta, packed.sha256);
    const crc = [packed, sumOf(behind)].reduce(
      (sum, next) => ({
        crc: joinCrc32(sum.crc, next.crc, next.sizeBytes),
        sizeBytes: sum.sizeBytes + next.sizeBytes,
      }),
      sumOf(before),
    );
    return {
      meta,
      async *read() {
        yield gzipHeader;
        yield* stored(before, false);
        yield* spool.read();
        yield* stored(behind, true);
        yield gzipTrailer(crc.crc, crc.sizeBytes);
      },
      dispose: () => spool.dispose(),
    };
  } catch (error) {
    await spool.dispose();
    throw error;
  }
}

interface Sum {
  readonly crc: number;
  readonly sizeBytes: number;
}

const sumOf = (bytes: Uint8Array): Sum => ({ crc: crc32(bytes), sizeBytes: bytes.length });

/** Compresses into the spool, up to a byte and without the mark of an end. */
async function deflate(state: AsyncIterable<Uint8Array>, spool: Spool): Promise<Sum & { readonly sha256: string }> {
  const hash = createHash('sha256');
  let crc = 0;
  let sizeBytes = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of state) {
      for (const piece of pieces(chunk)) {
        hash.update(piece);
        crc = crc32(piece, crc);
        sizeBytes += piece.length;
        yield piece;
      }
    }
  }
  await pipeline(
    Readable.from(counted(), { objectMode: false, highWaterMark: pieceBytes }),
    createDeflateRaw({
      level: constants.Z_BEST_SPEED,
      chunkSize: 64 * 1024,
      finishFlush: constants.Z_SYNC_FLUSH,
    }),
    async (packed: AsyncIterable<Uint8Array>) => {
      for await (const chunk of packed) await spool.write(chunk);
    },
  );
  return { crc, sizeBytes, sha256: hash.digest('hex') };
}

const pieceBytes = 256 * 1024;

/** Hashing holds the event loop: not for longer than a piece takes. */
function* pieces(chunk: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < chunk.length; at += pieceBytes) yield chunk.subarray(at, at + pieceBytes);
}

/** A snapshot's id ends with the time it was taken at (`<term>-<index>-<unix ms>`). */
const takenAtMs = (id: string): number => Number(/-(\d+)$/.exec(id)?.[1] ?? 0);

/** What of the tar is before the bytes of state.bin, and what is behind them. */
function framing(meta: SnapshotMeta, stateSha256: string): { readonly before: Buffer; readonly behind: Buffer } {
  const modifiedAtMs = takenAtMs(meta.id);
  const metaJson = renderMeta(meta);
  const metaSha256 = createHash('sha256').update(metaJson).digest('hex');
  const sums = Buffer.from(`${metaSha256}  meta.json\n${stateSha256}  state.bin\n`);
  return {
    before: Buffer.concat([
      tarHeader('meta.json', metaJson.length, modifiedAtMs),
      metaJson,
      tarPadding(metaJson.length),
      tarHeader('state.bin', meta.sizeBytes, modifiedAtMs),
    ]),
    behind: Buffer.concat([
      tarPadding(meta.sizeBytes),
      tarHeader('SHA256SUMS', sums.length, modifiedAtMs),
      sums,
      tarPadding(sums.length),
      tarEnd,
    ]),
  };
}

/** Deflate, no name, no time, the fastest compression, an unknown system (RFC 1952). */
const gzipHeader = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 0xff);

function gzipTrailer(crc: number, sizeBytes: number): Uint8Array {
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc, 0);
  trailer.writeUInt32LE(sizeBytes % 2 ** 32, 4);
  return trailer;
}

const maxStoredBytes = 0xffff;

/** Blocks of a deflate stream that hold the bytes as they are (RFC 1951, section 3.2.4). `ends`: nothing comes after them. */
function* stored(bytes: Buffer, ends: boolean): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += maxStoredBytes) {
    const piece = bytes.subarray(at, at + maxStoredBytes);
    const head = Buffer.alloc(5);
    head[0] = ends && at + maxStoredBytes >= bytes.length ? 1 : 0;
    head.writeUInt16LE(piece.length, 1);
    head.writeUInt16LE(~piece.length & 0xffff, 3);
    yield head;
    yield piece;
  }
}
