/** A server at the end of a connection that is no connection: whatever is written to the one side is read on the other. */
import type net from 'node:net';
import { Duplex } from 'node:stream';
import { wireOf } from '../../../../src/agent/rpc/socket.ts';
import { type Dispatch, serveStream } from '../../../../src/agent/rpc/stream-server.ts';
import { YamuxSession } from '../../../../src/agent/rpc/yamux/session.ts';
import type { Clock } from '../../../../src/lib/runtime.ts';
import { nodeSockets, type Sockets } from '../../../../src/lib/sockets.ts';

class FakeSocket extends Duplex {
  other: FakeSocket | null = null;

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.other?.push(Buffer.from(chunk));
    done();
  }

  override _final(done: () => void): void {
    this.other?.push(null);
    done();
  }

  destroySoon(): void {
    this.end();
    this.destroy();
  }

  setTimeout(): void {}
}

export interface FakeServer {
  readonly sockets: Sockets;
  /** Connections that were asked for. */
  readonly dials: () => number;
  /** Takes the connections that wait, and all from here on. */
  accept(): void;
  /** Breaks all connections. */
  breakAll(): void;
}

/** Accepts nobody before it is told to. */
export function fakeServer(clock: Clock, dispatch: Dispatch): FakeServer {
  const waiting: FakeSocket[] = [];
  const ends: FakeSocket[] = [];
  let accepts = false;
  let dials = 0;
  const take = (near: FakeSocket): void => {
    const far = new FakeSocket();
    ends.push(far);
    near.other = far;
    far.other = near;
    far.once('data', (first: Buffer) => {
      const session = new YamuxSession({
        side: 'server',
        wire: wireOf(far as unknown as net.Socket),
        clock,
        onStream: (stream) => serveStream(stream, dispatch),
      });
      far.on('data', (chunk: Buffer) => session.receive(chunk));
      far.on('end', () => session.close());
      // The first byte says what comes.
      session.receive(first.subarray(1));
    });
    near.emit('connect');
  };
  return {
    sockets: {
      ...nodeSockets,
      connect() {
        const near = new FakeSocket();
        dials++;
        if (accepts) setImmediate(take, near);
        else waiting.push(near);
        return near as unknown as net.Socket;
      },
    },
    dials: () => dials,
    accept() {
      accepts = true;
      for (const near of waiting.splice(0)) take(near);
    },
    breakAll() {
      for (const far of ends.splice(0)) far.end();
    },
  };
}
