/** Recordings on disk. A packed one is flushed every second: whoever is killed loses no more. */
import { createWriteStream, openSync, readFileSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip, gunzipSync } from 'node:zlib';
import { RecordingError } from './recording.ts';

export interface RecordingWriter {
  write(line: string): void;
  /** Resolves when everything is in the file. */
  close(): Promise<void>;
}

const flushMs = 1_000;
/** A disk that does not keep up loses lines rather than memory. */
const mostWaitingBytes = 32 * 1024 * 1024;

/** The file must not exist yet; only its owner may read it. Throws a `RecordingError`. */
export function openRecording(path: string): RecordingWriter {
  const file = createWriteStream(path, { fd: create(path) });
  const pack = path.endsWith('.gz') ? createGzip() : undefined;
  const sink = pack ?? file;
  const written =
    pack === undefined
      ? new Promise<void>((resolve, reject) => file.on('finish', resolve).on('error', reject))
      : pipeline(pack, file);
  const failed = written.then(
    () => undefined,
    (error: Error) => new RecordingError(error.message, { cause: error }),
  );
  const flushing = setInterval(() => pack?.flush(constants.Z_SYNC_FLUSH), flushMs);
  flushing.unref();
  return {
    write(line) {
      if (sink.writable && sink.writableLength < mostWaitingBytes) sink.write(`${line}\n`);
    },
    async close() {
      clearInterval(flushing);
      sink.end();
      const error = await failed;
      if (error !== undefined) throw error;
    },
  };
}

function create(path: string): number {
  try {
    return openSync(path, 'wx', 0o600);
  } catch (error) {
    throw new RecordingError((error as Error).message, { cause: error });
  }
}

export function readRecording(path: string): string {
  try {
    const bytes = readFileSync(path);
    // What was cut off in the middle is read as far as it goes.
    const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return (packed ? gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }) : bytes).toString();
  } catch (error) {
    throw new RecordingError(`${path}: ${(error as Error).message}`, { cause: error });
  }
}
