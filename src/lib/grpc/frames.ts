/** Messages of gRPC in a stream of bytes: a flag, the length as 32-bit big endian, the message. Pure. */
import { codes, GrpcError } from './status.ts';

const headerBytes = 5;

export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(headerBytes + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, headerBytes);
  return framed;
}

/** Puts messages together from pieces of any size. */
export class FrameReader {
  readonly #maxBytes: number;
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Bytes that are needed for the next step. */
  #wanted = headerBytes;

  /** @param maxBytes of one message */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Something has begun that is not complete. */
  get isWithin(): boolean {
    return this.#bytes > 0;
  }

  /** The messages that are complete now. @throws GrpcError for what cannot be read */
  push(chunk: Uint8Array): Buffer[] {
    this.#chunks.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    this.#bytes += chunk.length;
    const messages: Buffer[] = [];
    while (this.#bytes >= this.#wanted) {
      const all = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks, this.#bytes);
      const end = headerBytes + this.#length(all);
      this.#wanted = end;
      this.#chunks = [all];
      if (all.length < end) break;
      messages.push(all.subarray(headerBytes, end));
      this.#chunks = end < all.length ? [all.subarray(end)] : [];
      this.#bytes -= end;
      this.#wanted = headerBytes;
    }
    return messages;
  }

  #length(all: Buffer): number {
    if (all[0] !== 0) throw new GrpcError(codes.unimplemented, 'the message is compressed');
    const length = all.readUInt32BE(1);
    if (length <= this.#maxBytes) return length;
    throw new GrpcError(
      codes.resourceExhausted,
      `grpc: received message larger than max (${length} vs. ${this.#maxBytes})`,
    );
  }
}
