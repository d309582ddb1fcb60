/**
 * One connection a request over node:http: the cheapest way to ask one question. Built-ins come in when first needed
 * (node:https alone costs 4 ms of a start-up of 25).
 */
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type { Settings } from './settings.ts';
import type { HttpHead, HttpRequest, Transport } from './transport.ts';

type RequestFunction = (options: RequestOptions, onResponse: (message: IncomingMessage) => void) => ClientRequest;

function requestFunction(settings: Settings): RequestFunction {
  const name = settings.scheme === 'https' ? 'node:https' : 'node:http';
  return process.getBuiltinModule(name).request;
}

function connectOptions(settings: Settings): RequestOptions {
  const { socketPath, tls } = settings;
  return {
    agent: false,
    ...(socketPath === undefined ? { host: settings.hostname, port: settings.port } : { socketPath }),
    ...(settings.scheme === 'https' &&
      tls && {
        rejectUnauthorized: tls.verify,
        ...(tls.ca && { ca: [...tls.ca] }),
        ...(tls.cert && { cert: tls.cert, key: tls.key }),
        ...(tls.serverName && { servername: tls.serverName }),
      }),
  };
}

const headOf = (message: IncomingMessage): HttpHead => ({
  status: message.statusCode ?? 0,
  header(name) {
    const value = message.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  },
});

class TimeoutError extends Error {
  readonly code = 'ETIMEDOUT';
}

export function nodeTransport(settings: Settings): Transport {
  const request = requestFunction(settings);
  const connect = connectOptions(settings);
  const active = new Set<ClientRequest>();

  function start(asked: HttpRequest): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const { body } = asked;
      const sized = typeof body === 'string' || body instanceof Uint8Array;
      const headers: Record<string, string | number> = {
        Host: settings.socketPath === undefined ? settings.authority : 'localhost',
      };
      Object.assign(headers, asked.headers);
      if (sized) headers['Content-Length'] = Buffer.byteLength(body);
      const outgoing = request(
        { ...connect, method: asked.method, path: asked.target, headers, signal: asked.signal },
        (message) => {
          outgoing.setTimeout(0);
          resolve(message);
        },
      );
      active.add(outgoing);
      outgoing.once('close', () => active.delete(outgoing));
      outgoing.once('error', reject);
      if (asked.timeoutMs !== undefined) {
        outgoing.setTimeout(asked.timeoutMs, () => outgoing.destroy(new TimeoutError('no answer in time')));
      }
      if (body === undefined || sized) outgoing.end(body);
      else pump(body, outgoing).catch((error) => outgoing.destroy(error));
    });
  }

  return {
    async send(asked) {
      const message = await start(asked);
      const chunks: Buffer[] = [];
      const body = await new Promise<Buffer>((resolve, reject) => {
        message.on('data', (chunk: Buffer) => chunks.push(chunk));
        message.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
        message.once('error', reject);
      });
      return { ...headOf(message), body };
    },
    async stream(asked) {
      const message = await start(asked);
      return { ...headOf(message), body: message };
    },
    close() {
      for (const one of active) one.destroy();
    },
  };
}

async function pump(body: AsyncIterable<Uint8Array>, outgoing: ClientRequest): Promise<void> {
  for await (const chunk of body) {
    if (!outgoing.write(chunk)) {
      await new Promise<void>((resolve) => {
        outgoing.once('drain', resolve);
        outgoing.once('close', resolve);
      });
    }
    if (outgoing.destroyed) return;
  }
  outgoing.end();
}
