/** `/v1/internal/ui/metrics-proxy/`: dashboards read metrics through the agent, from where the operator says and nowhere else. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BadRequest, RpcError } from '../errors.ts';
import { authorizerOf } from './acl-guard.ts';
import { empty, type HttpAnswer } from './answer.ts';
import type { Api } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { cleanPath } from './target.ts';

const timeoutMs = 30_000;
/** Headers that belong to one connection, and the token, which is none of the metrics server's business. */
const notPassedOn = new Set(['connection', 'host', 'transfer-encoding', 'keep-alive', 'upgrade', 'te', 'trailer']);
const secrets = new Set(['x-consul-token', 'authorization', 'cookie']);

export async function metricsProxy(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  const { config, acl } = api;
  const { enabled, metricsProxy: settings } = config.ui;
  if (!enabled) throw new BadRequest('UI is not enabled', 404);
  if (settings.baseUrl === '') throw new BadRequest('Metrics proxy is not enabled', 404);
  // Metrics tell of all services and nodes.
  const authorizer = await authorizerOf(request, api);
  for (const resource of ['service', 'node'] as const) {
    if (acl !== null && !authorizer.allowsAll(resource, 'read'))
      throw acl.denials.refusal(authorizer, resource, 'read', '*');
  }
  const url = new URL(settings.baseUrl);
  url.pathname = cleanPath(`${url.pathname}/${request.rest}`);
  if (settings.pathAllowlist.length > 0 && !settings.pathAllowlist.includes(url.pathname)) return empty(403);
  url.search = request.query.encode();
  if (request.query.has('token')) url.searchParams.delete('token');
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.raw.headers)) {
    if (value !== undefined && !notPassedOn.has(name) && !secrets.has(name)) headers[name] = String(value);
  }
  for (const { name, value } of settings.addHeaders) headers[name] = value;
  const answer = await get(url, headers, request.signal);
  return { status: answer.statusCode ?? 502, headers: passedBack(answer), body: answer };
}

function get(url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<IncomingMessage> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const outgoing = send(url, { headers, signal, timeout: timeoutMs }, resolve);
    outgoing.on('timeout', () => outgoing.destroy(new Error('timed out')));
    outgoing.on('error', (error) => reject(new RpcError(`metrics proxy: ${error.message}`, 502, { cause: error })));
    outgoing.end();
  });
}

function passedBack({ headers }: IncomingMessage): string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    value === undefined || notPassedOn.has(name) || name === 'content-length' ? [] : [name, String(value)],
  );
}
