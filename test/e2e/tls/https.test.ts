/** The API over TLS: who gets in, what is said to whom, and new certificates without a restart. */
import { once } from 'node:events';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import type { Config, TlsSettings } from '../../../src/agent/config/config.ts';
import type { Api } from '../../../src/agent/http/api.ts';
import { createHttpServer } from '../../../src/agent/http/server.ts';
import type { AgentTls } from '../../../src/agent/tls/agent-tls.ts';
import { answer, configOf, silent } from '../../unit/agent/http/exchange.ts';
import { agentTls, plainTls, testAuthority, tlsSettings } from '../../unit/agent/tls/fixtures.ts';
import { freePort } from '../free-port.ts';

const ca = await testAuthority();
const authorities = [ca.pem];
const pair = await ca.issue(['server.dc1.consul']);
const clientPair = await ca.issue(['cli.dc1.consul']);
const stranger = await testAuthority('Stranger');
const strangerPair = await stranger.issue(['server.dc1.consul']);

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const body = 'x'.repeat(300_000);
/** Whom the log names. */
const froms: (string | undefined)[] = [];

async function open(secure: AgentTls, maxConnections = 200) {
  const port = await freePort();
  const log: string[] = [];
  const keep = (text: string, { error, from }: { error?: string; from?: string } = {}) => {
    log.push(`${text}: ${error}`);
    froms.push(from);
  };
  const config: Config = {
    ...configOf({ limits: { httpMaxConnsPerClient: maxConnections, httpsHandshakeTimeoutMs: 500 } }),
    httpsAddrs: [`127.0.0.1:${port}`],
  };
  const nothing = () => () => {};
  const rpc = { call: () => answer(body) };
  const server = createHttpServer({
    api: {
      rpc,
      config,
      agent: {},
      tokens: { user: '', onChange: () => {} },
      log: { ...silent, error: keep },
    } as unknown as Api,
    tls: secure,
    logger: silent,
    metrics: { counter: nothing, sample: nothing, gauge: nothing },
    requestTimer: nothing,
    nowMs: () => performance.now(),
  });
  await server.start();
  undo.push(() => server.stop());
  return { port, log, server };
}

const agent = (settings: Partial<TlsSettings>) => agentTls(settings, { authorities, pair });

const get = (port: number, more: tls.ConnectionOptions = {}): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const path = '/v1/status/leader';
    const request = https.get({ host: '127.0.0.1', port, path, agent: false, ca: ca.pem, ...more }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += String(chunk);
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on('error', reject);
  });

const served = { status: 200, text: `${JSON.stringify(body)}` };

describe('the API over TLS', () => {
  it('serves whoever trusts it; nobody shows a certificate unless asked to', async () => {
    const { port } = await open(agent({}));
    expect(await get(port)).toEqual(served);
    expect(await get(port, clientPair)).toEqual(served);
    await expect(get(port, { ca: stranger.pem })).rejects.toThrow();
  });

  it('lets in certificates of its authority alone where they are demanded', async () => {
    const { port, log } = await open(agent({ verifyIncomingHttps: true }));
    await expect(get(port)).rejects.toThrow();
    await expect.poll(() => log.join()).toContain("tls: client didn't provide a certificate");
    await expect(get(port, strangerPair)).rejects.toThrow();
    await expect.poll(() => log.join()).toContain('x509: certificate signed by unknown authority');
    expect(await get(port, clientPair)).toEqual(served);
  });

  it('takes new certificates, and new demands, from one connection to the next', async () => {
    const secure = agent({});
    const { port } = await open(secure);
    const kept = new https.Agent({ keepAlive: true });
    undo.push(() => kept.destroy());
    secure.reload(tlsSettings({ verifyIncomingHttps: true }), { authorities: [stranger.pem], pair: strangerPair });
    await expect(get(port)).rejects.toThrow();
    expect(await get(port, { ca: stranger.pem, ...strangerPair })).toEqual(served);
  });

  it('answers nothing where there is no certificate, and says why', async () => {
    const { port, log } = await open(plainTls());
    await expect(get(port)).rejects.toThrow();
    expect(log.join()).toContain('TLS handshake error: tls: no certificates configured');
  });

  it('hangs up on plain text and garbage, and speaks nothing but HTTP/1.1', async () => {
    const { port, log } = await open(agent({}));
    for (const text of ['GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01\xff\xff garbage', '\x00'.repeat(100)]) {
      const socket = net.connect(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(text);
      socket.resume();
      // A record that is announced and does not come is waited for; the end of the connection ends that too.
      socket.end();
      await once(socket, 'close');
    }
    expect(log.join()).toContain('first record does not look like a TLS handshake');
    await expect(get(port, { ALPNProtocols: ['h2'] })).rejects.toThrow();
    expect(await get(port, { ALPNProtocols: ['h2', 'http/1.1'] })).toEqual(served);
  });

  it('knows at once of whoever hangs up during the handshake, and who it was', async () => {
    const { port, log } = await open(agent({ verifyIncomingHttps: true }));
    const socket = tls.connect({ host: '127.0.0.1', port, ca: stranger.pem });
    const [error] = (await once(socket, 'error')) as [Error & { code: string }];
    expect(error.code).toBe('SELF_SIGNED_CERT_IN_CHAIN');
    await expect.poll(() => log, { timeout: 400 }).toEqual(['TLS handshake error: EOF']);
    const from = froms.at(-1);
    expect(from).toMatch(/^127\.0\.0\.1:\d{4,5}$/);
  });

  it('counts connections before it spends a handshake on them', async () => {
    const { port } = await open(agent({}), 1);
    const first = tls.connect({ host: '127.0.0.1', port, ca: ca.pem });
    undo.push(() => first.destroy());
    await once(first, 'secureConnect');
    await expect(get(port)).rejects.toThrow();
    first.destroy();
    await expect.poll(() => get(port).catch(() => null)).toEqual(served);
  });

  it('ends with all that is open', async () => {
    const { port, server } = await open(agent({}));
    const idle = tls.connect({ host: '127.0.0.1', port, ca: ca.pem });
    idle.on('error', () => {});
    await once(idle, 'secureConnect');
    idle.resume();
    await Promise.all([once(idle, 'close'), server.stop()]);
    await expect(get(port)).rejects.toThrow('ECONNREFUSED');
  });
});
