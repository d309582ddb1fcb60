/**
 * Listening on UDP and TCP. Sockets, and the framing of answers on TCP, are dns2's; queries bypass its parser (bit by bit,
 * and lossy for what is no plain host name) and come as bytes.
 */
import type { RemoteInfo, Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6, type Socket } from 'node:net';
import { TCPServer, UDPServer, type UdpServerOptions } from 'dns2';
import { splitHostPort } from '../../lib/host-port.ts';
import type { MaybePromise } from '../../lib/runtime.ts';
import type { Client } from './answer.ts';
import { Frames } from './frames.ts';

export type Respond = (query: Buffer, client: Client) => MaybePromise<Buffer | null>;

export interface Listener {
  close(): Promise<void>;
}

/** Thrown when an address cannot be opened; the text is Go's. */
export class DnsListenError extends Error {
  override readonly name = 'DnsListenError';
}

export async function listenUdp(address: string, respond: Respond): Promise<Listener> {
  const { host, port } = splitHostPort(address);
  const socket = new UdpListener(isIPv6(host) ? 'udp6' : 'udp4', respond);
  await opened(`listen udp ${address}: bind`, socket, () => socket.bind({ port, address: host }));
  return {
    async close() {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

export async function listenTcp(address: string, respond: Respond): Promise<Listener> {
  const { host, port } = splitHostPort(address);
  const server = new TcpListener(respond);
  server.maxConnections = maxConnections;
  await opened(`listen tcp ${address}: bind`, server, () => server.listen({ port, host, backlog: 4096 }));
  return {
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.disconnect();
      await closed;
    },
  };
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'cannot assign requested address',
  EACCES: 'permission denied',
};

async function opened(what: string, emitter: UdpSocket | TCPServer, open: () => void): Promise<void> {
  const listening = once(emitter, 'listening');
  try {
    open();
    await listening;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    throw new DnsListenError(`${what}: ${reasons[code] ?? (error as Error).message}`, { cause: error });
  }
  // Of a datagram that could not be sent its asker hears nothing; he asks again.
  emitter.on('error', () => {});
}

/** Room in the kernel for bursts. */
const bufferBytes = 1 << 20;

class UdpListener extends UDPServer {
  readonly #respond: Respond;

  constructor(type: 'udp4' | 'udp6', respond: Respond) {
    super(udpOptions(type));
    this.#respond = respond;
  }

  /** Called by the base class with every datagram. */
  override handle(query: Buffer, { address, port }: RemoteInfo): void {
    const answer = this.#respond(query, { address, port, network: 'udp' });
    if (!(answer instanceof Promise)) {
      if (answer !== null) this.#reply(answer, port, address);
      return;
    }
    void answer.then((late) => {
      if (late !== null && this.#isOpen) this.#reply(late, port, address);
    });
  }

  #isOpen = true;

  override close(callback?: () => void): this {
    this.#isOpen = false;
    return super.close(callback);
  }

  #reply(answer: Buffer, port: number, address: string): void {
    // Port 0 is where nothing can be sent to.
    if (port > 0) this.send(answer, port, address);
  }
}

/** dns2 hands `type` on to Node as it is, which takes all options there; its types only know the name. */
function udpOptions(type: 'udp4' | 'udp6'): UdpServerOptions {
  const family = type === 'udp4' ? 4 : 6;
  // Answers go to addresses: nothing has to be looked up, and no turn of the event loop is spent on it.
  const lookup = (host: string, _options: unknown, found: (error: null, address: string, family: number) => void) =>
    found(null, host, family);
  const options = { type, lookup, ipv6Only: type === 'udp6', recvBufferSize: bufferBytes, sendBufferSize: bufferBytes };
  return { type: options as unknown as 'udp4' };
}

const maxConnections = 2048;
/** Queries of one connection that are being answered; more are read when these are. */
const maxInFlight = 128;
/** RFC 7766, 6.2.3. */
const idleMs = 10_000;

/** What the base class keeps of a connection for `response`. */
interface Connection {
  inFlight: number;
  peerEnded: boolean;
}

interface FramingServer {
  /** Writes the answer with its length, and ends the connection after the last one if the peer has ended it. */
  response(socket: Socket, connection: Connection, message: Buffer): void;
}

class TcpListener extends TCPServer {
  readonly #respond: Respond;
  readonly #sockets = new Set<Socket>();

  constructor(respond: Respond) {
    super();
    this.#respond = respond;
  }

  /** Called by the base class with every connection. */
  handle(socket: Socket): void {
    const connection: Connection = { inFlight: 0, peerEnded: false };
    const frames = new Frames();
    const client: Client = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0, network: 'tcp' };
    let backlog: Buffer[] = [];

    const serve = (): void => {
      while (backlog.length > 0 && connection.inFlight < maxInFlight && !socket.destroyed) {
        const query = backlog.shift()!;
        connection.inFlight++;
        const answer = this.#respond(query, client);
        if (answer instanceof Promise) void answer.then(reply).then(serve);
        else reply(answer);
      }
      if (backlog.length > 0 || socket.writableNeedDrain) socket.pause();
      else socket.resume();
    };
    const reply = (answer: Buffer | null): void => {
      if (answer !== null) {
        (this as unknown as FramingServer).response(socket, connection, answer);
        return;
      }
      connection.inFlight--;
      if (connection.peerEnded && connection.inFlight === 0) socket.end();
    };

    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.setTimeout(idleMs, () => socket.destroy());
    socket.on('data', (piece: Buffer) => {
      backlog = backlog.concat(frames.push(piece));
      serve();
    });
    socket.on('drain', serve);
    socket.on('end', () => {
      connection.peerEnded = true;
      if (connection.inFlight === 0 && backlog.length === 0) socket.end();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      backlog = [];
      this.#sockets.delete(socket);
    });
  }

  disconnect(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
