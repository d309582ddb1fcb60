/** The public side of a service: connections come in by mutual TLS, and go on to it if an intention lets them. */
import { connect } from 'node:net';
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls';
import type { ConnectApi } from '../client/connect.ts';
import { messageOf } from '../lib/message-of.ts';
import type { PublicListener } from './config.ts';
import { type CredentialStore, minVersion, peerOf } from './credentials.ts';
import { type Listening, listen } from './listen.ts';
import type { Log } from './log.ts';
import { connected, splice } from './splice.ts';

const authorizeTimeoutMs = 10_000;

export interface InboundOptions {
  readonly service: string;
  readonly config: PublicListener;
  readonly api: ConnectApi;
  readonly credentials: CredentialStore;
  readonly log: Log;
}

/** Rejects when it cannot listen. */
export async function startInbound(options: InboundOptions): Promise<Listening> {
  const { config, credentials, log } = options;
  const context = (): SecureContextOptions => {
    const { cert, key, ca } = credentials.current;
    return { cert, key, ca: [...ca], minVersion };
  };
  const server: Server = createServer({
    ...context(),
    requestCert: true,
    rejectUnauthorized: true,
    handshakeTimeout: config.handshakeTimeoutMs,
    allowHalfOpen: true,
  });
  server.on('secureConnection', (socket) => void serve(socket, options));
  server.on('tlsClientError', (error) => log('debug', 'connection refused', { error: error.message }));
  const forget = credentials.onChange(() => server.setSecureContext(context()));
  const listening = await listen(server, config.listen);
  return {
    async close() {
      forget();
      await listening.close();
    },
  };
}

async function serve(client: TLSSocket, { service, config, api, log }: InboundOptions): Promise<void> {
  // Until it is spliced, whatever goes wrong with it ends it.
  client.on('error', () => client.destroy());
  const peer = peerOf(client);
  try {
    if (peer === null) throw new Error('the certificate of the client names no service');
    const request = { Target: service, ClientCertURI: peer.uri, ClientCertSerial: peer.serial };
    const { Authorized, Reason } = await api.authorize(request, { timeoutMs: authorizeTimeoutMs });
    if (!Authorized) throw new Error(Reason);
    const { host, port } = config.local;
    const local = connect({ host, port, allowHalfOpen: true });
    await connected(local, 'connect', config.localConnectTimeoutMs);
    if (client.destroyed) local.destroy();
    else splice(client, local);
  } catch (error) {
    log('warn', 'inbound connection ended', { from: peer?.uri ?? client.remoteAddress, error: messageOf(error) });
    client.destroy();
  }
}
