import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import kvGet from '../../../src/commands/kv/get.ts';
import { fakeConsul } from '../client/fake-consul.ts';
import { run } from './run-on-fake.ts';

const folder = mkdtempSync(join(tmpdir(), 'tc-connection-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

async function sent(argv: readonly string[], env: Record<string, string> = {}) {
  const consul = fakeConsul();
  const ran = await run(kvGet, [...argv, 'k'], { transport: consul.transport, env });
  return { ...ran, request: consul.requests.at(-1), headers: consul.headers.at(-1) };
}

describe('flags and variables of the connection', () => {
  it('sends a token from the flag rather than the environment, from a file rather than both', async () => {
    const token = (headers: unknown) => (headers as Record<string, string>)['X-Consul-Token'];
    const env = { CONSUL_HTTP_TOKEN: 'env' };
    expect(token((await sent([], env)).headers)).toBe('env');
    expect(token((await sent(['-token=flag'], env)).headers)).toBe('flag');
    expect(token((await sent(['-token=flag', `-token-file=${file('tok', 'from file\n')}`])).headers)).toBe('from file');
    expect(token((await sent(['-token=flag', `-token-file=${file('blank', ' \n')}`])).headers)).toBe('flag');
    expect((await sent([])).headers).toEqual({});
  });

  it('sends datacenter, stale and namespace as parameters', async () => {
    const { request } = await sent(['-datacenter=dc2', '-stale', '-namespace=team']);
    expect(request).toBe('GET /v1/kv/k?dc=dc2&ns=team&stale=');
    expect((await sent([], { CONSUL_NAMESPACE: 'n' })).request).toBe('GET /v1/kv/k?ns=n');
  });

  it('sends basic authentication', async () => {
    const { headers } = await sent([], { CONSUL_HTTP_AUTH: 'user:pässword' });
    expect(headers).toEqual({ Authorization: `Basic ${Buffer.from('user:pässword').toString('base64')}` });
  });

  it('warns of a boolean that cannot be read and goes on', async () => {
    const { exit, err } = await sent([], { CONSUL_HTTP_SSL: 'maybe' });
    expect(exit).toBe(1);
    expect(err).toMatch(/\[WARN\] {2}could not parse CONSUL_HTTP_SSL: .*\nError! No key exists at: k\n$/);
  });

  it.each([
    [['-http-addr=tcp://127.0.0.1:1'], 'Unknown protocol scheme: tcp'],
    [['-http-addr=gopher://x'], 'Unknown protocol scheme: gopher'],
    [['-token-file=/no/such'], 'Error loading token file: open /no/such: no such file or directory'],
    [['-ca-file=/no/such'], 'Error loading CA File: open /no/such: no such file or directory'],
    [['-ca-path=/no/such'], 'Error loading CA Path: open /no/such: no such file or directory'],
    [['-client-cert=/a'], 'both client cert and client key must be provided'],
  ])('refuses %j before connecting', async (argv, why) => {
    expect(await sent(argv)).toMatchObject({ exit: 1, out: '', err: `Error connecting to Consul agent: ${why}\n` });
  });
});
