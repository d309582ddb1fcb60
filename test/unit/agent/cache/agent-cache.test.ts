import { describe, expect, it } from 'vitest';
import { AgentCache } from '../../../../src/agent/cache/agent-cache.ts';
import type { Answer, RpcCaller } from '../../../../src/agent/rpc/caller.ts';
import type { RateLimit } from '../../../../src/agent/rpc/rate-limiter.ts';
import type { Logger } from '../../../../src/agent/telemetry/api.ts';
import { manualRuntime } from '../server/manual-runtime.ts';

const silent = { debug() {} } as unknown as Logger;

/** A server that answers the first question at once, and blocking ones when it is told to. */
function world(limit: RateLimit = { perSecond: Number.POSITIVE_INFINITY, burst: 2 }) {
  const runtime = manualRuntime();
  const calls: { method: string; index: number }[] = [];
  const held: { resolve: (answer: Answer<unknown>) => void; reject: (error: Error) => void }[] = [];
  let failure: Error | null = null;
  let current = limit;
  const answer = (index: number): Answer<unknown> => ({ reply: { index }, meta: { Index: index } as never });
  const rpc = {
    call(method: string, args: { MinQueryIndex?: number }, options?: { signal?: AbortSignal }) {
      calls.push({ method, index: args.MinQueryIndex ?? 0 });
      if (failure !== null) throw failure;
      if (!args.MinQueryIndex) return answer(10);
      return new Promise((resolve, reject) => {
        held.push({ resolve, reject });
        options?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
      });
    },
  } as unknown as RpcCaller;
  const cache = new AgentCache({ rpc, clock: runtime.clock, logger: silent, fetchLimit: () => current });
  const { advance } = runtime;
  const setLimit = (next: RateLimit) => {
    current = next;
    cache.reload();
  };
  return { cache, calls, held, answer, advance, setLimit, fail: (error: Error | null) => (failure = error) };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const subject = { ServiceName: 'web' };

describe('the cache of an agent', () => {
  it('misses once, then hits, and follows the answer by a blocking query', async () => {
    const { cache, calls, held, answer } = world();
    expect((await cache.get('Health.ServiceNodes', subject, {})).hit).toBe(false);
    await settle();
    expect(calls.map(({ index }) => index)).toEqual([0, 10]);
    expect(await cache.get('Health.ServiceNodes', subject, {})).toMatchObject({ hit: true, ageMs: 0 });
    held[0]!.resolve(answer(11));
    await settle();
    expect((await cache.get('Health.ServiceNodes', subject, {})).answer.meta.Index).toBe(11);
    expect(calls.map(({ index }) => index)).toEqual([0, 10, 11]);
    cache.stop();
  });

  it('asks once for all who come at the same time, and apart for other subjects', async () => {
    const { cache, calls } = world();
    await Promise.all([1, 2, 3].map(() => cache.get('Catalog.ListDatacenters', {}, {})));
    await cache.get('Catalog.ServiceNodes', subject, {});
    await cache.get('Catalog.ServiceNodes', { ServiceName: 'db' }, {});
    expect(calls.filter(({ index }) => index === 0)).toHaveLength(3);
    cache.stop();
  });

  it('wakes who waits for a newer answer', async () => {
    const { cache, held, answer } = world();
    await cache.get('Health.ServiceNodes', subject, {});
    await settle();
    const waiting = cache.get('Health.ServiceNodes', subject, { MinQueryIndex: 10 });
    held[0]!.resolve(answer(12));
    expect((await waiting).answer.meta.Index).toBe(12);
    cache.stop();
  });

  it.each([7, 10])('wakes everybody when the servers were given another state, whose index is %i', async (index) => {
    const { cache, held, answer } = world();
    await cache.get('Health.ServiceNodes', subject, {});
    await settle();
    const waiting = cache.get('Health.ServiceNodes', subject, { MinQueryIndex: 10 });
    held[0]!.resolve(answer(index));
    expect((await waiting).answer.meta.Index).toBe(index);
    cache.stop();
  });

  it('tells how long it has been cut off, and keeps what it had', async () => {
    const { cache, held, advance } = world();
    await cache.get('Health.ServiceNodes', subject, {});
    await settle();
    held[0]!.reject(new Error('gone'));
    await settle();
    advance(500);
    expect(await cache.get('Health.ServiceNodes', subject, {})).toMatchObject({ hit: true, ageMs: 500 });
    cache.stop();
  });

  it('asks anew for what is too old, and stands in with the old where that is wanted', async () => {
    const { cache, advance, fail } = world();
    await cache.get('Catalog.ListDatacenters', {}, {});
    advance(5000);
    expect((await cache.get('Catalog.ListDatacenters', {}, { MaxAge: 10e9 })).hit).toBe(true);
    expect((await cache.get('Catalog.ListDatacenters', {}, { MaxAge: 1e9 })).hit).toBe(false);
    advance(5000);
    fail(new Error('no leader'));
    await expect(cache.get('Catalog.ListDatacenters', {}, { MaxAge: 1e9 })).rejects.toThrow('no leader');
    const stale = await cache.get('Catalog.ListDatacenters', {}, { MaxAge: 1e9, StaleIfError: 60e9 });
    expect(stale).toMatchObject({ hit: true, ageMs: 5000 });
    cache.stop();
  });

  it('does not keep failures', async () => {
    const { cache, fail } = world();
    fail(new Error('no leader'));
    await expect(cache.get('Health.ServiceNodes', subject, {})).rejects.toThrow('no leader');
    expect(cache.size).toBe(0);
    cache.stop();
  });

  it('fetches what changes all the time no more often than it may, and another entry all the same', async () => {
    const { cache, calls, held, answer, advance, setLimit } = world({ perSecond: 2, burst: 2 });
    await cache.get('Health.ServiceNodes', subject, {});
    await settle();
    expect(calls).toHaveLength(2);
    held[0]!.resolve(answer(11));
    await settle();
    // The bucket is empty: the next one comes half a second later, and what is known is served meanwhile.
    expect(calls).toHaveLength(2);
    expect((await cache.get('Health.ServiceNodes', subject, {})).answer.meta.Index).toBe(11);
    expect((await cache.get('Health.ServiceNodes', { ServiceName: 'db' }, {})).hit).toBe(false);
    advance(499);
    await settle();
    expect(calls.filter(({ index }) => index === 11)).toHaveLength(0);
    advance(1);
    await settle();
    expect(calls.filter(({ index }) => index === 11)).toHaveLength(1);
    setLimit({ perSecond: 1, burst: 1 });
    held.at(-1)!.resolve(answer(12));
    await settle();
    expect(calls.at(-1)!.index).toBe(12);
    held.at(-1)!.resolve(answer(13));
    await settle();
    expect(calls.at(-1)!.index).toBe(12);
    advance(1000);
    await settle();
    expect(calls.at(-1)!.index).toBe(13);
    cache.stop();
  });

  it('does not fetch any more when it is stopped while it waits for its turn', async () => {
    const { cache, calls, held, answer, advance } = world({ perSecond: 1, burst: 1 });
    await cache.get('Health.ServiceNodes', subject, {});
    advance(1000);
    await settle();
    held[0]!.resolve(answer(11));
    await settle();
    const asked = calls.length;
    cache.stop();
    advance(10_000);
    await settle();
    expect(calls).toHaveLength(asked);
  });
});
