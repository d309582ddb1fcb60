import { describe, expect, it } from 'vitest';
import { DirEntry } from '../../../../src/structs/kv.ts';
import { make } from '../../../../src/structs/make.ts';
import { answer, serve } from './exchange.ts';

/** A store of one key, with answers that know when they are old. */
function oneKey(size = 5) {
  let index = 1;
  const respond = () => {
    const at = index;
    const value = Buffer.from(`${at}`.padEnd(size, '.'));
    return answer({ Entries: [make(DirEntry, { Key: 'a', Value: value, ModifyIndex: at })] }, at, () => index === at);
  };
  return { respond, write: () => index++ };
}

describe('answers that are current', () => {
  it('are given again without a call, until they are not', async () => {
    const { respond, write } = oneKey();
    const { request, calls } = serve(respond);
    const first = await request('GET', '/v1/kv/a');
    const second = await request('GET', '/v1/kv/a');
    expect(calls).toHaveLength(1);
    expect(second).toEqual(first);
    write();
    const third = await request('GET', '/v1/kv/a');
    expect(calls).toHaveLength(2);
    expect(third.headers['x-consul-index']).toBe('2');
    expect(third.text).not.toBe(first.text);
  });

  it('are kept for each form of the question', async () => {
    const { request, calls } = serve(oneKey().respond);
    const urls = ['/v1/kv/a', '/v1/kv/a?raw', '/v1/kv/a?pretty', '/v1/kv/a?consistent'];
    const texts = [];
    for (const url of [...urls, ...urls]) texts.push((await request('GET', url)).text);
    expect(calls).toHaveLength(4);
    expect(texts.slice(4)).toEqual(texts.slice(0, 4));
  });

  it('are kept for each token', async () => {
    const { request, calls } = serve(oneKey().respond);
    for (const token of ['x', 'y', 'x', 'y'])
      await request('GET', '/v1/kv/a', { headers: { 'X-Consul-Token': token } });
    await request('GET', '/v1/kv/a', { headers: { Authorization: 'Bearer x' } });
    expect(calls.map(({ args }) => args['Token'])).toEqual(['x', 'y', 'x']);
  });

  it('do not hide what other headers would have done', async () => {
    const { request } = serve(oneKey().respond);
    await request('GET', '/v1/kv/a');
    const wrong = await request('GET', '/v1/kv/a', { headers: { 'Cache-Control': 'max-age=abc' } });
    expect([wrong.status, wrong.text]).toEqual([400, 'Invalid Cache-Control header.']);
    expect((await request('GET', '/v1/kv/a', { headers: { 'X-Consul-Namespace': 'x' } })).status).toBe(400);
  });

  it('are compressed for those who want that, if they are long', async () => {
    const { request, calls } = serve(oneKey(5000).respond);
    for (let i = 0; i < 3; i++) {
      const compressed = await request('GET', '/v1/kv/a?raw', { headers: { 'Accept-Encoding': 'gzip' } });
      expect(compressed.headers['content-encoding']).toBe('gzip');
      expect(compressed.body).toHaveLength(5000);
      const plain = await request('GET', '/v1/kv/a?raw');
      expect(plain.headers['content-encoding']).toBeUndefined();
      expect(plain.text).toBe(compressed.text);
    }
    expect(calls).toHaveLength(2);
    const short = await serve(oneKey().respond).request('GET', '/v1/kv/a', { headers: { 'Accept-Encoding': 'gzip' } });
    expect(short.headers['content-encoding']).toBeUndefined();
  });

  it('do not stop a restriction from holding', async () => {
    const { request } = serve(oneKey().respond, { http: { blockEndpoints: ['/v1/kv/a'] } });
    for (let i = 0; i < 2; i++) expect((await request('GET', '/v1/kv/a')).status).toBe(403);
  });

  it('are not kept when they came from waiting', async () => {
    const { request, calls } = serve(oneKey().respond);
    for (let i = 0; i < 2; i++) await request('GET', '/v1/kv/a?index=5');
    expect(calls).toHaveLength(2);
  });

  it('stay within bounds', async () => {
    const { request, calls } = serve(oneKey().respond);
    for (let i = 0; i < 5000; i++) await request('GET', `/v1/kv/a?x=${i}`);
    const before = calls.length;
    await request('GET', '/v1/kv/a?x=4999');
    expect(calls).toHaveLength(before);
    await request('GET', '/v1/kv/a?x=0');
    expect(calls).toHaveLength(before + 1);
  });
});

describe('a query that waits', () => {
  it('can be given up: the client goes, or the API stops', async () => {
    const signals: AbortSignal[] = [];
    const { request, server } = serve(({ options }) => {
      const signal = options!.signal!;
      signals.push(signal);
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    const waiting = request('GET', '/v1/kv/a?index=5');
    await new Promise((resolve) => setImmediate(resolve));
    expect(signals[0]!.aborted).toBe(false);
    await server.stop();
    const reply = await waiting;
    expect([reply.status, reply.text]).toEqual([500, 'agent is shutting down']);
  });

  it('does not wait without an index', async () => {
    const { request, calls } = serve(oneKey().respond);
    await request('GET', '/v1/kv/a?wait=10s');
    expect(calls[0]!.options).toBeUndefined();
  });
});
