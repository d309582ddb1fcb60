/** The package `consul` of npm, used as its README says. What it creates queries with is the token that they are to have, and not its own. */
import Consul from 'consul';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentProcess } from '../agent-process.ts';
import { ownTokenArgs, suite } from '../security.ts';

let agent: AgentProcess;
let consul: Consul;

beforeAll(async () => {
  agent = await AgentProcess.create({ dev: true, args: ownTokenArgs });
  await agent.start();
  consul = new Consul({
    host: '127.0.0.1',
    port: agent.httpPort,
    ...(suite !== null && { defaults: { token: suite.token } }),
  });
});
afterAll(() => agent[Symbol.asyncDispose]());

/** The types of the package know of no sessions. */
const sessionOf = async (key: string): Promise<string | undefined> =>
  ((await consul.kv.get(key)) as { Session?: string } | null)?.Session;

describe('the npm package consul', () => {
  it('reads and writes keys, and compares before it sets', async () => {
    expect(await consul.kv.set('hello', 'world')).toBe(true);
    const hello = await consul.kv.get('hello');
    expect(hello?.Value).toBe('world');
    const cas = hello?.ModifyIndex ?? -1;
    expect(await consul.kv.set({ key: 'hello', value: 'again', cas })).toBe(true);
    expect(await consul.kv.set({ key: 'hello', value: 'late', cas })).toBeFalsy();
    await consul.kv.set('folder/a', '1');
    expect(await consul.kv.keys('folder/')).toEqual(['folder/a']);
    await consul.kv.del({ key: 'folder/', recurse: true });
    await expect(consul.kv.keys('folder/')).rejects.toThrow('not found');
    expect(await consul.kv.get('none')).toBeFalsy();
    const operation = { KV: { Verb: 'set', Key: 't', Value: Buffer.from('x').toString('base64') } };
    // Its types do not tell what it takes.
    const results = await consul.transaction.create([operation] as never);
    expect(results.Results).toMatchObject([{ KV: { Key: 't' } }]);
  });

  it('takes locks with sessions', async () => {
    const { ID: mine } = await consul.session.create({ name: 'mine', ttl: '15s' });
    const { ID: other } = await consul.session.create({ name: 'other', ttl: '15s', lockdelay: '0s' });
    expect(await consul.kv.set({ key: 'lock', value: 'me', acquire: mine })).toBe(true);
    expect(await consul.kv.set({ key: 'lock', value: 'other', acquire: other })).toBeFalsy();
    expect(await sessionOf('lock')).toBe(mine);
    expect(await consul.session.renew(mine)).toMatchObject([{ ID: mine }]);
    expect(await consul.kv.set({ key: 'lock', value: '', release: mine })).toBe(true);
    expect(await consul.kv.set({ key: 'lock', value: 'other', acquire: other })).toBe(true);
    await consul.session.destroy(other);
    expect(await sessionOf('lock')).toBeUndefined();
    expect((await consul.session.list()).map(({ ID }: { ID: string }) => ID)).toEqual([mine]);
  });

  it('registers services, reports their health, and finds those that are healthy', async () => {
    await consul.agent.service.register({
      id: 'web1',
      name: 'web',
      port: 8080,
      tags: ['v1'],
      check: { ttl: '1h' },
    } as never);
    expect(await consul.health.service({ service: 'web', passing: true })).toEqual([]);
    await consul.agent.check.pass('service:web1');
    const healthy = () => consul.health.service({ service: 'web', passing: true, tag: 'v1' } as never);
    await expect.poll(healthy).toMatchObject([{ Service: { ID: 'web1', Port: 8080 } }]);
    expect(Object.keys(await consul.agent.services())).toEqual(['web1']);
    expect(Object.keys(await consul.catalog.service.list())).toContain('web');
    expect(await consul.catalog.service.nodes('web')).toMatchObject([{ ServiceID: 'web1' }]);
    await consul.agent.service.maintenance({ id: 'web1', enable: true, reason: 'test' });
    await expect.poll(healthy).toEqual([]);
    await consul.agent.service.deregister('web1');
    await expect.poll(() => consul.health.service('web')).toEqual([]);
    expect(await consul.status.leader()).toMatch(/^127\.0\.0\.1:\d+$/);
    const { ID } = await consul.event.fire('deploy', 'now');
    expect((await consul.event.list('deploy')).map((event: { ID: string }) => event.ID)).toEqual([ID]);
    const { ID: query } = await consul.query.create({ name: 'q', service: { service: 'consul' } });
    expect(await consul.query.execute(query)).toMatchObject({ Service: 'consul' });
  });

  it('watches a key and a service', async () => {
    const seen: unknown[] = [];
    const counts: number[] = [];
    const key = consul.watch({ method: consul.kv.get, options: { key: 'watched' } as never, backoffFactor: 10 });
    key.on('change', (data: { Value: string } | undefined) => seen.push(data?.Value));
    const service = consul.watch({
      method: consul.health.service,
      options: { service: 'seen', passing: true } as never,
    });
    service.on('change', (data: unknown[]) => counts.push(data.length));
    for (const value of ['one', 'two']) {
      await consul.kv.set('watched', value);
      await expect.poll(() => seen.at(-1), { timeout: 5_000 }).toBe(value);
    }
    await consul.agent.service.register({ name: 'seen', port: 1 });
    await expect.poll(() => counts.at(-1), { timeout: 5_000 }).toBe(1);
    await consul.agent.service.deregister('seen');
    await expect.poll(() => counts.at(-1), { timeout: 5_000 }).toBe(0);
    key.end();
    service.end();
  });
});
