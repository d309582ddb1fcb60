/** A TCP connection as what the codecs above want: bytes written in one go per turn, backpressure, one end. */
import type net from 'node:net';
import { breakOff, hangUp } from '../../lib/sockets.ts';
import type { ByteStream } from './stream-server.ts';
import type { Wire } from './yamux/session.ts';

/** Joined in one piece up to here; more goes out as it is. */
const joinBytes = 64 * 1024;

/**
 * Gathers what is written until everything that arrived together was worked on, and writes it in one piece: one system call for the
 * answers to many. `finish` writes what is left at once.
 */
class Gatherer {
  readonly #socket: net.Socket;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  readonly #flush = (): void => this.finish();

  constructor(socket: net.Socket) {
    this.#socket = socket;
  }

  /** False when the socket is full, as `socket.write` says it. */
  write(bytes: Uint8Array): boolean {
    if (this.#chunks.length === 0) setImmediate(this.#flush);
    this.#chunks.push(bytes);
    this.#bytes += bytes.length;
    return this.#socket.writableLength + this.#bytes < this.#socket.writableHighWaterMark;
  }

  finish(): void {
    const chunks = this.#chunks;
    const bytes = this.#bytes;
    if (chunks.length === 0) return;
    this.#chunks = [];
    this.#bytes = 0;
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded) return;
    if (chunks.length === 1) socket.write(chunks[0] as Uint8Array);
    else if (bytes <= joinBytes) socket.write(Buffer.concat(chunks, bytes));
    else {
      socket.cork();
      for (const chunk of chunks) socket.write(chunk);
      socket.uncork();
    }
  }
}

/** @param rest bytes that were read off the socket before. */
export function streamOf(socket: net.Socket, rest: Uint8Array | null): ByteStream {
  const out = new Gatherer(socket);
  return {
    write(bytes) {
      if (socket.destroyed || socket.writableEnded) return true;
      return out.write(bytes);
    },
    drained: () =>
      new Promise((done) => {
        out.finish();
        if (!socket.writableNeedDrain || socket.destroyed) return done();
        const finish = (): void => {
          socket.off('drain', finish);
          socket.off('close', finish);
          done();
        };
        socket.on('drain', finish);
        socket.on('close', finish);
      }),
    end: () => {
      out.finish();
      hangUp(socket);
    },
    listen({ onData, onEnd }) {
      let ended = false;
      const end = (error: Error | null): void => {
        if (ended) return;
        ended = true;
        onEnd(error);
      };
      socket.on('error', (error) => end(error));
      socket.on('end', () => end(null));
      socket.on('close', () => end(null));
      if (rest !== null && rest.length > 0) onData(rest);
      socket.on('data', (chunk: Uint8Array) => onData(chunk));
    },
  };
}

export function wireOf(socket: net.Socket): Wire {
  const out = new Gatherer(socket);
  return {
    write(bytes) {
      if (!socket.destroyed && !socket.writableEnded) out.write(bytes);
    },
    close(error) {
      out.finish();
      if (error === null) hangUp(socket);
      else breakOff(socket);
    },
  };
}
