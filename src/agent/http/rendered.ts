/**
 * Bytes of an answer, made once and sent to everybody who asked the same. Compressed forms are made on first demand, off the
 * event loop, and kept beside them.
 */
import type { ServerResponse } from 'node:http';
import { gzip } from 'node:zlib';
import { asNative } from '../../lib/msgpack/text.ts';
import { ownMemory } from '../../lib/own-memory.ts';

/** Below this many bytes nothing is compressed. */
const gzipMinBytes = 1400;

/** Up to this many bytes Node sends header and body in one piece, if the body is a string. */
const shortBytes = 4096;

export class Rendered {
  readonly bytes: Buffer;
  /** The bytes as characters of Latin-1, where they are few. */
  #short: string | undefined;
  #gzipped: Buffer | Promise<Buffer> | undefined;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  static text(text: string): Rendered {
    return new Rendered(Buffer.from(text));
  }

  /** Ends a response whose header was not sent yet. */
  endOf(res: ServerResponse): void {
    if (this.bytes.length > shortBytes) {
      res.end(this.bytes);
      return;
    }
    this.#short ??= asNative(this.bytes).latin1Slice(0, this.bytes.length);
    res.end(this.#short, 'latin1');
  }

  /** The same, to be kept for long. */
  alone(): Rendered {
    const own = ownMemory(this.bytes);
    return own === this.bytes ? this : new Rendered(own);
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
