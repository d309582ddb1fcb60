/**
 * The way to a statsd-like daemon: datagrams or a TCP stream, resolved and connected when there is something to say. A
 * daemon that is away costs the lines of that time and nothing else.
 */
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { connect, type Socket } from 'node:net';
import type { Clock } from '../../lib/runtime.ts';

export interface LineTransport {
  /** Never throws, never waits; lines that cannot go out now are lost. */
  send(lines: readonly string[]): void;
  close(): void;
}

/** What fits every network without fragments. */
const maxPacketBytes = 1400;
const resolveEveryMs = 60_000;
const reconnectAfterMs = 5_000;
/** A stream whose reader is slower than this gets no more until it catches up. */
const maxBacklogBytes = 1024 * 1024;

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, `[::1]:port`; null if it is neither. */
export function parseHostPort(address: string, defaultPort?: number): HostPort | null {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(address);
  if (match === null) return null;
  const port = match[3] === undefined ? defaultPort : Number(match[3]);
  if (port === undefined || port < 1 || port > 65_535) return null;
  return { host: (match[1] ?? match[2])!, port };
}

/** Whole lines up to the packet limit; a longer line goes alone. */
export function packets(lines: readonly string[]): string[] {
  const out: string[] = [];
  let packet = '';
  let sizeBytes = 0;
  for (const line of lines) {
    const lineBytes = Buffer.byteLength(line);
    if (packet !== '' && sizeBytes + lineBytes > maxPacketBytes) {
      out.push(packet);
      packet = '';
      sizeBytes = 0;
    }
    packet += line;
    sizeBytes += lineBytes;
  }
  if (packet !== '') out.push(packet);
  return out;
}

export function udpTransport({ host, port }: HostPort, clock: Clock): LineTransport {
  let socket: DatagramSocket | null = null;
  let address = '';
  let resolvedMs = Number.NEGATIVE_INFINITY;
  let closed = false;

  const resolve = () => {
    resolvedMs = clock.nowMs();
    lookup(host).then(
      (found) => {
        if (closed) return;
        if (found.address !== address) {
          socket?.close();
          socket = createSocket(found.family === 6 ? 'udp6' : 'udp4').unref();
          // Refused datagrams come back as errors; the daemon may be started later.
          socket.on('error', () => {});
          address = found.address;
        }
      },
      () => {
        // No such host for now: asked again a minute later.
      },
    );
  };
  return {
    send: (lines) => {
      if (!closed && clock.nowMs() - resolvedMs >= resolveEveryMs) resolve();
      if (socket === null) return;
      for (const packet of packets(lines)) socket.send(packet, port, address, () => {});
    },
    close: () => {
      closed = true;
      const last = socket;
      socket = null;
      // What was just sent has not left yet.
      setImmediate(() => last?.close());
    },
  };
}

export function tcpTransport({ host, port }: HostPort, clock: Clock): LineTransport {
  let socket: Socket | null = null;
  let triedMs = Number.NEGATIVE_INFINITY;

  const open = () => {
    triedMs = clock.nowMs();
    const opened = connect(port, host).unref();
    opened.setNoDelay(true);
    opened.on('error', () => {});
    opened.on('close', () => {
      if (socket === opened) socket = null;
    });
    opened.resume();
    socket = opened;
  };
  return {
    send: (lines) => {
      if (socket === null && clock.nowMs() - triedMs >= reconnectAfterMs) open();
      if (socket !== null && socket.writableLength < maxBacklogBytes) socket.write(lines.join(''));
    },
    close: () => {
      socket?.end();
      socket = null;
    },
  };
}
