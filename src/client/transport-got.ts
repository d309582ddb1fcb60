/** got with kept-alive connections, for programs that stay: the dashboard, watches, locks. */
import http from 'node:http';
import https from 'node:https';
import got, { type Got, type OptionsInit, type Response } from 'got';
import type { Settings } from './settings.ts';
import type { HttpHead, HttpRequest, Transport } from './transport.ts';

/** Connections kept for reuse; more are opened while needed and closed after. */
const maxIdleConnections = 16;

function instance(settings: Settings): { got: Got; agent: http.Agent } {
  const { tls } = settings;
  const pool = { keepAlive: true, maxFreeSockets: maxIdleConnections };
  const secure = settings.scheme === 'https';
  const agent = secure ? new https.Agent(pool) : new http.Agent(pool);
  return {
    agent,
    got: got.extend({
      agent: secure ? { https: agent as https.Agent } : { http: agent },
      throwHttpErrors: false,
      followRedirect: false,
      decompress: true,
      retry: { limit: 0 },
      enableUnixSockets: true,
      responseType: 'buffer',
      ...(tls && {
        https: {
          rejectUnauthorized: tls.verify,
          ...(tls.ca && { certificateAuthority: [...tls.ca] }),
          ...(tls.cert && { certificate: tls.cert, key: tls.key }),
          ...(tls.serverName && { serverName: tls.serverName }),
        },
      }),
    }) as Got,
  };
}

const headOf = (response: Response): HttpHead => ({
  status: response.statusCode,
  header(name) {
    const value = response.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  },
});

export function gotTransport(settings: Settings): Transport {
  const { got: client, agent } = instance(settings);
  const base =
    settings.socketPath === undefined
      ? `${settings.scheme}://${settings.authority}`
      : `http://unix:${settings.socketPath}:`;

  const options = (asked: HttpRequest): OptionsInit => ({
    method: asked.method,
    headers: { ...asked.headers },
    ...(asked.body !== undefined && { body: asked.body as string | Uint8Array }),
    ...(asked.signal && { signal: asked.signal }),
    ...(asked.timeoutMs !== undefined && { timeout: { response: asked.timeoutMs } }),
  });

  return {
    async send(asked) {
      const response = (await client(base + asked.target, options(asked))) as Response<Uint8Array>;
      const { buffer, byteOffset, byteLength } = response.body;
      return { ...headOf(response), body: Buffer.from(buffer, byteOffset, byteLength) };
    },
    stream(asked) {
      return new Promise((resolve, reject) => {
        const stream = client.stream(base + asked.target, options(asked) as OptionsInit & { isStream?: true });
        stream.once('error', reject);
        stream.once('response', (response: Response) => {
          stream.off('error', reject);
          resolve({ ...headOf(response), body: stream });
        });
      });
    },
    close: () => agent.destroy(),
  };
}
