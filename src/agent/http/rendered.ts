/**
 * Bytes of an answer, made once and sent to everybody who asked the same. Compressed forms are made on first demand, off the
 * event loop, and kept beside them.
 */
import { gzip } from 'node:zlib';

/** Below this many bytes nothing is compressed. */
const gzipMinBytes = 1400;

export class Rendered {
  readonly bytes: Buffer;
  #gzipped: Buffer | Promise<Buffer> | undefined;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  static text(text: string): Rendered {
    return new Rendered(Buffer.from(text));
  }

  get compressible(): boolean {
    return this.bytes.length >= gzipMinBytes;
  }

  gzipped(): Buffer | Promise<Buffer> {
    this.#gzipped ??= new Promise<Buffer>((resolve, reject) => {
      gzip(this.bytes, { level: 1 }, (error, compressed) => {
        if (error === null) {
          this.#gzipped = compressed;
          resolve(compressed);
        } else reject(error);
      });
    });
    return this.#gzipped;
  }
}
