/** Plain sockets that ask: one datagram, or bytes on a connection. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Frames, framed } from '../../../src/agent/dns/frames.ts';
import { decodeMessage } from '../../../src/agent/dns/wire/decode.ts';
import { type Shown, shown } from '../../unit/agent/dns/world.ts';

/** Null when nothing comes. */
export async function askUdp(
  port: number,
  query: Uint8Array,
  waitMs = 2000,
  host = '127.0.0.1',
): Promise<Buffer | null> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  try {
    const answer = once(socket, 'message').then(([bytes]) => bytes as Buffer);
    socket.send(query, port, host);
    return await Promise.race([answer, sleep(waitMs, null)]);
  } finally {
    socket.close();
  }
}

export const asShown = (bytes: Buffer | null): Shown | null =>
  bytes === null ? null : shown(decodeMessage(bytes), bytes.length);

export class TcpClient {
  readonly socket: Socket;
  readonly answers: Buffer[] = [];
  closed = false;

  constructor(port: number) {
    const frames = new Frames();
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('data', (chunk: Buffer) => this.answers.push(...frames.push(chunk)));
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.closed = true;
    });
  }

  send(...queries: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(queries.map(framed)));
  }
}
