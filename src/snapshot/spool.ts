/** Bytes on their way through: small ones in memory, big ones in a temporary file. */
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const memoryBytes = 4 * 1024 * 1024;
const readBytes = 128 * 1024;

export class Spool {
  #chunks: Uint8Array[] = [];
  #sizeBytes = 0;
  #file: FileHandle | null = null;

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Takes over `chunk`. */
  async write(chunk: Uint8Array): Promise<void> {
    this.#sizeBytes += chunk.length;
    if (this.#file !== null) {
      await writeAll(this.#file, chunk);
      return;
    }
    this.#chunks.push(chunk);
    if (this.#sizeBytes <= memoryBytes) return;
    const directory = await mkdtemp(join(tmpdir(), 'tc-snapshot-'));
    try {
      this.#file = await open(join(directory, 'spool'), 'wx+', 0o600);
    } finally {
      // Its name is not needed: whatever becomes of this process, the space comes back.
      await rm(directory, { recursive: true, force: true });
    }
    for (const kept of this.#chunks) await writeAll(this.#file, kept);
    this.#chunks = [];
  }

  /** Everything from the beginning, as often as wanted. */
  async *read(): AsyncGenerator<Uint8Array> {
    yield* this.#chunks;
    for (let at = 0; this.#file !== null; ) {
      const { bytesRead, buffer } = await this.#file.read(Buffer.allocUnsafeSlow(readBytes), 0, readBytes, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  /** Gives everything back. */
  async dispose(): Promise<void> {
    this.#chunks = [];
    await this.#file?.close();
    this.#file = null;
  }
}

/** A write may be cut short (a disk that fills up). */
async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
}
