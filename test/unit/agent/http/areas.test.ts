import { describe, expect, it } from 'vitest';
import { errors } from '../../../../src/agent/errors.ts';
import type { AgentFace } from '../../../../src/agent/http/api.ts';
import { decodeSession } from '../../../../src/agent/http/session-body.ts';
import type { SnapshotQuestion, Snapshots } from '../../../../src/agent/rpc/snapshot-stream.ts';
import { answer, meta, serve } from './exchange.ts';

describe('session/create', () => {
  const decode = (body: string) => decodeSession(Buffer.from(body), 'here');

  it('has defaults for everything', () => {
    expect(decode('')).toMatchObject({
      Node: 'here',
      NodeChecks: ['serfHealth'],
      LockDelay: 15e9,
      Behavior: 'release',
      TTL: '',
    });
    expect(decode('{}')).toEqual(decode(''));
  });

  it('takes a lock delay as text, as nanoseconds or, when small, as seconds', () => {
    const delays = ['"20s"', '25000000000', '20', '"0s"', '0', 'null'].map(
      (d) => decode(`{"LockDelay":${d}}`).LockDelay,
    );
    expect(delays).toEqual([20e9, 25e9, 20e9, 0, 0, 15e9]);
  });

  it('takes no checks at all, and those by their old name', () => {
    expect(decode('{"NodeChecks":[]}').NodeChecks).toEqual([]);
    expect(decode('{"Checks":["a"]}')).toMatchObject({ NodeChecks: ['a'], Checks: null });
    expect(decode('{"Checks":["a"],"NodeChecks":["a","b"]}').NodeChecks).toEqual(['a', 'b']);
  });

  it('does not let anybody choose an id', () => {
    expect(decode('{"ID":"6f2f3cd0-2f6b-4a6e-9d59-1d6f1f2b0c01","Name":"n"}')).toMatchObject({ ID: '', Name: 'n' });
  });

  it('answers with the id, and a wrong body with why', async () => {
    const { request, calls } = serve(() => answer('the-id'));
    expect((await request('PUT', '/v1/session/create', { body: '{"TTL":"15s"}' })).text).toBe('{"ID":"the-id"}');
    expect(calls[0]).toMatchObject({ method: 'Session.Apply', args: { Op: 'create', Session: { TTL: '15s' } } });
    const wrong = await request('PUT', '/v1/session/create', { body: '{' });
    expect([wrong.status, wrong.text]).toEqual([400, 'Request decode failed: unexpected EOF']);
  });
});

describe('sessions', () => {
  it('that are gone are an empty list, except for who renews them', async () => {
    const { request } = serve(() => answer({ Sessions: null }, 4));
    expect((await request('GET', '/v1/session/info/x')).text).toBe('[]');
    const renewed = await request('PUT', '/v1/session/renew/x');
    expect([renewed.status, renewed.text]).toEqual([404, "Session id 'x' not found"]);
  });

  it('tell with a failure that nothing is known', async () => {
    const { request } = serve(() => {
      throw errors.noPathToDatacenter();
    });
    expect((await request('GET', '/v1/session/list?dc=x')).headers).toMatchObject({
      'x-consul-index': '1',
      'x-consul-knownleader': 'false',
    });
  });
});

describe('txn', () => {
  const put = { KV: { Verb: 'set', Key: 'k', Value: 'dg==', Flags: 3 } };
  const reply = { Results: [], Errors: null };
  const readReply = {
    ...reply,
    Index: 0,
    LastContact: 0,
    KnownLeader: true,
    ConsistencyLevel: '',
    NotModified: false,
    Backend: 0,
  };

  it('writes by Txn.Apply and reads by Txn.Read, where a verb that does not exist is a read', async () => {
    const { request, calls } = serve(({ method }) => answer(method === 'Txn.Apply' ? reply : readReply));
    const verbs = async (...ops: unknown[]) => request('PUT', '/v1/txn', { body: JSON.stringify(ops) });
    await verbs(put);
    const read = await verbs({ KV: { Verb: 'get', Key: 'k' } }, { KV: { Verb: 'SET', Key: 'k' } });
    await verbs({ Node: { Verb: 'set', Node: { Node: 'n' } } });
    expect(calls.map(({ method }) => method)).toEqual(['Txn.Apply', 'Txn.Read', 'Txn.Apply']);
    expect(calls[0]!.args['Ops']).toMatchObject([
      { KV: { Verb: 'set', DirEnt: { Key: 'k', Flags: 3, Value: Uint8Array.of(118) } }, Node: null },
    ]);
    expect(calls[2]!.args['Ops']).toMatchObject([{ Node: { Node: { Node: 'n', Datacenter: 'dc1' } } }]);
    expect(read.headers['x-consul-lastcontact']).toBe('0');
  });

  it('that fails is a conflict', async () => {
    const { request } = serve(() => answer({ Results: null, Errors: [{ OpIndex: 0, What: 'index is stale' }] }));
    const failed = await request('PUT', '/v1/txn', { body: JSON.stringify([put]) });
    expect([failed.status, failed.text]).toEqual([
      409,
      '{"Results":null,"Errors":[{"OpIndex":0,"What":"index is stale"}]}',
    ]);
  });

  it.each([
    [Array(65).fill(put), 413, 'Transaction contains too many operations (65 > 64)'],
    [
      [{ KV: { Verb: 'set', Key: 'big', Value: 'YWFhYWFhYWE=' } }],
      413,
      'Value for key "big" is too large (8 > 7 bytes)',
    ],
    [{}, 400, 'Failed to parse body: json: cannot unmarshal object into Go value of type api.TxnOps'],
    [[{ Bogus: 1 }], 400, 'Failed to parse body: json: unknown field "Bogus"'],
  ])('%j is refused', async (ops, status, why) => {
    const { request, calls } = serve(() => answer(reply), { limits: { kvMaxValueSize: 7 } });
    const refused = await request('PUT', '/v1/txn', { body: JSON.stringify(ops) });
    expect([refused.status, refused.text]).toEqual([status, why]);
    expect(calls).toEqual([]);
  });
});

describe('catalog and health', () => {
  it('show empty lists where there are none', async () => {
    const { request } = serve(({ method }) => {
      if (method === 'Health.NodeChecks') return answer({ HealthChecks: null }, 3);
      return answer({ Nodes: null }, 3);
    });
    expect((await request('GET', '/v1/health/node/n')).text).toBe('[]');
    expect((await request('GET', '/v1/catalog/nodes')).text).toBe('[]');
  });

  it('say how consistent they are', async () => {
    const { request } = serve(() => answer({ Nodes: [] }, 3));
    const told = async (query: string) =>
      (await request('GET', `/v1/catalog/nodes?${query}`)).headers['x-consul-effective-consistency'];
    expect([await told(''), await told('stale'), await told('consistent')]).toEqual(['leader', 'stale', 'consistent']);
  });

  it('pass on tags, metadata and nearness', async () => {
    const { request, calls } = serve(() => answer({ ServiceNodes: [] }, 3));
    await request('GET', '/v1/catalog/service/web?tag=a&tag=b&node-meta=k:v:w&node-meta=x&near=_agent');
    expect(calls[0]!.args).toMatchObject({
      ServiceName: 'web',
      ServiceTags: ['a', 'b'],
      TagFilter: true,
      Source: { Node: 'here', Datacenter: 'dc1' },
    });
    expect({ ...(calls[0]!.args['NodeMetaFilters'] as object) }).toEqual({ k: 'v:w', x: '' });
  });

  it.each([
    '/v1/catalog/nodes',
    '/v1/catalog/service/web',
    '/v1/catalog/connect/web',
    '/v1/health/checks/web',
    '/v1/health/state/any',
    '/v1/health/service/web',
    '/v1/health/connect/web',
    '/v1/health/ingress/web',
    '/v1/query/web/execute',
  ])('%s sorts by distance', async (path) => {
    const { request, calls } = serve(() => answer({ Nodes: [] }, 3));
    await request('GET', `${path}?near=n7`);
    await request('GET', `${path}?near=_agent`);
    expect(calls.map(({ args }) => args['Source'])).toMatchObject([
      { Datacenter: 'dc1', Node: 'n7' },
      { Datacenter: 'dc1', Node: 'here' },
    ]);
  });

  it.each([
    [{}, '10.0.0.9', '10.0.0.9'],
    [{}, '::ffff:10.0.0.9', '10.0.0.9'],
    [{ 'X-Forwarded-For': '192.0.2.1, 10.0.0.7' }, '10.0.0.9', '192.0.2.1'],
    [{ 'X-Forwarded-For': 'unknown' }, '2001:db8::1', '2001:db8::1'],
    [{}, undefined, ''],
  ])('a prepared query is told who asks: %j from %s', async (headers, from, Ip) => {
    const { request, calls } = serve(() => answer({ Nodes: [] }, 3));
    await request('GET', '/v1/query/web/execute', { headers, ...(from === undefined ? {} : { from }) });
    expect(calls[0]!.args).toMatchObject({ Source: { Node: '', Ip }, Agent: { Node: 'here' } });
  });

  it.each([
    ['/v1/catalog/service/', 'Missing service name'],
    ['/v1/catalog/node/', 'Missing node name'],
    ['/v1/health/state/', 'Missing check state'],
    ['/v1/session/info/', 'Missing session'],
  ])('%s: %s', async (path, why) => {
    const reply = await serve(() => answer(null)).request('GET', path);
    expect([reply.status, reply.text]).toEqual([400, why]);
  });
});

describe('the agent', () => {
  const face = (more: Partial<AgentFace>) => serve(() => answer(null), { agent: more });

  it('streams its log, and knows its levels', async () => {
    async function* lines() {
      yield 'one\n';
      yield 'two\n';
    }
    const seen: unknown[] = [];
    const { request } = face({
      logLines: (level, json) => {
        seen.push(level, json);
        return lines();
      },
    });
    const reply = await request('GET', '/v1/agent/monitor?loglevel=err&logjson');
    expect([reply.status, reply.text, seen]).toEqual([200, 'one\ntwo\n', ['error', true]]);
    const unknown = await request('GET', '/v1/agent/monitor?loglevel=loud');
    expect([unknown.status, unknown.text]).toEqual([400, 'Bad request: Unknown log level: loud']);
  });

  it('shows figures as JSON, and as text for Prometheus if that is on', async () => {
    const on = face({ metricsJson: () => ({ Gauges: [] }), prometheusText: () => '# HELP x\n' });
    expect((await on.request('GET', '/v1/agent/metrics')).text).toBe('{"Gauges":[]}');
    const text = await on.request('GET', '/v1/agent/metrics?format=prometheus');
    expect([text.text, text.headers['content-type']]).toEqual([
      '# HELP x\n',
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    const accept = { Accept: 'application/openmetrics-text;version=1.0.0' };
    expect((await on.request('GET', '/v1/agent/metrics', { headers: accept })).text).toBe('# HELP x\n');
    const off = await face({ prometheusText: () => null }).request('GET', '/v1/agent/metrics?format=prometheus');
    expect(off.status).toBe(415);
  });

  it('refuses segments, which it has not', async () => {
    const { request } = face({ members: () => [], wanMembers: () => [] });
    expect((await request('GET', '/v1/agent/members?segment=a')).status).toBe(500);
    expect((await request('GET', '/v1/agent/members?wan=1&segment=a')).status).toBe(400);
    expect((await request('GET', '/v1/agent/members?segment=_all')).text).toBe('[]');
  });
});

describe('snapshots', () => {
  it('are streamed out with their index', async () => {
    async function* archive() {
      yield Buffer.from('ab');
      yield Buffer.from('cd');
    }
    const asked: SnapshotQuestion[] = [];
    const snapshots: Snapshots = {
      save: async (question) => {
        asked.push(question);
        return { meta: { ...meta(12), KnownLeader: true }, archive: archive() };
      },
      restore: async () => {},
    };
    const { request } = serve(() => answer(null), { agent: { snapshots } });
    const reply = await request('GET', '/v1/snapshot?dc=dc9&stale');
    expect([reply.text, reply.headers['x-consul-index']]).toEqual(['abcd', '12']);
    expect(asked).toEqual([{ Datacenter: 'dc9', Token: '', AllowStale: true }]);
  });

  it('are read in as bytes', async () => {
    let got = '';
    const { request } = serve(() => answer(null), {
      agent: {
        snapshots: {
          save: () => Promise.reject(new Error('not asked for')),
          restore: async (_question, archive) => {
            for await (const chunk of archive) got += Buffer.from(chunk).toString();
          },
        },
      },
    });
    expect((await request('PUT', '/v1/snapshot', { body: 'archive' })).status).toBe(200);
    expect(got).toBe('archive');
  });
});
