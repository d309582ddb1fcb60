/** The HTTP API: Fastify with the table of routes, the front before it, and a listener per address. */
import http from 'node:http';
import fastify from 'fastify';
import type { Logger, Metrics } from '../telemetry/api.ts';
import type { RequestTimer } from '../telemetry/http-metrics.ts';
import { Access } from './access.ts';
import { AnswerCache } from './answer-cache.ts';
import type { Api } from './api.ts';
import { ConnectionLimit } from './connection-limit.ts';
import { type Arrived, createFront, redirect } from './front.ts';
import { listen } from './listen.ts';
import { routes } from './routes.ts';
import { Endpoint, type Serving } from './serve.ts';

export interface HttpServer {
  /** Opens every configured address. Rejects with ListenError; nothing is open then. */
  start(): Promise<void>;
  /** Waiting queries are answered, open connections closed within about a second. */
  stop(): Promise<void>;
  /** `limits.http_max_conns_per_client`, after a reload. */
  setConnectionLimit(limit: number): void;
}

export interface HttpServerOptions {
  readonly api: Api;
  /** Says which listeners start and stop. */
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly requestTimer: (method: string, path: string) => RequestTimer;
  readonly nowMs: () => number;
}

/** Go's default for the size of a request's header, and the slack it grants. */
const defaultHeaderBytes = 1024 * 1024;
const graceMs = 1000;

export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { api, nowMs, logger, metrics } = options;
  const { config } = api;
  const commonHeaders = Object.entries(config.http.responseHeaders).flat();
  const aclDefault = config.acl.enabled ? config.acl.defaultPolicy : 'allow';
  const cache = new AnswerCache();
  const waiting = new Set<AbortController>();
  const serving: Serving = {
    api,
    access: new Access(config.http.blockEndpoints, config.http.allowWriteHttpFrom),
    endpointHeaders: [...commonHeaders, 'Vary', 'Accept-Encoding', 'X-Consul-Default-Acl-Policy', aclDefault],
    cache,
    waiting,
    requestTimer: options.requestTimer,
    nowMs,
  };
  const countRequest = metrics.counter('rpc.request');
  const countQuery = metrics.counter('rpc.query');

  const app = fastify({ exposeHeadRoutes: false });
  // Handlers read bodies themselves, as bytes, with their own limits.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  const endpoints = routes.map((route) => new Endpoint(route, serving));
  for (const endpoint of endpoints) {
    const { path } = endpoint.route;
    app.route({
      method: app.supportedMethods,
      url: path.endsWith('/') ? `${path}*` : path,
      handler: (request, reply) => {
        reply.hijack();
        const arrived = request.raw as Arrived;
        endpoint.serve(arrived, reply.raw, arrived.target, arrived.sentUrl);
      },
    });
  }
  const { enabled: uiEnabled, contentPath } = config.ui;
  app.setNotFoundHandler((request, reply) => {
    reply.hijack();
    const { raw: res } = reply;
    const { target } = request.raw as Arrived;
    if (target.path !== '/') {
      res.writeHead(404, [...commonHeaders, 'Content-Length', '0']);
      res.end();
    } else if (uiEnabled) {
      redirect(request.raw, res, contentPath, target.query, commonHeaders);
    } else {
      res.writeHead(200, [...commonHeaders, 'Content-Type', 'text/plain; charset=utf-8', 'Content-Length', '12']);
      res.end('Consul Agent');
    }
  });
  await app.ready();

  const front = createFront({
    cache,
    kv: endpoints.find(({ route }) => route.path === '/v1/kv/')!,
    paths: routes.map(({ path }) => path),
    filterUnprintable: !config.http.disableUnprintableCharFilter,
    commonHeaders,
    nowMs,
    // A repeated answer stands for the call it saves.
    onRepeat: () => {
      countRequest();
      countQuery();
    },
    route: app.routing,
  });
  const limit = new ConnectionLimit(config.limits.httpMaxConnsPerClient);
  const servers: http.Server[] = [];

  const open = async (address: string): Promise<void> => {
    const server = http.createServer(
      {
        maxHeaderSize: config.http.maxHeaderBytes > 0 ? config.http.maxHeaderBytes + 4096 : defaultHeaderBytes,
        requestTimeout: 0,
        keepAliveTimeout: 0,
      },
      front,
    );
    limit.guard(server);
    await listen(server, address, config.unixSockets);
    servers.push(server);
    logger.info('Starting server', describe(address));
  };

  const stop = async (): Promise<void> => {
    for (const address of servers.length > 0 ? config.httpAddrs : []) logger.info('Stopping server', describe(address));
    const closed = servers.splice(0).map((server) => {
      const done = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), graceMs);
      return done.finally(() => clearTimeout(timer));
    });
    for (const controller of [...waiting]) controller.abort();
    await Promise.all(closed);
    await app.close();
  };

  return {
    start: async () => {
      try {
        for (const address of config.httpAddrs) await open(address);
      } catch (error) {
        await stop();
        throw error;
      }
    },
    stop,
    setConnectionLimit: (max) => limit.set(max),
  };
}

function describe(address: string): Record<string, string> {
  const isUnix = address.startsWith('unix://');
  return { address: isUnix ? address.slice(7) : address, network: isUnix ? 'unix' : 'tcp', protocol: 'http' };
}
