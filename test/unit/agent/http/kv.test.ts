import { describe, expect, it } from 'vitest';
import { errors, RpcError } from '../../../../src/agent/errors.ts';
import { DirEntry } from '../../../../src/structs/kv.ts';
import { make } from '../../../../src/structs/make.ts';
import { answer, meta, serve } from './exchange.ts';

const entry = (Key: string, value: string) =>
  make(DirEntry, { Key, Value: value === '' ? null : Buffer.from(value), CreateIndex: 3, ModifyIndex: 4 });
const entries = (...list: DirEntry[]) => ({ Entries: list.length === 0 ? null : list });

describe('reading a key', () => {
  it('shows entry and index', async () => {
    const { request, calls } = serve(() => answer(entries(entry('a/b', 'hi')), 7));
    const reply = await request('GET', '/v1/kv/a%2Fb');
    expect(reply.text).toBe('[{"LockIndex":0,"Key":"a/b","Flags":0,"Value":"aGk=","CreateIndex":3,"ModifyIndex":4}]');
    expect(reply.headers).toMatchObject({
      'x-consul-index': '7',
      'x-consul-knownleader': 'true',
      'x-consul-lastcontact': '0',
      'x-consul-query-backend': 'blocking-query',
    });
    expect(calls[0]).toMatchObject({ method: 'KVS.Get', args: { Key: 'a/b', Datacenter: 'dc1', Token: '' } });
  });

  it('shows bytes alone with ?raw, in a way no browser runs', async () => {
    const { request } = serve(() => answer(entries(entry('a', '<b>')), 7));
    const reply = await request('GET', '/v1/kv/a?raw');
    expect(reply.text).toBe('<b>');
    expect(reply.headers).toMatchObject({
      'content-type': 'text/plain',
      'x-content-type-options': 'nosniff',
      'content-security-policy': 'sandbox',
    });
  });

  it('that is not there is 404 with the index to wait from', async () => {
    const reply = await serve(() => answer(entries(), 0)).request('GET', '/v1/kv/none');
    expect([reply.status, reply.text, reply.headers['x-consul-index']]).toEqual([404, '', '1']);
  });

  it('needs a name, but a listing does not', async () => {
    const { request } = serve(({ method }) =>
      method === 'KVS.ListKeys' ? answer({ Keys: null }, 1) : answer(entries(), 1),
    );
    const nameless = await request('GET', '/v1/kv/');
    expect([nameless.status, nameless.text]).toEqual([400, 'Missing key name']);
    expect((await request('GET', '/v1/kv/?keys')).text).toBe('[]');
    expect((await request('GET', '/v1/kv/?recurse')).status).toBe(404);
    expect((await request('GET', '/v1/kv/x?keys')).status).toBe(404);
  });

  it('passes on what was asked for', async () => {
    const { request, calls } = serve(() => answer({ Keys: ['a/'] }, 1));
    await request('GET', '/v1/kv/a?keys&separator=/&stale&token=t&dc=dc2&index=0&wait=1m');
    expect(calls[0]!.args).toEqual({
      Datacenter: 'dc2',
      Token: 't',
      MinQueryIndex: 0,
      MaxQueryTime: 60e9,
      AllowStale: true,
      Prefix: 'a',
      Seperator: '/',
    });
  });

  it.each([
    ['stale&consistent', 'Cannot specify ?stale with ?consistent, conflicting semantics.'],
    ['cached&consistent', 'Cannot specify ?cached with ?consistent, conflicting semantics.'],
    ['index=-1', 'Invalid index'],
    ['wait=10', 'Invalid wait time'],
    ['max_stale=abc', 'Invalid max_stale value "abc"'],
    ['ns=team', 'Bad request: Invalid query parameter: "ns" - Namespaces are a Consul Enterprise feature'],
  ])('?%s is refused: %s', async (query, why) => {
    const { request, calls } = serve(() => answer(entries(), 1));
    const reply = await request('GET', `/v1/kv/a?${query}`);
    expect([reply.status, reply.text]).toEqual([400, why]);
    expect(calls).toEqual([]);
  });

  it('asks the leader when a stale answer is older than allowed', async () => {
    const { request, calls } = serve(({ args }) =>
      args['AllowStale'] ? { reply: entries(), meta: meta(1, { LastContact: 5e9 }) } : answer(entries(), 9),
    );
    const reply = await request('GET', '/v1/kv/a?max_stale=1s');
    expect(calls.map(({ args }) => args['AllowStale'])).toEqual([true, false]);
    expect(reply.headers['x-consul-index']).toBe('9');
  });

  it('takes a token from parameter, header or bearer, in this order', async () => {
    const { request, calls } = serve(() => answer(entries(), 1));
    await request('GET', '/v1/kv/a?token=p', { headers: { 'X-Consul-Token': 'h' } });
    await request('GET', '/v1/kv/a', { headers: { 'X-Consul-Token': 'h', Authorization: 'Bearer b' } });
    await request('GET', '/v1/kv/a', { headers: { Authorization: 'bearer  b ' } });
    expect(calls.map(({ args }) => args['Token'])).toEqual(['p', 'h', 'b']);
  });

  it('that fails is the text of the failure', async () => {
    const thrown = await serve(() => {
      throw errors.noPathToDatacenter();
    }).request('GET', '/v1/kv/a?dc=x');
    expect([thrown.status, thrown.text, thrown.headers['x-consul-index']]).toEqual([
      500,
      'No path to datacenter',
      undefined,
    ]);
    const rejected = await serve(() => Promise.reject(errors.permissionDenied())).request('GET', '/v1/kv/a');
    expect([rejected.status, rejected.text]).toEqual([403, 'Permission denied']);
  });

  it('sends long listings in pieces that add up', async () => {
    const many = Array.from({ length: 5000 }, (_, i) => entry(`k/${i}`, 'v'.repeat(50)));
    const { request } = serve(() => answer(entries(...many), 7, () => true));
    for (const headers of [{}, { 'Accept-Encoding': 'gzip' }]) {
      const reply = await request('GET', '/v1/kv/k/?recurse', { headers });
      const shown = JSON.parse(reply.text) as { Key: string }[];
      expect(shown.map(({ Key }) => Key)).toEqual(many.map(({ Key }) => Key));
    }
  });
});

describe('writing a key', () => {
  it.each([
    ['PUT', '/v1/kv/a', { Op: 'set' }, {}],
    ['PUT', '/v1/kv/a?flags=42', { Op: 'set' }, { Flags: 42 }],
    ['PUT', '/v1/kv/a?flags=18446744073709551615', { Op: 'set' }, { Flags: 18446744073709551615n }],
    ['PUT', '/v1/kv/a?cas=5', { Op: 'cas' }, { ModifyIndex: 5 }],
    ['PUT', '/v1/kv/a?acquire=s', { Op: 'lock' }, { Session: 's' }],
    ['PUT', '/v1/kv/a?release=s', { Op: 'unlock' }, { Session: 's' }],
    ['DELETE', '/v1/kv/a', { Op: 'delete' }, {}],
    ['DELETE', '/v1/kv/a?recurse', { Op: 'delete-tree' }, {}],
    ['DELETE', '/v1/kv/a?cas=5', { Op: 'delete-cas' }, { ModifyIndex: 5 }],
  ])('%s %s', async (method, url, args, dirEntry) => {
    const { request, calls } = serve(() => Promise.resolve(answer(false)));
    const body = method === 'PUT' ? { body: 'hello' } : {};
    const reply = await request(method, url, body);
    const Value = method === 'PUT' ? Buffer.from('hello') : null;
    expect(calls[0]!.args).toMatchObject({ ...args, DirEnt: { Key: 'a', Value, ...dirEntry } });
    // The RPC says whether a condition held; without one there is nothing to say.
    expect(reply.text).toBe(String(!/cas|acquire|release/.test(url)));
  });

  it('without a body writes nothing as value', async () => {
    const { request, calls } = serve(() => answer(true));
    await request('PUT', '/v1/kv/a');
    expect(calls[0]!.args).toMatchObject({ DirEnt: { Value: null } });
  });

  it.each([
    ['PUT', 'cas=0&acquire=xyz', 400, 'Conflicting flags: acquire=xyz&cas=0'],
    ['DELETE', 'recurse&cas=1', 400, 'Conflicting flags: cas=1&recurse='],
    ['PUT', 'cas', 500, 'strconv.ParseUint: parsing "": invalid syntax'],
    ['PUT', 'flags=abc', 500, 'strconv.ParseUint: parsing "abc": invalid syntax'],
  ])('%s ?%s is refused with %i %s', async (method, query, status, why) => {
    const { request, calls } = serve(() => answer(true));
    const reply = await request(method, `/v1/kv/a?${query}`, { body: 'x' });
    expect([reply.status, reply.text]).toEqual([status, why]);
    expect(calls).toEqual([]);
  });

  it('takes as many bytes as the limit says, announced or not', async () => {
    const { request, calls } = serve(() => answer(true), { limits: { kvMaxValueSize: 10 } });
    expect((await request('PUT', '/v1/kv/a', { body: 'x'.repeat(10) })).status).toBe(200);
    const why =
      'Request body(11 bytes) too large, max size: 10 bytes. See https://www.consul.io/docs/agent/options.html#kv_max_value_size.';
    const announced = await request('PUT', '/v1/kv/a', { body: 'x'.repeat(11) });
    expect([announced.status, announced.text]).toEqual([413, why]);
    const headers = { 'Transfer-Encoding': 'chunked', 'content-length': undefined as unknown as string };
    const chunked = await request('PUT', '/v1/kv/a', { body: 'x'.repeat(11), headers });
    expect([chunked.status, chunked.text]).toEqual([413, why]);
    expect(calls).toHaveLength(1);
  });

  it('that fails is the text of the failure', async () => {
    const { request } = serve(() => Promise.reject(new RpcError('raft apply failed: missing session')));
    const reply = await request('PUT', '/v1/kv/a?acquire=', { body: 'x' });
    expect([reply.status, reply.text]).toEqual([500, 'raft apply failed: missing session']);
  });
});
