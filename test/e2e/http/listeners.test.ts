/** The API over real sockets: addresses, limits, connections that end in every way. */
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Config } from '../../../src/agent/config/config.ts';
import type { Api } from '../../../src/agent/http/api.ts';
import { createHttpServer, type HttpServer } from '../../../src/agent/http/server.ts';
import { answer, configOf, type Respond, type Settings, silent } from '../../unit/agent/http/exchange.ts';
import { freePort } from '../free-port.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

interface Open {
  readonly server: HttpServer;
  readonly port: number;
}

const noTokens = { user: '', onChange: () => {} };

async function open(
  respond: Respond,
  settings: Settings & { readonly unix?: string; readonly mode?: string } = {},
): Promise<Open> {
  const port = await freePort();
  const httpAddrs = [`127.0.0.1:${port}`, ...(settings.unix === undefined ? [] : [`unix://${settings.unix}`])];
  const unixSockets = { user: '', group: '', mode: settings.mode ?? '' };
  const config: Config = { ...configOf(settings), httpAddrs, unixSockets };
  const rpc = { call: (method: string, args: object, options: unknown) => respond({ method, args, options } as never) };
  const nothing = () => () => {};
  const server = createHttpServer({
    api: { rpc, config, agent: {}, tokens: noTokens, log: silent } as unknown as Api,
    tls: { listening: () => null },
    logger: silent,
    metrics: { counter: nothing, sample: nothing, gauge: nothing },
    requestTimer: nothing,
    nowMs: () => performance.now(),
  });
  await server.start();
  undo.push(() => server.stop());
  return { server, port };
}

function get(options: http.RequestOptions, body?: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request({ agent: false, ...options }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Everything that comes back on a connection of our own, until it ends. */
async function talk(port: number, text: string): Promise<string> {
  const socket = net.connect(port, '127.0.0.1');
  let heard = '';
  socket.on('data', (chunk) => {
    heard += chunk.toString();
  });
  socket.write(text);
  await once(socket, 'close');
  return heard;
}

describe('listeners', () => {
  it('are TCP addresses and unix sockets with a mode', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tc-http-'));
    undo.push(() => rm(folder, { recursive: true }));
    const unix = join(folder, 'http.sock');
    const { port, server } = await open(() => answer('x:1'), { unix, mode: '600' });
    expect((await get({ port, path: '/v1/status/leader' })).text).toBe('"x:1"');
    expect((await get({ socketPath: unix, path: '/v1/status/leader' })).text).toBe('"x:1"');
    expect((await stat(unix)).mode & 0o777).toBe(0o600);
    await server.stop();
    await expect(stat(unix)).rejects.toThrow('ENOENT');
  });

  it('take over the socket file of an agent that died', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tc-http-'));
    undo.push(() => rm(folder, { recursive: true }));
    const unix = join(folder, 'http.sock');
    await open(() => answer('x:1'), { unix });
    await open(() => answer('y:1'), { unix });
    expect((await get({ socketPath: unix, path: '/v1/status/leader' })).text).toBe('"y:1"');
  });

  it('that cannot be opened are named, and none stays open', async () => {
    const { port } = await open(() => answer('x'));
    const config: Config = { ...configOf(), httpAddrs: [`127.0.0.1:${port}`] };
    const nothing = () => () => {};
    const second = createHttpServer({
      api: { config, tokens: noTokens, log: silent } as unknown as Api,
      tls: { listening: () => null },
      logger: silent,
      metrics: { counter: nothing, sample: nothing, gauge: nothing },
      requestTimer: nothing,
      nowMs: () => 0,
    });
    await expect(second.start()).rejects.toThrow(`listen tcp 127.0.0.1:${port}: bind: address already in use`);
  });
});

describe('connections', () => {
  it('beyond the limit of one address get 429 at once, and others when some have ended', async () => {
    const { port } = await open(() => answer('x'), { limits: { httpMaxConnsPerClient: 2 } });
    const held = [net.connect(port, '127.0.0.1'), net.connect(port, '127.0.0.1')];
    await Promise.all(held.map((socket) => once(socket, 'connect')));
    expect(await talk(port, '')).toMatch(/^HTTP\/1\.1 429 Too Many Requests\r\n.*too many concurrent connections/s);
    held[0]!.destroy();
    await expect.poll(() => get({ port, path: '/v1/status/leader' }).then(({ status }) => status)).toBe(200);
    held[1]!.destroy();
  });

  it('stay open for one request after the other, also when those come together', async () => {
    const { port } = await open(() => answer('x'));
    const request = 'GET /v1/status/leader HTTP/1.1\r\nHost: h\r\n';
    const heard = await talk(port, `${request}\r\n${request}\r\n${request}Connection: close\r\n\r\n`);
    expect(heard.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
  });

  it('with a body that is too large hear why before they are closed', async () => {
    const { port } = await open(() => answer(true), { limits: { kvMaxValueSize: 100 } });
    const size = 64 * 1024;
    const head = `PUT /v1/kv/a HTTP/1.1\r\nHost: h\r\nContent-Length: ${size}\r\n\r\n`;
    const heard = await talk(port, head + 'x'.repeat(size));
    expect(heard).toMatch(/^HTTP\/1\.1 413 /);
    expect(heard).toContain(`Request body(${size} bytes) too large, max size: 100 bytes.`);
  });

  it('that send no HTTP are told so', async () => {
    const { port } = await open(() => answer('x'));
    expect(await talk(port, 'hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 Bad Request/);
  });
});

describe('queries that wait', () => {
  const forever: Respond = ({ options }) =>
    new Promise((_resolve, reject) => {
      const signal = options!.signal!;
      signal.addEventListener('abort', () => reject(signal.reason));
    });

  it('are given up when their client goes away', async () => {
    const signals: AbortSignal[] = [];
    const { port } = await open((call) => {
      signals.push(call.options!.signal!);
      return forever(call);
    });
    const socket = net.connect(port, '127.0.0.1');
    socket.write('GET /v1/kv/a?index=5 HTTP/1.1\r\nHost: h\r\n\r\n');
    await expect.poll(() => signals.length).toBe(1);
    expect(signals[0]!.aborted).toBe(false);
    socket.destroy();
    await expect.poll(() => signals[0]!.aborted).toBe(true);
  });

  it('are answered when the API stops, and nothing is left open', async () => {
    let waiting = 0;
    const { port, server } = await open((call) => {
      waiting++;
      return forever(call);
    });
    const idle = net.connect(port, '127.0.0.1');
    await once(idle, 'connect');
    const answers = Array.from({ length: 20 }, () => get({ port, path: '/v1/kv/a?index=5' }));
    await expect.poll(() => waiting).toBe(20);
    const [replies] = await Promise.all([Promise.all(answers), server.stop()]);
    expect(replies.map(({ text }) => text)).toEqual(Array(20).fill('agent is shutting down'));
    if (!idle.destroyed) await once(idle, 'close');
    await expect(get({ port, path: '/' })).rejects.toThrow('ECONNREFUSED');
  });
});
