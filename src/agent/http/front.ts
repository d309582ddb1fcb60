/** What happens to a request before it has a route: the hot lane, odd paths, redirects. Mirrors Go's ServeMux. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { escapePath } from '../../lib/go-url.ts';
import { type AnswerCache, repeat } from './answer-cache.ts';
import { escapeHtml } from './html.ts';
import type { Endpoint } from './serve.ts';
import { cleanPath, isPrintable, parseTarget, type Target } from './target.ts';

/** Left on the request for the route's handler. */
export interface Arrived extends IncomingMessage {
  target: Target;
  /** The URL as it was sent; `url` is made fit for the router. */
  sentUrl: string;
}

export interface FrontOptions {
  readonly cache: AnswerCache;
  /** Goes past the router. */
  readonly kv: Endpoint;
  readonly paths: readonly string[];
  readonly filterUnprintable: boolean;
  readonly commonHeaders: readonly string[];
  readonly nowMs: () => number;
  readonly onRepeat: () => void;
  readonly route: (raw: IncomingMessage, res: ServerResponse) => void;
}

export function createFront(options: FrontOptions): (raw: IncomingMessage, res: ServerResponse) => void {
  const { cache, kv, commonHeaders, nowMs } = options;
  const exact = new Set(options.paths);
  const kvPath = kv.route.path;

  /** Where Go's mux would send this path, or the path itself. */
  const place = (path: string): string => {
    const clean = cleanPath(path);
    return exact.has(`${clean}/`) && !exact.has(clean) ? `${clean}/` : clean;
  };

  return (raw, res) => {
    if (raw.method === 'GET') {
      const kept = cache.find(raw);
      if (kept !== undefined) {
        const startMs = nowMs();
        repeat(res, kept);
        options.onRepeat();
        kept.endpoint.record(raw, startMs, raw.url!);
        return;
      }
    }
    const sentUrl = raw.url!;
    const target = parseTarget(sentUrl);
    if (target === null) {
      res.writeHead(400, ['Content-Type', 'text/plain; charset=utf-8', 'Connection', 'close']);
      res.end('400 Bad Request');
      return;
    }
    const { path } = target;
    if (options.filterUnprintable && !isPrintable(path)) {
      res.writeHead(400, ['Content-Length', '0']);
      res.end();
      return;
    }
    const placed = place(path);
    if (placed !== path) redirect(raw, res, escapePath(placed), target.query, commonHeaders);
    else if (path.startsWith(kvPath)) kv.serve(raw, res, target, sentUrl);
    else {
      const arrived = raw as Arrived;
      arrived.target = target;
      arrived.sentUrl = sentUrl;
      arrived.url = sentUrl.includes('%') ? escapePath(path) : path;
      options.route(raw, res);
    }
  };
}

export function redirect(
  raw: IncomingMessage,
  res: ServerResponse,
  path: string,
  query: string,
  headers: readonly string[],
): void {
  const location = query === '' ? path : `${path}?${query}`;
  const all = [...headers, 'Location', location];
  if (raw.method !== 'GET' && raw.method !== 'HEAD') {
    res.writeHead(301, [...all, 'Content-Length', '0']);
    res.end();
    return;
  }
  const body = Buffer.from(`<a href="${escapeHtml(location)}">Moved Permanently</a>.\n\n`);
  res.writeHead(301, [...all, 'Content-Type', 'text/html; charset=utf-8', 'Content-Length', String(body.length)]);
  res.end(body);
}
