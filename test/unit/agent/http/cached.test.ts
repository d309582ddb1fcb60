/** `?cached`: what the agent keeps, what it says of its age, and what a request may demand of it. */
import { describe, expect, it } from 'vitest';
import { RpcError } from '../../../../src/agent/errors.ts';
import { CheckServiceNode, Node } from '../../../../src/structs/catalog.ts';
import { make } from '../../../../src/structs/make.ts';
import { PreparedQueryExecuteResponse } from '../../../../src/structs/prepared-query.ts';
import { answer, type Call, type Settings, serve } from './exchange.ts';

/** Servers that answer at once, hold blocking queries until `change`, and fail while `failure` is set. */
function world(settings?: Settings) {
  let index = 10;
  let failure: RpcError | null = null;
  let held: { resolve: (reply: unknown) => void; reject: (error: Error) => void }[] = [];
  const reply = ({ method, args }: Call) => {
    if (method === 'Catalog.ListDatacenters') return answer([`dc${index}`], index);
    const TaggedAddresses = { wan: '203.0.113.1' };
    const Node_ = make(Node, { Node: `n${index}`, Address: '10.0.0.1', TaggedAddresses });
    const Nodes = [make(CheckServiceNode, { Node: Node_, Service: null })];
    if (method !== 'PreparedQuery.Execute') return answer({ Nodes }, index);
    const Datacenter = String(args['Datacenter']);
    return answer(make(PreparedQueryExecuteResponse, { Nodes, Datacenter }), index);
  };
  const served = serve((call) => {
    if (failure !== null) throw failure;
    if (!call.args['MinQueryIndex']) return reply(call);
    return new Promise((resolve, reject) => {
      held.push({ resolve: () => resolve(reply(call)), reject });
      call.options?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
    });
  }, settings);
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const release = async (how: (one: (typeof held)[number]) => void) => {
    const all = held;
    held = [];
    all.forEach(how);
    await settle();
  };
  return {
    ...served,
    /** Names that were shown, and the headers of the cache. */
    async ask(url: string, cacheControl?: string) {
      const headers: Record<string, string> = cacheControl === undefined ? {} : { 'Cache-Control': cacheControl };
      const got = await served.request('GET', url, { headers });
      const names = [...got.text.matchAll(/"(?:n|dc)(\d\d)"/g)].map(([, number]) => number);
      await settle();
      return [got.status, got.headers['x-cache'], got.headers['age'], ...names];
    },
    change: () => {
      index++;
      return release(({ resolve }) => resolve(null));
    },
    fail: (error: RpcError | null) => {
      failure = error;
      return release(({ reject }) => error !== null && reject(error));
    },
    fetches: () => served.calls.filter(({ args }) => !args['MinQueryIndex']).length,
  };
}

const health = '/v1/health/service/web?cached';

describe('answers that refresh themselves', () => {
  it('miss once, are hits of no age then, and follow what changes', async () => {
    const { ask, change, advance, fetches } = world();
    expect(await ask(health)).toEqual([200, 'MISS', undefined, '10']);
    advance(60_000);
    expect(await ask(health)).toEqual([200, 'HIT', '0', '10']);
    await change();
    // Not even an age limit asks the servers again: what is kept is fresh.
    expect(await ask(health, 'max-age=1, must-revalidate')).toEqual([200, 'HIT', '0', '11']);
    expect(fetches()).toBe(1);
  });

  it('say since when they could not be refreshed', async () => {
    const { ask, fail, advance } = world();
    await ask(health);
    await fail(new RpcError('No cluster leader'));
    advance(5_900);
    expect(await ask(health)).toEqual([200, 'HIT', '5', '10']);
  });

  it.each(['/v1/health/connect/web', '/v1/health/ingress/web', '/v1/catalog/service/web', '/v1/catalog/services'])(
    '%s is one',
    async (path) => {
      const { request, calls } = world();
      expect((await request('GET', `${path}?cached`)).headers['x-cache']).toBe('MISS');
      expect((await request('GET', `${path}?cached`)).headers['x-cache']).toBe('HIT');
      await new Promise((resolve) => setImmediate(resolve));
      expect(calls.map(({ args }) => [args['MinQueryIndex'] ?? 0, args['AllowStale']])).toEqual([
        [0, true],
        [10, true],
      ]);
    },
  );
});

describe.each(['/v1/catalog/datacenters?cached', '/v1/query/q/execute?cached'])('simple answers: %s', (path) => {
  it('are hits of some age until they are too old for whoever asks', async () => {
    const { ask, change, advance } = world();
    expect(await ask(path)).toEqual([200, 'MISS', undefined, '10']);
    await change();
    advance(3_000);
    expect(await ask(path)).toEqual([200, 'HIT', '3', '10']);
    expect(await ask(path, 'max-age=4')).toEqual([200, 'HIT', '3', '10']);
    expect(await ask(path, 'max-age=2')).toEqual([200, 'MISS', undefined, '11']);
    await change();
    expect(await ask(path, 'must-revalidate')).toEqual([200, 'MISS', undefined, '12']);
  });

  it('stand in for an error as long as the asker says', async () => {
    const { ask, fail, advance } = world();
    await ask(path);
    advance(10_000);
    await fail(new RpcError('No cluster leader'));
    expect(await ask(path, 'max-age=1, stale-if-error=60')).toEqual([200, 'HIT', '10', '10']);
    expect((await ask(path, 'max-age=1, stale-if-error=9'))[0]).toBe(500);
    expect((await ask(path, 'max-age=1'))[0]).toBe(500);
  });
});

describe('what is kept', () => {
  it('is nothing where the configuration forbids it, or nobody asks for it', async () => {
    const { ask, fetches } = world({ http: { useCache: false } });
    expect(await ask(health)).toEqual([200, undefined, undefined, '10']);
    expect(fetches()).toBe(1);
    expect(await world().ask('/v1/health/service/web')).toEqual([200, undefined, undefined, '10']);
  });

  it('is shown with the addresses for outsiders all the same', async () => {
    const { request } = world({ translateWanAddrs: true });
    for (const path of ['/v1/health/service/web?cached&dc=dc2', '/v1/query/q/execute?cached&dc=dc2']) {
      for (let i = 0; i < 2; i++) {
        const { text, headers } = await request('GET', path);
        expect(text).toContain('"Address":"203.0.113.1"');
        expect(headers['x-consul-translate-addresses']).toBe('true');
      }
      expect((await request('GET', path.replace('dc2', 'dc1'))).text).toContain('"Address":"10.0.0.1"');
    }
  });
});
