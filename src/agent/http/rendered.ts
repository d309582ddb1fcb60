/**
 * Bytes of an answer, made once and sent to everybody who asked the same. Compressed forms are made on first demand, off the
 * event loop, and kept beside them.
 */
import type { ServerResponse } from 'node:http';
import { gzip } from 'node:zlib';
import { asNative } from '../../lib/msgpack/text.ts';

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

  /**
   * The same in memory of its own. Node makes short buffers out of blocks of 64 KiB: one of them that is kept for long would keep
   * its whole block.
   */
  alone(): Rendered {
    const { bytes } = this;
    if (bytes.length === bytes.buffer.byteLength) return this;
    const copy = Buffer.allocUnsafeSlow(bytes.length);
    copy.set(bytes);
    return new Rendered(copy);
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
