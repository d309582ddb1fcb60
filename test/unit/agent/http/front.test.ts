import { Script } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { answer, serve } from './exchange.ts';

const leader = () => answer('10.0.0.1:8300');

describe('paths', () => {
  it('that are not clean lead to the clean one, with their query', async () => {
    const { request } = serve(leader);
    const reply = await request('GET', '//v1/./status/leader?pretty');
    expect(reply.status).toBe(301);
    expect(reply.headers['location']).toBe('/v1/status/leader?pretty');
    expect(reply.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(reply.text).toBe('<a href="/v1/status/leader?pretty">Moved Permanently</a>.\n\n');
  });

  it('of a tree without the slash lead to it; only reads are told so in words', async () => {
    const { request } = serve(leader);
    expect((await request('GET', '/v1/kv')).headers['location']).toBe('/v1/kv/');
    const put = await request('PUT', '/v1/kv', { body: 'x' });
    expect([put.status, put.headers['location'], put.headers['content-type'], put.text]).toEqual([
      301,
      '/v1/kv/',
      undefined,
      '',
    ]);
  });

  it('that nobody knows are not found, without a word', async () => {
    const { request } = serve(leader);
    for (const path of ['/v1', '/v1/', '/v1/nope', '/v1/status/', '/v1/status/leader/', '/ui/', '/favicon.ico']) {
      const reply = await request('GET', path);
      expect([path, reply.status, reply.text, reply.headers['vary']]).toEqual([path, 404, '', undefined]);
    }
  });

  it('with unprintable characters are refused unless the filter is off', async () => {
    const filtered = serve(() => answer(true));
    for (const key of ['n%00l', 'l%0Af', 'tab%09']) {
      const reply = await filtered.request('PUT', `/v1/kv/${key}`, { body: 'x' });
      expect([reply.status, reply.text]).toEqual([400, '']);
    }
    expect(filtered.calls).toEqual([]);
    const open = serve(() => answer(true), { http: { disableUnprintableCharFilter: true } });
    expect((await open.request('PUT', '/v1/kv/l%0Af', { body: 'x' })).status).toBe(200);
  });

  it('that are no paths get a bare 400', async () => {
    const reply = await serve(leader).request('GET', '/v1/kv/%zz');
    expect([reply.status, reply.text, reply.headers['connection']]).toEqual([400, '400 Bad Request', 'close']);
  });

  it('reach their route however they are escaped', async () => {
    expect((await serve(leader).request('GET', '/v1/st%61tus/leader')).text).toBe('"10.0.0.1:8300"');
  });
});

describe('the root', () => {
  it('names the agent, or leads to the UI', async () => {
    const plain = await serve(leader).request('GET', '/');
    expect([plain.status, plain.text]).toEqual([200, 'Consul Agent']);
    const ui = serve(leader, {
      ui: {
        enabled: true,
        dir: '',
        contentPath: '/ops/',
        metricsProxy: { baseUrl: '', addHeaders: [], pathAllowlist: [] },
      },
    });
    expect((await ui.request('GET', '/')).headers['location']).toBe('/ops/');
    const page = await ui.request('GET', '/ops/nodes');
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.text).toMatch(/^<!doctype html>/);
    expect(page.text).not.toMatch(/(?:src|href)="(?!data:)/);
    // It compiles; what it does is for eyes.
    expect(() => new Script(/<script>(.*)<\/script>/s.exec(page.text)![1]!)).not.toThrow();
  });
});

describe('methods', () => {
  it('are told by OPTIONS', async () => {
    const reply = await serve(leader).request('OPTIONS', '/v1/kv/a');
    expect([reply.status, reply.headers['allow'], reply.text]).toEqual([200, 'OPTIONS,GET,PUT,DELETE', '']);
  });

  it('that an endpoint has not are refused in its words', async () => {
    const { request } = serve(leader);
    const post = await request('POST', '/v1/status/leader');
    expect([post.status, post.headers['allow'], post.text]).toEqual([405, 'OPTIONS,GET', 'method POST not allowed']);
    const head = await request('HEAD', '/v1/status/leader');
    expect([head.status, head.text]).toEqual([405, '']);
  });
});

describe('every answer of an endpoint', () => {
  it('has the common headers, those of the configuration, and what ACLs do by default', async () => {
    const settings = { http: { responseHeaders: { 'X-Frame': 'no' } }, translateWanAddrs: true };
    const { headers } = await serve(leader, settings).request('GET', '/v1/status/leader');
    expect(headers).toMatchObject({
      'x-frame': 'no',
      vary: 'Accept-Encoding',
      'x-consul-default-acl-policy': 'allow',
      'x-consul-translate-addresses': 'true',
      'content-type': 'application/json',
    });
    const missing = await serve(leader, settings).request('GET', '/nope');
    expect(missing.headers['x-frame']).toBe('no');
  });

  it('is compact, or indented when asked for and in development mode', async () => {
    const peers = () => answer(['a:1']);
    expect((await serve(peers).request('GET', '/v1/status/peers')).text).toBe('["a:1"]');
    expect((await serve(peers).request('GET', '/v1/status/peers?pretty=false')).text).toBe('[\n    "a:1"\n]\n');
    expect((await serve(peers, { devMode: true }).request('GET', '/v1/status/peers')).text).toBe('[\n    "a:1"\n]\n');
  });

  it('is 500 without a word when the query cannot be read', async () => {
    const reply = await serve(leader).request('GET', '/v1/status/leader?%zz=1');
    expect([reply.status, reply.text, reply.headers['vary']]).toEqual([500, '', 'Accept-Encoding']);
  });
});

describe('restrictions', () => {
  it('block endpoints before anything else, and writes from foreign networks', async () => {
    const http = { blockEndpoints: ['/v1/status'], allowWriteHttpFrom: ['10.0.0.0/8'] };
    const { request, calls } = serve(() => answer(true), { http });
    const blocked = await request('POST', '/v1/status/leader');
    expect([blocked.status, blocked.text]).toEqual([403, 'Endpoint is blocked by agent configuration']);
    const foreign = await request('PUT', '/v1/kv/a', { body: 'x', from: '127.0.0.1' });
    expect([foreign.status, foreign.text]).toEqual([403, 'Access is restricted']);
    expect(calls).toEqual([]);
    expect((await request('PUT', '/v1/kv/a', { body: 'x', from: '10.1.1.1' })).text).toBe('true');
  });

  it('do not trust what a client says of its address', async () => {
    const { request } = serve(() => answer(true), { http: { allowWriteHttpFrom: ['10.0.0.0/8'] } });
    const headers = { 'X-Forwarded-For': '10.1.1.1' };
    expect((await request('PUT', '/v1/kv/a', { body: 'x', from: '127.0.0.1', headers })).status).toBe(403);
  });
});
