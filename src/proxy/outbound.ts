/** The way to an upstream: the service connects here in the clear, and by mutual TLS it goes on to an instance. */
import { createServer, type Socket } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { ConsulHttp } from '../client/http.ts';
import { messageOf } from '../lib/message-of.ts';
import { formatIdentity } from '../structs/identity.ts';
import { shuffled, type Upstream } from './config.ts';
import { type CredentialStore, peerOf } from './credentials.ts';
import { type Instance, type Instances, instancesOf } from './instances.ts';
import { type Listening, listen } from './listen.ts';
import type { Log } from './log.ts';
import { connected, splice } from './splice.ts';

/** Instances that are tried for one connection. */
const maxTries = 3;

export interface OutboundOptions {
  readonly upstream: Upstream;
  readonly http: ConsulHttp;
  readonly credentials: CredentialStore;
  readonly log: Log;
}

/** Rejects when it cannot listen. */
export async function startOutbound(options: OutboundOptions): Promise<Listening> {
  const { upstream, http, log } = options;
  const abort = new AbortController();
  const instances = instancesOf(upstream, http, log, abort.signal);
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  server.on('connection', (client) => void serve(client, instances, options));
  try {
    const listening = await listen(server, upstream.listen);
    return {
      async close() {
        abort.abort();
        await listening.close();
      },
    };
  } catch (error) {
    abort.abort();
    throw error;
  }
}

async function serve(client: Socket, instances: Instances, options: OutboundOptions): Promise<void> {
  client.on('error', () => client.destroy());
  try {
    const found = shuffled(await instances.find()).slice(0, maxTries);
    if (found.length === 0) throw new Error('no healthy instances');
    const remote = await firstOf(found, options);
    if (client.destroyed) remote.destroy();
    else splice(client, remote);
  } catch (error) {
    options.log('warn', 'outbound connection failed', { upstream: options.upstream.name, error: messageOf(error) });
    client.destroy();
  }
}

async function firstOf(found: readonly Instance[], options: OutboundOptions): Promise<TLSSocket> {
  let last: unknown;
  for (const instance of found) {
    try {
      return await dial(instance, options);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

async function dial({ host, port, service, datacenter }: Instance, options: OutboundOptions): Promise<TLSSocket> {
  const { context, trustDomain } = options.credentials.current;
  // `allowHalfOpen` is missing in its type.
  const wishes: ConnectionOptions & { allowHalfOpen: boolean } = {
    host,
    port,
    secureContext: context,
    servername: `${service}.default.${datacenter}.internal.${trustDomain}`,
    // Certificates of the mesh are for identities, not for host names: that is looked at below.
    checkServerIdentity: () => undefined,
    allowHalfOpen: true,
  };
  const socket = connect(wishes);
  await connected(socket, 'secureConnect', options.upstream.connectTimeoutMs);
  const wanted = formatIdentity({ kind: 'service', trustDomain, namespace: 'default', datacenter, service });
  const peer = peerOf(socket);
  if (peer?.uri === wanted) return socket;
  socket.destroy();
  throw new Error(`${host}:${port} is ${peer?.uri ?? 'nobody'}, not ${wanted}`);
}
