import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../../../src/client/index.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';
import { tc } from './tc.ts';

const pem = (name: string): string => resolve(import.meta.dirname, '../../data/tls', `${name}.pem`);
const read = (name: string): string => readFileSync(pem(name), 'utf8');

let plain: FakeServer;
let secure: FakeServer;
let socket: FakeServer;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tc-network-'));
  plain = await startFakeServer();
  const tls = {
    cert: read('server'),
    key: read('server-key'),
    ca: read('ca'),
    requestCert: true,
    rejectUnauthorized: true,
  };
  secure = await startFakeServer({ tls });
  socket = await startFakeServer({ socketPath: join(folder, 'h.sock') });
});
afterAll(async () => {
  await Promise.all([plain.stop(), secure.stop(), socket.stop()]);
  rmSync(folder, { recursive: true });
});

const get = (...flags: string[]) => tc(['kv', 'get', ...flags, 'k']);
const certificates = [`-client-cert=${pem('client')}`, `-client-key=${pem('client-key')}`];

describe('connections', () => {
  it('tells a refused one as Consul does', async () => {
    const { stop, port } = await startFakeServer();
    await stop();
    expect(await get(`-http-addr=127.0.0.1:${port}`)).toEqual({
      code: 1,
      signal: null,
      out: '',
      err: `Error querying Consul agent: Get "http://127.0.0.1:${port}/v1/kv/k": dial tcp 127.0.0.1:${port}: connect: connection refused\n`,
    });
  });

  it('go over unix sockets, and tell one that is not there', async () => {
    expect(await tc(['kv', 'put', 'k', 'v'], { env: { CONSUL_HTTP_ADDR: socket.address } })).toMatchObject({ code: 0 });
    expect(await get(`-http-addr=${socket.address}`)).toMatchObject({ code: 0, out: 'v\n' });
    const missing = join(folder, 'none.sock');
    const { err } = await get(`-http-addr=unix://${missing}`);
    expect(err).toBe(
      `Error querying Consul agent: Get "http://${missing.replaceAll('/', '%2F')}/v1/kv/k": dial unix ${missing}: connect: no such file or directory\n`,
    );
  });

  it('tell a name that cannot be found', async () => {
    const { err } = await get('-http-addr=no-such-host.invalid:8500');
    expect(err).toContain('Get "http://no-such-host.invalid:8500/v1/kv/k": dial tcp: lookup no-such-host.invalid: ');
  });

  it('tell one that breaks', async () => {
    plain.consul.fixed.set('GET /v1/kv/broken', new Error('broken'));
    const { err } = await tc(['kv', 'get', `-http-addr=${plain.address}`, 'broken']);
    expect(err).toBe(`Error querying Consul agent: Get "http://${plain.address}/v1/kv/broken": EOF\n`);
  });
});

describe('TLS', () => {
  it('checks the server and shows a client certificate', async () => {
    const address = `-http-addr=${secure.address}`;
    expect((await get(address, `-ca-file=${pem('ca')}`, ...certificates)).err).toBe('Error! No key exists at: k\n');
    const named = await get(address, `-ca-file=${pem('ca')}`, '-tls-server-name=server.dc1.consul', ...certificates);
    expect(named.err).toBe('Error! No key exists at: k\n');
  });

  it('takes everything from the environment', async () => {
    const env = {
      CONSUL_HTTP_ADDR: `127.0.0.1:${secure.port}`,
      CONSUL_HTTP_SSL: 'true',
      CONSUL_HTTP_SSL_VERIFY: 'false',
      CONSUL_CLIENT_CERT: pem('client'),
      CONSUL_CLIENT_KEY: pem('client-key'),
    };
    expect((await tc(['kv', 'get', 'k'], { env })).err).toBe('Error! No key exists at: k\n');
  });

  it('refuses an unknown authority, a wrong name, a server without TLS', async () => {
    const start = `Error querying Consul agent: Get "https://127.0.0.1:${secure.port}/v1/kv/k": `;
    const address = `-http-addr=${secure.address}`;
    expect((await get(address)).err).toBe(`${start}x509: certificate signed by unknown authority\n`);
    const wrong = await get(address, `-ca-file=${pem('ca')}`, '-tls-server-name=wrong.test', ...certificates);
    expect(wrong.err).toBe(
      `${start}x509: certificate is valid for server.dc1.consul, localhost, 127.0.0.1, not wrong.test\n`,
    );
    expect((await get(address, `-ca-file=${pem('ca')}`)).err.startsWith(start)).toBe(true);
    const { err } = await get(`-http-addr=https://${plain.address}`);
    expect(err).toContain('http: server gave HTTP response to HTTPS client\n');
  });
});

describe('the long-lived client', () => {
  it('speaks to all of them with the same results and error texts', async () => {
    const tls = { caFile: pem('ca'), clientCert: pem('client'), clientKey: pem('client-key') };
    for (const [address, more] of [[plain.address], [socket.address], [secure.address, tls]] as const) {
      const client = createClient({ address, ...more });
      expect(await client.kv.put('c/lient', 'x', { flags: 7 })).toBe(true);
      expect((await client.kv.get('c/lient')).value).toMatchObject({ Value: 'eA==', Flags: 7 });
      const pieces: string[] = [];
      for await (const piece of await client.agent.monitor()) {
        pieces.push(Buffer.from(piece).toString());
        break;
      }
      expect(pieces).toEqual(['first line\n']);
      client.close();
    }
    const nobody = createClient({ address: `unix://${join(folder, 'none.sock')}` });
    await expect(nobody.status.leader()).rejects.toThrow('connect: no such file or directory');
    const refused = createClient({ address: '127.0.0.1:1' });
    await expect(refused.status.leader()).rejects.toMatchObject({
      name: 'ApiError',
      fault: 'network',
      message: 'Get "http://127.0.0.1:1/v1/status/leader": dial tcp 127.0.0.1:1: connect: connection refused',
    });
  });

  it('stops waiting when told to', async () => {
    const client = createClient({ address: plain.address });
    const stop = new AbortController();
    const waiting = client.kv.list('', { index: 1_000, signal: stop.signal });
    stop.abort();
    await expect(waiting).rejects.toThrow();
    client.close();
  });
});
