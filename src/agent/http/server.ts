/** The HTTP API: a listener per address, the front behind them, and Fastify with the table of routes behind that. */
import http from 'node:http';
import type { Socket } from 'node:net';
import { errors } from '../errors.ts';
import type { Logger, Metrics } from '../telemetry/api.ts';
import type { RequestTimer } from '../telemetry/http-metrics.ts';
import { TlsAcceptor } from '../tls/acceptor.ts';
import type { AgentTls } from '../tls/agent-tls.ts';
import { Access } from './access.ts';
import { AnswerCache } from './answer-cache.ts';
import type { Api } from './api.ts';
import { ConnectionLimit } from './connection-limit.ts';
import { createFront } from './front.ts';
import { listen } from './listen.ts';
import type { Router } from './router.ts';
import { routes } from './routes.ts';
import { Endpoint, type Serving } from './serve.ts';
import { uiRoute } from './ui.ts';
import { WaitingRequests } from './waiting-requests.ts';

export interface HttpServer {
  /** Handles a request as if it came in on a listener. */
  readonly handle: (raw: http.IncomingMessage, res: http.ServerResponse) => void;
  /** Opens every configured address. Rejects with ListenError; nothing is open then. */
  start(): Promise<void>;
  /** Waiting queries are answered, open connections closed within about a second. */
  stop(): Promise<void>;
  /** `limits.http_max_conns_per_client`, after a reload. */
  setConnectionLimit(limit: number): void;
}

export interface HttpServerOptions {
  readonly api: Api;
  readonly tls: Pick<AgentTls, 'listening'>;
  /** Says which listeners start and stop. */
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly requestTimer: (method: string, path: string) => RequestTimer;
  readonly nowMs: () => number;
}

/** Go's default for the size of a request's header, and the slack it grants. */
const defaultHeaderBytes = 1024 * 1024;
const graceMs = 1000;

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { api, nowMs, logger, metrics } = options;
  const { config } = api;
  const commonHeaders = Object.entries(config.http.responseHeaders).flat();
  const aclDefault = config.acl.enabled ? config.acl.defaultPolicy : 'allow';
  const translates = config.translateWanAddrs ? ['X-Consul-Translate-Addresses', 'true'] : [];
  const cache = new AnswerCache();
  // Requests without a token are somebody else's from then on.
  api.tokens.onChange(() => cache.clear());
  const waiting = new WaitingRequests(nowMs);
  const serving: Serving = {
    api,
    access: new Access(config.http.blockEndpoints, config.http.allowWriteHttpFrom),
    commonHeaders,
    endpointHeaders: [
      ...[...commonHeaders, ...translates],
      ...['Vary', 'Accept-Encoding', 'X-Consul-Default-Acl-Policy', aclDefault],
    ],
    cache,
    waiting,
    requestTimer: options.requestTimer,
    nowMs,
  };
  const countRequest = metrics.counter('rpc.request');
  const countQuery = metrics.counter('rpc.query');

  const { enabled: uiEnabled, contentPath, dir: uiDir } = config.ui;
  const table = uiEnabled ? [...routes, uiRoute(contentPath, uiDir)] : routes;
  const endpoints = table.map((route) => new Endpoint(route, serving));
  // Loaded with the first request that needs it: an agent that only keeps keys does without, and starts sooner.
  let router: Router | undefined;
  let loading: Promise<Router> | undefined;
  const load = (): Promise<Router> => {
    loading ??= import('./router.ts')
      .then(({ createRouter }) => createRouter({ endpoints, commonHeaders, uiPath: uiEnabled ? contentPath : null }))
      .then((loaded) => {
        router = loaded;
        return loaded;
      });
    return loading;
  };

  const front = createFront({
    cache,
    kv: endpoints.find(({ route }) => route.path === '/v1/kv/')!,
    paths: table.map(({ path }) => path),
    filterUnprintable: !config.http.disableUnprintableCharFilter,
    commonHeaders,
    nowMs,
    // A repeated answer stands for the call it saves.
    onRepeat: () => {
      countRequest();
      countQuery();
    },
    route: (raw, res) => {
      if (router !== undefined) router.route(raw, res);
      else
        load().then(
          (loaded) => loaded.route(raw, res),
          (error: Error) => res.destroy(error),
        );
    },
  });
  const limit = new ConnectionLimit(config.limits.httpMaxConnsPerClient);
  const servers: http.Server[] = [];

  /** A handshake that fails is the log's business alone. */
  const secure = (serve: (socket: Socket) => void): TlsAcceptor =>
    new TlsAcceptor({
      settings: () => options.tls.listening('https'),
      handshakeTimeoutMs: config.limits.httpsHandshakeTimeoutMs,
      alpn: ['http/1.1'],
      onSecure: serve,
      onFailed: (from, error) => api.log.error('TLS handshake error', { from, error }),
    });
  const listeners: readonly Listener[] = [
    ...config.httpAddrs.map((address) => ({ address, protocol: 'http' }) as const),
    ...config.httpsAddrs.map((address) => ({ address, protocol: 'https' }) as const),
  ];

  const open = async (listener: Listener): Promise<void> => {
    const server = http.createServer(
      {
        maxHeaderSize: config.http.maxHeaderBytes > 0 ? config.http.maxHeaderBytes + 4096 : defaultHeaderBytes,
        requestTimeout: 0,
        keepAliveTimeout: 0,
      },
      front,
    );
    if (listener.protocol === 'http') limit.guard(server);
    else limit.guardSecure(server, secure);
    await listen(server, listener.address, config.unixSockets);
    servers.push(server);
    logger.info('Starting server', describe(listener));
  };

  const stop = async (): Promise<void> => {
    for (const listener of servers.length > 0 ? listeners : []) logger.info('Stopping server', describe(listener));
    const closed = servers.splice(0).map((server) => {
      const done = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), graceMs);
      return done.finally(() => clearTimeout(timer));
    });
    waiting.abortAll(errors.shuttingDown());
    await Promise.all(closed);
    await router?.stop();
  };

  return {
    handle: front,
    start: async () => {
      try {
        for (const listener of listeners) await open(listener);
      } catch (error) {
        await stop();
        throw error;
      }
    },
    stop,
    setConnectionLimit: (max) => limit.set(max),
  };
}

interface Listener {
  readonly address: string;
  readonly protocol: 'http' | 'https';
}

function describe({ address, protocol }: Listener): Record<string, string> {
  const isUnix = address.startsWith('unix://');
  return { address: isUnix ? address.slice(7) : address, network: isUnix ? 'unix' : 'tcp', protocol };
}
