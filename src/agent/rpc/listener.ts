/** Port 8300: the first byte of a connection says what it carries (wire facts of port 8300, section 1). */
import { once } from 'node:events';
import type net from 'node:net';
import type tls from 'node:tls';
import { joinHostPort } from '../../lib/host-port.ts';
import type { Clock } from '../../lib/runtime.ts';
import type { Sockets } from '../../lib/sockets.ts';
import { systemFailure } from '../../lib/system-text.ts';
import type { Logger } from '../telemetry/api.ts';
import { TlsAcceptor } from '../tls/acceptor.ts';
import type { AgentTls, Audience } from '../tls/agent-tls.ts';
import { streamOf, wireOf } from './socket.ts';
import { type Dispatch, serveStream } from './stream-server.ts';
import { YamuxSession } from './yamux/session.ts';

export const firstBytes = { rpc: 0, raft: 1, tls: 3, multiplex: 4, snapshot: 5, enrolment: 7, grpc: 8 } as const;

/** Thrown when the port cannot be had. */
export class RpcListenError extends Error {
  override readonly name = 'RpcListenError';
}

/** A connection that begins with TLS itself says in the handshake (ALPN) what it carries. */
const protocols: Readonly<Record<string, number>> = {
  'consul/rpc-single': firstBytes.rpc,
  'consul/raft': firstBytes.raft,
  'consul/rpc-multi': firstBytes.multiplex,
  'consul/rpc-snapshot': firstBytes.snapshot,
  'consul/rpc-grpc': firstBytes.grpc,
};
/** First byte of every record of a handshake. */
const handshakeRecord = 0x16;

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  /** How long a new connection may take to say what it is. */
  readonly handshakeTimeoutMs: number;
  readonly maxConnsPerClient: () => number;
  readonly tls: AgentTls;
  readonly datacenter: string;
  readonly dispatch: Dispatch;
  /** For agents that have no certificate yet. */
  readonly dispatchEnrolment: Dispatch;
  /** Takes over a Raft connection; `rest` was read already. */
  readonly onRaft: (socket: net.Socket, rest: Uint8Array) => void;
  /** Takes over a snapshot connection. */
  readonly onSnapshot: (socket: net.Socket, rest: Uint8Array) => void;
  /** Takes over a connection of gRPC; null where it is not offered. */
  readonly onGrpc: ((socket: net.Socket, rest: Uint8Array) => void) | null;
  readonly sockets: Sockets;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface RpcListener {
  readonly port: number;
  close(): Promise<void>;
}

const nothing = new Uint8Array();
const from = (socket: net.Socket): string => `from=${joinHostPort(socket.remoteAddress ?? '', socket.remotePort ?? 0)}`;

export async function listenRpc(options: ListenerOptions): Promise<RpcListener> {
  const sockets = new Set<net.Socket>();
  const perClient = new Map<string, number>();
  const { logger, clock } = options;

  const accept = (socket: net.Socket): void => {
    const client = socket.remoteAddress ?? '';
    const open = perClient.get(client) ?? 0;
    if (open >= options.maxConnsPerClient()) {
      logger.error('rejecting RPC conn from because rpc_max_conns_per_client exceeded', { conn: client });
      socket.destroy();
      return;
    }
    perClient.set(client, open + 1);
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.setKeepAlive(true);
    socket.on('close', () => {
      sockets.delete(socket);
      const left = (perClient.get(client) ?? 1) - 1;
      if (left === 0) perClient.delete(client);
      else perClient.set(client, left);
    });
    onFirstByte(socket, (first, chunk) => begin(socket, first, chunk));
  };

  /** A connection has only so long to say what it is. */
  const onFirstByte = (socket: net.Socket, use: (first: number, chunk: Uint8Array) => void): void => {
    const patience = clock.after(options.handshakeTimeoutMs, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => patience.cancel());
    socket.once('data', (chunk: Uint8Array) => {
      patience.cancel();
      use(chunk[0]!, chunk);
    });
  };

  const begin = (socket: net.Socket, first: number, chunk: Uint8Array): void => {
    const rest = chunk.subarray(1);
    switch (first) {
      case firstBytes.tls:
        return handOver(socket, rest, inner);
      case firstBytes.enrolment:
        return handOver(socket, rest, enrolment);
      case handshakeRecord:
        return handOver(socket, chunk, native);
      default:
        if (options.tls.settings.verifyIncomingRpc) {
          logger.warn('Non-TLS connection attempted with VerifyIncoming set', { conn: from(socket) });
          socket.destroy();
        } else serve(socket, first, rest);
    }
  };

  const handOver = (socket: net.Socket, bytes: Uint8Array, acceptor: TlsAcceptor): void => {
    socket.pause();
    if (bytes.length > 0) socket.unshift(bytes);
    acceptor.accept(socket);
  };
  const acceptorOf = (audience: Audience, onSecure: (socket: tls.TLSSocket) => void, alpn?: readonly string[]) =>
    new TlsAcceptor({
      allowHalfOpen: true,
      settings: () => options.tls.listening(audience),
      handshakeTimeoutMs: options.handshakeTimeoutMs,
      ...(alpn !== undefined && { alpn }),
      onSecure: (socket) => {
        socket.on('error', () => socket.destroy());
        onSecure(socket);
      },
      onFailed: (conn, error) => logger.error('failed TLS handshake', { conn: `from=${conn}`, error }),
    });
  const inner = acceptorOf('rpc', (socket) =>
    onFirstByte(socket, (first, chunk) => {
      if (first !== firstBytes.tls && first !== firstBytes.enrolment) return serve(socket, first, chunk.subarray(1));
      logger.error('TLS connection attempting to establish inner TLS connection', { conn: from(socket) });
      socket.destroy();
    }),
  );
  const native = acceptorOf(
    'rpc',
    (socket) => {
      const first = protocols[socket.alpnProtocol || ''];
      if (first !== undefined) return serve(socket, first, nothing);
      logger.error('TLS connection without a protocol that is known here', { conn: from(socket) });
      socket.destroy();
    },
    Object.keys(protocols),
  );
  const enrolment = acceptorOf('enrolment', (socket) =>
    serveStream(streamOf(socket, null), options.dispatchEnrolment, () => socket.destroySoon()),
  );

  const serve = (socket: net.Socket | tls.TLSSocket, first: number, rest: Uint8Array): void => {
    switch (first) {
      case firstBytes.rpc:
        return serveStream(streamOf(socket, rest), options.dispatch, () => socket.destroySoon());
      case firstBytes.multiplex:
        return serveSession(socket, rest);
      case firstBytes.raft:
        return serveRaft(socket, rest);
      case firstBytes.snapshot:
        return options.onSnapshot(socket, rest);
      case firstBytes.grpc:
        if (options.onGrpc === null) socket.destroy();
        else options.onGrpc(socket, rest);
        return;
      default:
        logger.error('unrecognized RPC byte', { byte: first, conn: from(socket) });
        socket.destroy();
    }
  };

  /** Who speaks Raft can change everything: under full verification only servers may. */
  const serveRaft = (socket: net.Socket | tls.TLSSocket, rest: Uint8Array): void => {
    const peer = 'encrypted' in socket ? socket.getPeerX509Certificate() : undefined;
    const fault = options.tls.serverFault(peer, options.datacenter);
    if (fault === undefined) return options.onRaft(socket, rest);
    logger.error('raft connection refused', { conn: from(socket), error: fault.message });
    socket.destroy();
  };

  const serveSession = (socket: net.Socket, rest: Uint8Array): void => {
    const session = new YamuxSession({
      side: 'server',
      wire: wireOf(socket),
      clock,
      onStream: (stream) => serveStream(stream, options.dispatch),
    });
    socket.on('data', (data: Uint8Array) => session.receive(data));
    socket.on('close', () => session.close());
    socket.on('end', () => session.close());
    if (rest.length > 0) session.receive(rest);
  };

  const server = options.sockets.listener({ allowHalfOpen: true }, accept);
  server.listen({ host: options.host, port: options.port, exclusive: true });
  await once(server, 'listening').catch((error) => {
    throw new RpcListenError(`Failed to start RPC layer: ${systemFailure(error)}`, { cause: error });
  });
  server.on('error', (error) => logger.error('failed to accept RPC conn', { error: error.message }));
  return {
    port: (server.address() as net.AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}
