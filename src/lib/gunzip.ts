/**
 * gzip (RFC 1952) with the frame in our own hands: zlib's reader hides what follows the end of the stream, and there
 * must be nothing. The deflate data inside goes through zlib, off the event loop.
 */
import { crc32, createInflateRaw, type InflateRaw } from 'node:zlib';

/** `message` is Go's text. */
export class GzipError extends Error {
  override readonly name = 'GzipError';
}

const headerBytes = 10;
const trailerBytes = 8;
const flags = { headerCrc: 2, extra: 4, name: 8, comment: 16 } as const;
/** One write inflates to at most some thousand times as much, all of which is then in memory. */
const pieceBytes = 16 * 1024;

/**
 * The uncompressed bytes. Throws GzipError: 'EOF' for no input at all, 'unexpected EOF' where it is cut, 'gzip: invalid
 * header' (also for something behind the end), 'gzip: invalid checksum', 'flate: corrupt input'.
 */
export async function* gunzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const input = new Input(source);
  try {
    if (!(await input.has(1))) throw new GzipError('EOF');
    await readHeader(input);
    let crc = 0;
    let sizeBytes = 0;
    for await (const chunk of inflate(input)) {
      crc = crc32(chunk, crc);
      sizeBytes = (sizeBytes + chunk.length) >>> 0;
      yield chunk;
    }
    const trailer = Buffer.from(await input.take(trailerBytes));
    if (trailer.readUInt32LE(0) !== crc || trailer.readUInt32LE(4) !== sizeBytes) {
      throw new GzipError('gzip: invalid checksum');
    }
    // Go looks for one more stream here: anything at all is at best the beginning of a header.
    if (await input.has(headerBytes)) throw new GzipError('gzip: invalid header');
    if (await input.has(1)) throw new GzipError('unexpected EOF');
  } finally {
    await input.close();
  }
}

async function readHeader(input: Input): Promise<void> {
  const header = await input.take(headerBytes);
  if (header[0] !== 0x1f || header[1] !== 0x8b || header[2] !== 8) throw new GzipError('gzip: invalid header');
  const given = header[3]!;
  if ((given & flags.extra) !== 0) {
    const [low, high] = (await input.take(2)) as unknown as [number, number];
    await input.take(low | (high << 8));
  }
  for (const text of [flags.name, flags.comment]) {
    if ((given & text) !== 0) while ((await input.take(1))[0] !== 0);
  }
  if ((given & flags.headerCrc) !== 0) await input.take(2);
}

/** Deflate data up to its own end; the input is left exactly behind it. */
async function* inflate(input: Input): AsyncGenerator<Uint8Array> {
  const zlib = createInflateRaw({ chunkSize: 64 * 1024 });
  const output: Uint8Array[] = [];
  let hasEnded = false;
  zlib.on('data', (chunk: Uint8Array) => output.push(chunk));
  zlib.on('end', () => {
    hasEnded = true;
  });
  try {
    while (!hasEnded) {
      const piece = await input.peek(pieceBytes);
      const before = zlib.bytesWritten;
      if (piece.length > 0) await write(zlib, piece);
      else await finish(zlib);
      input.skip(zlib.bytesWritten - before);
      yield* output.splice(0);
    }
  } finally {
    zlib.destroy();
  }
}

function write(zlib: InflateRaw, piece: Uint8Array): Promise<void> {
  return settled(zlib, (done) => {
    // Whatever the piece gave, and the end if it was there, is announced before the next turn.
    zlib.write(piece, () => setImmediate(done));
  });
}

/** No more input: either the end was reached exactly with the last byte, or zlib complains. */
function finish(zlib: InflateRaw): Promise<void> {
  return settled(zlib, (done) => {
    zlib.once('end', done);
    zlib.end();
  });
}

function settled(zlib: InflateRaw, run: (done: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      reject(new GzipError(error.code === 'Z_BUF_ERROR' ? 'unexpected EOF' : 'flate: corrupt input', { cause: error }));
    };
    zlib.once('error', onError);
    run(() => {
      zlib.off('error', onError);
      resolve();
    });
  });
}

/** Bytes by number out of chunks as they come. */
class Input {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #buffer: Uint8Array = new Uint8Array(0);
  #hasEnded = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** Whether there are that many more bytes. */
  async has(bytes: number): Promise<boolean> {
    while (this.#buffer.length < bytes && !this.#hasEnded) {
      const { done, value } = await this.#chunks.next();
      if (done === true) this.#hasEnded = true;
      else this.#buffer = this.#buffer.length === 0 ? value : Buffer.concat([this.#buffer, value]);
    }
    return this.#buffer.length >= bytes;
  }

  async take(bytes: number): Promise<Uint8Array> {
    if (!(await this.has(bytes))) throw new GzipError('unexpected EOF');
    const taken = this.#buffer.subarray(0, bytes);
    this.skip(bytes);
    return taken;
  }

  /** At least one byte unless the end was reached, at most `limit`; they stay unread. */
  async peek(limit: number): Promise<Uint8Array> {
    await this.has(1);
    return this.#buffer.subarray(0, limit);
  }

  skip(bytes: number): void {
    this.#buffer = this.#buffer.subarray(bytes);
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
