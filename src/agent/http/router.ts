/** The table of routes on Fastify. Handlers write to the raw response: answers are made in `serve.ts`, the same for all. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import fastify from 'fastify';
import { type Arrived, redirect } from './front.ts';
import type { Endpoint } from './serve.ts';

export interface Router {
  route(raw: IncomingMessage, res: ServerResponse): void;
  stop(): Promise<void>;
}

export interface RouterOptions {
  readonly endpoints: readonly Endpoint[];
  readonly commonHeaders: readonly string[];
  /** Where the root leads; null without a UI. */
  readonly uiPath: string | null;
}

export async function createRouter({ endpoints, commonHeaders, uiPath }: RouterOptions): Promise<Router> {
  const app = fastify({ exposeHeadRoutes: false });
  // Handlers read bodies themselves, as bytes, with their own limits.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
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
  app.setNotFoundHandler((request, reply) => {
    reply.hijack();
    const { target } = request.raw as Arrived;
    if (target.path === '/') root(request.raw, reply.raw, target.query, commonHeaders, uiPath);
    else {
      reply.raw.writeHead(404, [...commonHeaders, 'Content-Length', '0']);
      reply.raw.end();
    }
  });
  await app.ready();
  return { route: app.routing, stop: () => app.close() };
}

function root(
  raw: IncomingMessage,
  res: ServerResponse,
  query: string,
  headers: readonly string[],
  uiPath: string | null,
): void {
  if (uiPath !== null) {
    redirect(raw, res, uiPath, query, headers);
    return;
  }
  const body = 'Consul Agent';
  res.writeHead(200, [...headers, 'Content-Type', 'text/plain; charset=utf-8', 'Content-Length', String(body.length)]);
  res.end(body);
}
