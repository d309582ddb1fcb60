/** Port 8300: the first byte of a connection says what it carries (wire facts of port 8300, section 1). */
import { once } from 'node:events';
import type net from 'node:net';
import type { Clock } from '../../lib/runtime.ts';
import type { Sockets } from '../../lib/sockets.ts';
import type { Logger } from '../telemetry/api.ts';
import { streamOf, wireOf } from './socket.ts';
import { type Dispatch, serveStream } from './stream-server.ts';
import { YamuxSession } from './yamux/session.ts';

export const firstBytes = { rpc: 0, raft: 1, tls: 3, multiplex: 4, snapshot: 5, grpc: 8 } as const;

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  /** How long a new connection may take to say what it is. */
  readonly handshakeTimeoutMs: number;
  readonly maxConnsPerClient: () => number;
  readonly dispatch: Dispatch;
  /** Takes over a Raft connection; `rest` was read already. */
  readonly onRaft: (socket: net.Socket, rest: Uint8Array) => void;
  /** Takes over a snapshot connection. */
  readonly onSnapshot: (socket: net.Socket, rest: Uint8Array) => void;
  readonly sockets: Sockets;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface RpcListener {
  readonly port: number;
  close(): Promise<void>;
}

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
    const handshake = clock.after(options.handshakeTimeoutMs, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      handshake.cancel();
      sockets.delete(socket);
      const left = (perClient.get(client) ?? 1) - 1;
      if (left === 0) perClient.delete(client);
      else perClient.set(client, left);
    });
    socket.once('data', (chunk: Uint8Array) => {
      handshake.cancel();
      handle(socket, chunk);
    });
  };

  const handle = (socket: net.Socket, chunk: Uint8Array): void => {
    const rest = chunk.subarray(1);
    switch (chunk[0]) {
      case firstBytes.rpc:
        return serveStream(streamOf(socket, rest), options.dispatch, () => socket.destroySoon());
      case firstBytes.multiplex:
        return serveSession(socket, rest);
      case firstBytes.raft:
        return options.onRaft(socket, rest);
      case firstBytes.snapshot:
        return options.onSnapshot(socket, rest);
      default:
        logger.error('unrecognized RPC byte', {
          byte: chunk[0],
          conn: `from=${socket.remoteAddress}:${socket.remotePort}`,
        });
        socket.destroy();
    }
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
  await once(server, 'listening');
  server.on('error', (error) => logger.error('failed to accept RPC conn', { error: error.message }));
  return {
    port: (server.address() as net.AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}
