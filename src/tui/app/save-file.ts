/** A new file in the working directory, only for its owner, out of a stream. Resolves with its size in bytes. */
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** Throws for a file that exists, for a full disk, and for a stream that breaks. */
export async function saveFile(
  path: string,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<number> {
  const target = createWriteStream(path, { flags: 'wx', mode: 0o600 });
  await pipeline(pieces, target);
  return target.bytesWritten;
}
