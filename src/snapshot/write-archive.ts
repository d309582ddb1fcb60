/** The archive of `consul snapshot save`: gzip around meta.json, state.bin and their SHA-256 sums. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';
import { tarEnd, tarHeader, tarPadding } from '../lib/tar.ts';
import { SnapshotError } from './errors.ts';
import { renderMeta, type SnapshotMeta } from './meta.ts';

export interface ArchiveSource {
  /** `sizeBytes` must be the length of `state`. */
  readonly meta: SnapshotMeta;
  readonly state: AsyncIterable<Uint8Array>;
}

/** Bytes of the archive, made as fast as they are taken. Fails when `state` has another length than `meta` says. */
export async function* writeArchive(source: ArchiveSource): AsyncGenerator<Uint8Array> {
  const gzip = createGzip({ level: constants.Z_BEST_SPEED, chunkSize: 64 * 1024 });
  const running = pipeline(Readable.from(members(source), { objectMode: false, highWaterMark: 64 * 1024 }), gzip);
  // The iteration below throws the same error; unhandled it must not stay.
  running.catch(() => {});
  yield* gzip as AsyncIterable<Uint8Array>;
  await running;
}

/** A snapshot's id ends with the time it was taken at (`<term>-<index>-<unix ms>`). */
const takenAtMs = (id: string): number => Number(/-(\d+)$/.exec(id)?.[1] ?? 0);

async function* members({ meta, state }: ArchiveSource): AsyncGenerator<Uint8Array> {
  const modifiedAtMs = takenAtMs(meta.id);
  const metaJson = renderMeta(meta);
  const metaSum = createHash('sha256').update(metaJson).digest('hex');
  yield tarHeader('meta.json', metaJson.length, modifiedAtMs);
  yield metaJson;
  yield tarPadding(metaJson.length);

  const stateHash = createHash('sha256');
  let written = 0;
  yield tarHeader('state.bin', meta.sizeBytes, modifiedAtMs);
  for await (const chunk of state) {
    for (const piece of pieces(chunk)) {
      written += piece.length;
      stateHash.update(piece);
      yield piece;
    }
  }
  if (written !== meta.sizeBytes) {
    throw new SnapshotError(`failed to write snapshot, size didn't match (${written} != ${meta.sizeBytes})`);
  }
  yield tarPadding(written);

  const sums = Buffer.from(`${metaSum}  meta.json\n${stateHash.digest('hex')}  state.bin\n`);
  yield tarHeader('SHA256SUMS', sums.length, modifiedAtMs);
  yield sums;
  yield tarPadding(sums.length);
  yield tarEnd;
}

const pieceBytes = 256 * 1024;

/** Hashing holds the event loop: not for longer than a piece takes. */
function* pieces(chunk: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < chunk.length; at += pieceBytes) yield chunk.subarray(at, at + pieceBytes);
}
