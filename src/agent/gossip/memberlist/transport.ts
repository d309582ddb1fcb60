/** The sockets of a pool: UDP and TCP on one port. Bytes in, bytes out; what they mean is `driver.ts`'s business. */
import { once } from 'node:events';
import net from 'node:net';
import { joinHostPort } from '../../../lib/host-port.ts';
import { formatIp, parseIp } from '../../../lib/sockaddr/ip.ts';
import type { Sockets } from '../../../lib/sockets.ts';
import { systemFailure } from '../../../lib/system-text.ts';
import { type Address, canonicalAddr } from './core/node.ts';

/** Streams served at a time; more are closed unanswered (wire facts, section 4). */
const streamLimit = 128;
const receiveBufferBytes = 2 * 1024 * 1024;

/** As Go prints it: RFC 5952, and IPv4 in its own way where it comes in 16 bytes. */
export function textOfAddr(addr: Uint8Array): string {
  const plain = canonicalAddr(addr);
  return plain.length === 4 ? plain.join('.') : formatIp(Array.from({ length: 16 }, (_, i) => plain[i] ?? 0));
}

/** `addr:port` as logs and errors have it. */
export const placeText = ({ addr, port }: Address): string => joinHostPort(textOfAddr(addr), port);

/** @returns 4 or 16 bytes; null for what is no IP address. */
export function addrOfText(text: string): Uint8Array | null {
  const ip = parseIp(text.replace(/%.*$/, ''));
  return ip === undefined ? null : Uint8Array.from(ip);
}

export interface TransportEvents {
  onPacket(packet: Uint8Array, from: Address): void;
  /** A peer opened an exchange; the handler owns the socket. */
  onStream(socket: net.Socket): void;
  onError(error: Error): void;
}

export interface Transport {
  /** The port that both sockets listen on. */
  readonly port: number;
  send(to: Address, packet: Uint8Array): void;
  connect(to: Address, timeoutMs: number): Promise<net.Socket>;
  close(): Promise<void>;
}

/** Thrown when a socket cannot be had; the text is memberlist's. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  constructor(network: 'TCP' | 'UDP', host: string, port: number, cause: unknown) {
    super(`Failed to start ${network} listener on "${host}" port ${port}: ${systemFailure(cause)}`, { cause });
  }
}

/** Binds both sockets on `host:port`; port 0 finds one that is free for both. */
export async function openTransport(
  sockets: Sockets,
  host: string,
  port: number,
  events: TransportEvents,
): Promise<Transport> {
  const streams = new Set<net.Socket>();
  const server = sockets.listener({}, (socket) => {
    if (streams.size >= streamLimit) {
      socket.destroy();
      return;
    }
    streams.add(socket);
    socket.on('close', () => streams.delete(socket));
    events.onStream(socket);
  });
  server.listen({ host, port, exclusive: true });
  await once(server, 'listening').catch((error) => {
    throw new TransportError('TCP', host, port, error);
  });
  const bound = (server.address() as net.AddressInfo).port;
  const udp = sockets.udp(net.isIPv6(host) ? 'udp6' : 'udp4');
  udp.on('message', (packet, from) => {
    const addr = addrOfText(from.address);
    if (addr !== null) events.onPacket(packet, { addr, port: from.port });
  });
  try {
    udp.bind({ address: host, port: bound, exclusive: true });
    await once(udp, 'listening');
  } catch (error) {
    server.close();
    throw new TransportError('UDP', host, bound, error);
  }
  // From here on errors are reports, not the end: a full socket buffer loses a packet, as networks do.
  udp.on('error', events.onError);
  server.on('error', events.onError);
  for (let size = receiveBufferBytes; size >= 4096; size /= 2) {
    try {
      udp.setRecvBufferSize(size);
      break;
    } catch {
      // The system allows less: ask for half.
    }
  }

  let closed = false;
  return {
    port: bound,
    send(to, packet) {
      if (closed) return;
      // Where to answer comes off the network as well; the system throws for what is no port.
      if (!(to.port > 0 && to.port < 65536)) {
        events.onError(new Error(`no port: ${to.port}`));
        return;
      }
      udp.send(packet, to.port, textOfAddr(to.addr), (error) => {
        if (error !== null && !closed) events.onError(error);
      });
    },
    async connect(to, timeoutMs) {
      // A join may still be at its list of addresses.
      if (closed) throw new Error('transport shutdown');
      const socket = sockets.connect({ host: textOfAddr(to.addr), port: to.port });
      streams.add(socket);
      socket.on('close', () => streams.delete(socket));
      socket.setTimeout(timeoutMs, () => {
        socket.destroy(new Error(socket.connecting ? `dial tcp ${placeText(to)}: i/o timeout` : 'i/o timeout'));
      });
      await once(socket, 'connect');
      return socket;
    },
    async close() {
      if (closed) return;
      closed = true;
      for (const socket of streams) socket.destroy();
      await Promise.all([
        new Promise<void>((done) => server.close(() => done())),
        new Promise<void>((done) => udp.close(() => done())),
      ]);
    },
  };
}
