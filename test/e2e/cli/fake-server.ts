/** The Consul in memory of the unit tests behind a real server: TCP, TLS or a unix socket. */
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { type FakeConsul, fakeConsul } from '../../unit/client/fake-consul.ts';

export interface FakeServer {
  readonly consul: FakeConsul;
  /** For CONSUL_HTTP_ADDR. */
  readonly address: string;
  readonly port: number;
  stop(): Promise<void>;
}

export interface FakeServerOptions {
  readonly socketPath?: string;
  readonly tls?: https.ServerOptions;
}

export async function startFakeServer({ socketPath, tls }: FakeServerOptions = {}): Promise<FakeServer> {
  const consul = fakeConsul();
  const answer = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.url?.startsWith('/v1/agent/monitor')) {
      response.write('first line\n');
      return;
    }
    try {
      const reply = await consul.handle(request.method ?? '', request.url ?? '', Buffer.concat(chunks), gone.signal);
      if (reply.index !== undefined) response.setHeader('X-Consul-Index', reply.index);
      response.writeHead(reply.status).end(reply.body);
    } catch {
      response.destroy();
    }
  };
  const listener = (request: http.IncomingMessage, response: http.ServerResponse): void =>
    void answer(request, response);
  const server = tls ? https.createServer(tls, listener) : http.createServer(listener);
  if (socketPath === undefined) server.listen(0, '127.0.0.1');
  else server.listen(socketPath);
  await once(server, 'listening');
  const port = socketPath === undefined ? (server.address() as AddressInfo).port : 0;
  const scheme = tls ? 'https://' : '';
  return {
    consul,
    port,
    address: socketPath === undefined ? `${scheme}127.0.0.1:${port}` : `unix://${socketPath}`,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
