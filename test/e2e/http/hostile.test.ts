/** Requests made to get around something: names that are tricks, headers that lie, paths that climb, bodies without end. */
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentProcess } from '../agent-process.ts';

let agent: AgentProcess;
beforeAll(async () => {
  agent = await AgentProcess.create({
    dev: true,
    args: ['-hcl=http_config { block_endpoints = ["/v1/query"] } limits { http_max_conns_per_client = 50 }'],
  });
  await agent.start();
});
afterAll(() => agent[Symbol.asyncDispose]());

/** The path exactly as written, which clients tidy up. */
function raw(method: string, path: string, headers: Record<string, string> = {}, body = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(agent.httpPort, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += String(chunk);
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
    const lines = Object.entries({ Host: 'x', Connection: 'close', 'Content-Length': String(body.length), ...headers });
    socket.write(
      `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`,
    );
  });
}
const statusOf = async (...request: Parameters<typeof raw>): Promise<number> =>
  Number((await raw(...request)).split(' ')[1] ?? 0);

describe('__proto__ and its friends', () => {
  const tricks = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'];

  it.each(tricks)('%s as a name in bodies is a name like any other', async (name) => {
    const polluted = `{"${name}":{"polluted":"yes","Node":"evil"},"Name":"web","Meta":{"${name}":"x"},"Tags":["${name}"]}`;
    await agent.request('PUT', '/v1/agent/service/register', polluted);
    await agent.request('PUT', '/v1/session/create', `{"${name}":{"TTL":"1s"}}`);
    await agent.request(
      'PUT',
      '/v1/catalog/register',
      `{"${name}":{"Node":"evil"},"Node":"n","Address":"1.2.3.4","NodeMeta":{"${name}":"x"}}`,
    );
    await agent.request('PUT', `/v1/kv/${name}`, 'value');
    await agent.request(
      'PUT',
      '/v1/txn',
      `[{"KV":{"Verb":"set","Key":"${name}","Value":"eA==","${name}":{"Flags":9}}}]`,
    );
    await agent.request(
      'PUT',
      '/v1/config',
      `{"Kind":"service-defaults","Name":"web","${name}":{"Protocol":"http"},"Meta":{"${name}":"x"}}`,
    );
    expect(JSON.parse((await agent.request('GET', `/v1/kv/${name}`)).text)[0].Key).toBe(name);
    for (const path of [
      '/v1/agent/self',
      '/v1/agent/services',
      '/v1/catalog/nodes',
      '/v1/session/list',
      '/v1/config/service-defaults/web',
    ])
      expect((await agent.request('GET', path)).text, path).not.toMatch(/polluted|evil/);
  });

  it.each(tricks)('%s in query strings, headers, filters and rules finds nothing', async (name) => {
    for (const [method, path, body] of [
      ['GET', `/v1/catalog/nodes?${name}=x&node-meta=${name}:x`, undefined],
      ['GET', `/v1/catalog/nodes?filter=${name}+==+x`, undefined],
      ['GET', `/v1/agent/service/${name}`, undefined],
      ['GET', `/v1/catalog/service/${name}`, undefined],
      ['GET', `/v1/config/${name}/x`, undefined],
      ['PUT', '/v1/acl/rules/translate', `${name} "" { policy = "write" }`],
      ['GET', `/v1/${name}`, undefined],
    ] as const) {
      const { status } = await agent.request(method, path, body);
      expect([200, 400, 404, 405, 500], `${method} ${path}`).toContain(status);
    }
    expect((await agent.request('GET', '/v1/status/leader')).status).toBe(200);
  });
});

describe('paths', () => {
  it('cannot get around what is blocked', async () => {
    const blocked = ['/v1/query', '/v1/query/x', '/v1/%71uery', '/v1/quer%79/x'];
    for (const path of blocked) expect(await statusOf('GET', path), path).toBe(403);
    for (const path of ['/v1//query', '/v1/./query', '/v1/kv/../query', '//v1/query'])
      expect(await statusOf('GET', path), path).toBe(301);
  });

  it('are keys exactly as they are written, and climb nowhere', async () => {
    const keys = ['..x', 'a..%2Fb', '%25', 'a%3Fb', 'ä'.normalize('NFC')].map((key) =>
      key === 'ä' ? encodeURIComponent(key) : key,
    );
    for (const key of keys) {
      expect((await agent.request('PUT', `/v1/kv/${key}`, 'v')).text.trim(), key).toBe('true');
      const [{ Key }] = JSON.parse((await agent.request('GET', `/v1/kv/${key}`)).text);
      expect(Key).toBe(decodeURIComponent(key));
    }
    for (const path of [
      '/v1/kv/a/../../../etc/passwd',
      '/v1/kv/a%2F..%2F..%2Fb',
      '/v1/kv/%2e%2e%2fy',
      '/v1/kv/a%2F%2Fb',
    ])
      expect(await statusOf('GET', path), path).toBe(301);
    for (const path of ['/ui/..%2f..%2f..%2fetc/passwd', '/ui/%2e%2e/%2e%2e/etc/passwd', '/../../etc/passwd'])
      expect(await raw('GET', path), path).not.toContain('root:');
    for (const path of ['/v1/kv/%00', '/v1/kv/a%0d%0aX-Evil:1', '/v1/kv/%zz'])
      expect(await statusOf('GET', path), path).toBe(400);
  });
});

describe('headers', () => {
  it('do not say who asks: only the address of the connection does', async () => {
    await using guarded = await AgentProcess.create({
      dev: true,
      args: ['-hcl=http_config { allow_write_http_from = ["10.0.0.0/8"] }'],
    });
    await guarded.start();
    const lies = {
      'X-Forwarded-For': '10.0.0.1',
      'X-Real-IP': '10.0.0.1',
      Forwarded: 'for=10.0.0.1',
      'X-Client-IP': '10.0.0.1',
    };
    const request = http.request({
      host: '127.0.0.1',
      port: guarded.httpPort,
      method: 'PUT',
      path: '/v1/kv/a',
      headers: lies,
    });
    request.end('x');
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(403);
    expect((await guarded.request('GET', '/v1/kv/a')).status).toBe(404);
  });

  it('too long, too many or malformed, end with an answer or the connection, and nothing else', async () => {
    expect(await statusOf('GET', '/v1/status/leader', { 'X-Long': 'x'.repeat(2_000_000) }).catch(() => 431)).toBe(431);
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`X-${i}`, 'x']));
    expect([200, 431]).toContain(await statusOf('GET', '/v1/status/leader', many));
    for (const head of [
      { 'Content-Length': '-1' },
      { 'Content-Length': '5', 'Transfer-Encoding': 'chunked' },
      { 'X-a\u0000b': 'x' },
    ])
      expect(await statusOf('PUT', '/v1/kv/a', head as never), JSON.stringify(head)).toBe(400);
    expect((await agent.request('GET', '/v1/status/leader')).status).toBe(200);
  });
});

describe('bodies', () => {
  it.each(['/v1/kv/big', '/v1/txn', '/v1/agent/service/register', '/v1/catalog/register'])(
    'beyond the limit of %s are refused before they are read',
    async (path) => {
      const answer = await raw('PUT', path, { 'Content-Length': '90000000000' });
      expect(Number(answer.split(' ')[1])).toBeGreaterThanOrEqual(400);
      expect((await agent.request('GET', '/v1/status/leader')).status).toBe(200);
    },
  );

  it('nested without end, or compressed, or no JSON at all, are told so', async () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    for (const body of [deep, `{"a":`.repeat(100_000), '\u0000', '1e999']) {
      const { status } = await agent.request('PUT', '/v1/agent/service/register', body);
      expect(status).toBe(400);
    }
    expect((await agent.request('GET', '/v1/status/leader')).status).toBe(200);
  });
});
