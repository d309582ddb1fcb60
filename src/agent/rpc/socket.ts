/** A TCP connection as what the codecs above want: bytes written in one go per turn, backpressure, one end. */
import type net from 'node:net';
import type { ByteStream } from './stream-server.ts';
import type { Wire } from './yamux/session.ts';

/** Joins what one turn of the event loop writes into as few segments as possible. */
function corkThisTurn(socket: net.Socket): void {
  if (socket.writableCorked > 0) return;
  socket.cork();
  process.nextTick(() => socket.uncork());
}

/** @param rest bytes that were read off the socket before. */
export function streamOf(socket: net.Socket, rest: Uint8Array | null): ByteStream {
  return {
    write(bytes) {
      if (socket.destroyed || socket.writableEnded) return true;
      corkThisTurn(socket);
      return socket.write(bytes);
    },
    drained: () =>
      new Promise((done) => {
        if (!socket.writableNeedDrain || socket.destroyed) return done();
        const finish = (): void => {
          socket.off('drain', finish);
          socket.off('close', finish);
          done();
        };
        socket.on('drain', finish);
        socket.on('close', finish);
      }),
    end: () => void socket.end(),
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
  return {
    write(bytes) {
      if (socket.destroyed || socket.writableEnded) return;
      corkThisTurn(socket);
      socket.write(bytes);
    },
    close(error) {
      if (error === null) socket.end();
      else socket.destroySoon();
    },
  };
}
