import { describe, expect, it } from 'vitest';
import { unrestricted } from '../../../../src/agent/acl/authorizer.ts';
import { errors } from '../../../../src/agent/errors.ts';
import type { Api } from '../../../../src/agent/http/api.ts';
import { serve } from './exchange.ts';

/** An agent at which every blocking query waits until the API stops. */
function waitingAgent(acl: Api['acl'] = null) {
  let nowMs = 1_000;
  const served = serve(
    ({ options }) => {
      const signal = options!.signal!;
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
    { nowMs: () => nowMs, acl, agent: { wallMs: () => Date.parse('2026-11-22T12:00:00Z') + nowMs } },
  );
  const ended: Promise<unknown>[] = [];
  return {
    ask: (url: string, headers: Record<string, string> = {}) => {
      ended.push(served.request('GET', url, { headers, from: '10.0.0.7' }));
      nowMs += 500;
    },
    watches: async (query = '', headers: Record<string, string> = {}) => {
      // Routes are loaded with the first request.
      await new Promise((resolve) => setTimeout(resolve, 0));
      const reply = await served.request('GET', `/v1/agent/watches${query}`, { headers });
      return {
        status: reply.status,
        text: reply.text,
        json: reply.status === 200 ? JSON.parse(reply.text) : undefined,
      };
    },
    stop: async () => {
      await served.server.stop();
      await Promise.all(ended);
    },
  };
}

describe('/v1/agent/watches', () => {
  it('tells who waits for what since when, and no secret', async () => {
    const agent = waitingAgent();
    expect((await agent.watches()).json).toEqual({ Total: 0, Watches: [] });
    agent.ask('/v1/kv/a%20b?index=5&wait=1m&token=secret', { 'User-Agent': 'consul-template' });
    agent.ask('/v1/health/service/web?passing&index=7', { 'X-Consul-Token': 'secret' });
    const { json, text } = await agent.watches();
    expect(json).toEqual({
      Total: 2,
      Watches: [
        {
          URL: '/v1/kv/a%20b?index=5&token=<hidden>&wait=1m',
          Client: '10.0.0.7:undefined',
          UserAgent: 'consul-template',
          AccessorID: '',
          Since: '2026-11-22T12:00:01.000Z',
        },
        {
          URL: '/v1/health/service/web?index=7&passing=',
          Client: '10.0.0.7:undefined',
          UserAgent: '',
          AccessorID: '',
          Since: '2026-11-22T12:00:01.500Z',
        },
      ],
    });
    expect(text).not.toContain('secret');
    await agent.stop();
  });

  it('tells who waits for one service, whatever they ask about it', async () => {
    const agent = waitingAgent();
    const about = [
      '/v1/health/service/web',
      '/v1/health/connect/web',
      '/v1/catalog/service/web',
      '/v1/health/checks/web',
    ];
    for (const path of [...about, '/v1/health/service/web2', '/v1/kv/web', '/v1/catalog/services'])
      agent.ask(`${path}?index=5`);
    const { json } = await agent.watches('?service=web');
    expect(json.Watches.map(({ URL: url }: { URL: string }) => url)).toEqual(about.map((path) => `${path}?index=5`));
    await agent.stop();
  });

  it('counts a crowd and lists the oldest of it', async () => {
    const agent = waitingAgent();
    for (let i = 1; i <= 10_000; i++) agent.ask(`/v1/kv/${i}?index=5`);
    const { json } = await agent.watches();
    expect([json.Total, json.Watches.length, json.Watches[255].URL]).toEqual([10_000, 256, '/v1/kv/256?index=5']);
    await agent.stop();
  });

  it('names tokens by their accessor, and those that are none any more not at all', async () => {
    const acl = {
      authorizer: (secret: string) => {
        if (secret === 'gone') throw errors.aclNotFound();
        return { ...unrestricted, accessor: `accessor of ${secret}` };
      },
    } as unknown as Api['acl'];
    const agent = waitingAgent(acl);
    agent.ask('/v1/kv/a?index=5', { 'X-Consul-Token': 'one' });
    agent.ask('/v1/kv/b?index=5', { 'X-Consul-Token': 'gone' });
    const { json } = await agent.watches('', { 'X-Consul-Token': 'mine' });
    expect(json.Watches.map(({ AccessorID }: { AccessorID: string }) => AccessorID)).toEqual(['accessor of one', '']);
    expect((await agent.watches('', { 'X-Consul-Token': 'gone' })).status).toBe(403);
    await agent.stop();
  });
});
