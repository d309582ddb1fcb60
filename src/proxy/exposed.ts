/**
 * Paths of a service that are reached without the mesh (`expose.paths`): health and metrics, for who has no certificate. Each on a
 * port of its own, where nothing but the path is served.
 */
import http from 'node:http';
import type { Place } from './config.ts';
import { type Listening, listen } from './listen.ts';
import type { Log } from './log.ts';

export interface ExposedPath {
  readonly path: string;
  readonly listen: Place;
  /** The service itself. */
  readonly local: Place;
}

const answerTimeoutMs = 30_000;
/** They are between two neighbours, not for whoever is behind them (RFC 9110, 7.6.1). */
const hopHeaders = ['connection', 'keep-alive', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

/** Rejects when it cannot listen. */
export async function startExposed(paths: readonly ExposedPath[], log: Log): Promise<Listening> {
  const server = http.createServer((request, response) => {
    const asked = (request.url ?? '').split('?', 1)[0];
    const exposed = paths.find(({ path }) => path === asked);
    if (exposed === undefined) {
      request.resume();
      response.writeHead(404).end();
      return;
    }
    pass(request, response, exposed, log);
  });
  return listen(server, paths[0]!.listen);
}

function pass(request: http.IncomingMessage, response: http.ServerResponse, exposed: ExposedPath, log: Log): void {
  const { host, port } = exposed.local;
  const headers = { ...request.headers };
  for (const name of hopHeaders) delete headers[name];
  const onward = http.request({
    host,
    port,
    method: request.method,
    path: request.url,
    headers,
    timeout: answerTimeoutMs,
  });
  const fail = (error: Error): void => {
    log('warn', 'an exposed path could not be reached', { path: exposed.path, error: error.message });
    if (response.headersSent) response.destroy();
    else response.writeHead(503).end();
  };
  onward.on('error', fail);
  onward.on('timeout', () => onward.destroy(new Error('timed out')));
  onward.on('response', (answer) => {
    const kept = { ...answer.headers };
    for (const name of hopHeaders) delete kept[name];
    response.writeHead(answer.statusCode ?? 502, kept);
    answer.on('error', () => response.destroy());
    answer.pipe(response);
  });
  response.on('close', () => onward.destroy());
  request.on('error', () => onward.destroy());
  request.pipe(onward);
}
