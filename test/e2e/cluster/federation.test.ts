/** Two datacenters, the second with its ACLs, config entries and gateways from the first. */
import { describe, expect, it } from 'vitest';
import { management } from '../security.ts';
import { type ClusterNode, knowsLeader, Playground, until } from './node.ts';

const master = management;

interface Asked {
  readonly status: number;
  readonly text: string;
}

async function ask(node: ClusterNode, method: string, path: string, token: string, body?: unknown): Promise<Asked> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await node.ask(method, path, text, { 'X-Consul-Token': token });
  return { status: answer.status, text: answer.text };
}

async function json<T>(node: ClusterNode, method: string, path: string, token: string, body?: unknown): Promise<T> {
  const { status, text } = await ask(node, method, path, token, body);
  if (status !== 200) throw new Error(`${method} ${path}: ${status} ${text}`);
  return JSON.parse(text) as T;
}

const acls = (more: string): string =>
  `-hcl=acl { enabled = true default_policy = "deny" ${more} } primary_datacenter = "one" connect { enabled = true }`;
const tokens = (lines: string): string => `tokens { ${lines} }`;

async function twoDatacenters(ground: Playground, replicate: boolean): Promise<[ClusterNode, ClusterNode]> {
  const one = await ground.node({
    name: 'a',
    server: true,
    expect: 1,
    args: ['-datacenter=one', acls(tokens(`master = "${master}" agent = "${master}"`))],
  });
  one.start();
  await until('one has a leader', () => knowsLeader(one));
  const two = await ground.node({
    name: 'b',
    server: true,
    expect: 1,
    joinsWan: [one],
    args: ['-datacenter=two', acls(`enable_token_replication = ${replicate} ${tokens(`agent = "${master}"`)}`)],
  });
  two.start();
  await until('two has a leader', () => knowsLeader(two));
  await until('two sees one', async () => (await two.read<string[]>('/v1/catalog/datacenters'))?.length === 2);
  return [one, two];
}

describe('a secondary datacenter', () => {
  it('has policies, roles and tokens of the primary, and tokens of its own', async () => {
    await using ground = await Playground.make();
    const [one, two] = await twoDatacenters(ground, true);
    // Until it may replicate it asks the primary who somebody is.
    expect((await ask(two, 'PUT', '/v1/agent/token/replication', master, { Token: master })).text).toBe('');
    const policy = await json<{ ID: string }>(two, 'PUT', '/v1/acl/policy', master, {
      Name: 'kv',
      Rules: 'key_prefix "" { policy = "write" }',
    });
    await until('the policy is in both', async () => {
      const [here, there] = await Promise.all([one, two].map((n) => ask(n, 'GET', '/v1/acl/policy/name/kv', master)));
      return here!.status === 200 && there!.status === 200;
    });
    await json(two, 'PUT', '/v1/acl/role', master, { Name: 'r', Policies: [{ ID: policy.ID }] });
    const global = await json<{ SecretID: string; AccessorID: string }>(two, 'PUT', '/v1/acl/token', master, {
      Roles: [{ Name: 'r' }],
    });
    await until(
      'the token works in two',
      async () => (await ask(two, 'PUT', '/v1/kv/x', global.SecretID, '1')).status === 200,
    );
    const own = await json<{ SecretID: string; AccessorID: string }>(two, 'PUT', '/v1/acl/token', master, {
      Policies: [{ ID: policy.ID }],
      Local: true,
    });
    expect((await ask(two, 'PUT', '/v1/kv/y', own.SecretID, '1')).status).toBe(200);
    // It means nothing in the other datacenter, and is not even told there.
    expect(await ask(two, 'GET', '/v1/kv/y?dc=one', own.SecretID)).toEqual({
      status: 403,
      text: 'rpc error making call: Permission denied',
    });
    expect((await ask(one, 'GET', '/v1/kv/y', own.SecretID)).text).toBe('ACL not found');
    const status = await json<Record<string, unknown>>(two, 'GET', '/v1/acl/replication', master);
    expect(status).toMatchObject({ Enabled: true, Running: true, SourceDatacenter: 'one', ReplicationType: 'tokens' });
    expect(status['ReplicatedIndex']).toBeGreaterThan(1);
    expect(status['ReplicatedTokenIndex']).toBeGreaterThan(1);
    // What is deleted there is soon gone here; what is local stays.
    expect((await ask(two, 'DELETE', `/v1/acl/token/${global.AccessorID}`, master)).text).toBe('true');
    await until('the token is gone', async () => (await ask(two, 'GET', '/v1/kv/x', global.SecretID)).status === 403);
    expect((await ask(two, 'GET', '/v1/kv/y', own.SecretID)).status).toBe(200);
    // Without the primary, two goes on.
    await one.end();
    expect((await ask(two, 'PUT', '/v1/kv/z', own.SecretID, '1')).status).toBe(200);
    expect((await ask(two, 'GET', '/v1/kv/z', master)).status).toBe(200);
    expect((await ask(two, 'PUT', '/v1/acl/policy', master, { Name: 'no' })).status).toBe(500);
  });

  it('without tokens of its own asks the primary, and goes by the down policy when that is away', async () => {
    await using ground = await Playground.make();
    const [one, two] = await twoDatacenters(ground, false);
    expect((await ask(two, 'PUT', '/v1/agent/token/replication', master, { Token: master })).text).toBe('');
    await until('the policies are there', async () => {
      const { ReplicatedIndex } = await json<{ ReplicatedIndex: number }>(two, 'GET', '/v1/acl/replication', master);
      return ReplicatedIndex > 0;
    });
    expect((await ask(two, 'PUT', '/v1/kv/x', master, '1')).status).toBe(200);
    expect((await ask(two, 'PUT', '/v1/kv/x', 'nobody', '1')).text).toContain('ACL not found');
    expect((await ask(two, 'PUT', '/v1/kv/x', '', '1')).text).toBe('Permission denied');
    expect((await ask(two, 'PUT', '/v1/acl/token', master, { Local: true })).text).toBe('Local tokens are disabled');
    const methods = await ask(two, 'GET', '/v1/acl/auth-methods', master);
    expect(methods.text).toBe('Token replication is required for auth methods to function');
    expect((await ask(two, 'PUT', '/v1/acl/bootstrap', '')).text).toContain('ACL support disabled');
    await one.end();
    // Known tokens stay what they were (extend-cache), unknown ones are nobody's.
    expect((await ask(two, 'GET', '/v1/kv/x', master)).status).toBe(200);
    expect((await ask(two, 'GET', '/v1/kv/x', 'other')).text).toBe('Permission denied');
  });

  it('has config entries and federation states of the primary, and reports its mesh gateways', async () => {
    await using ground = await Playground.make();
    const [one, two] = await twoDatacenters(ground, true);
    await ask(two, 'PUT', '/v1/agent/token/replication', master, { Token: master });
    const entry = { Kind: 'service-defaults', Name: 'web', Protocol: 'http' };
    expect((await ask(two, 'PUT', '/v1/config', master, entry)).text).toBe('true');
    const intention = { SourceName: 'web', DestinationName: 'db', Action: 'allow' };
    await json(two, 'POST', '/v1/connect/intentions', master, intention);
    for (const node of [one, two]) {
      await until(
        'the entry is there',
        async () => (await ask(node, 'GET', '/v1/config/service-defaults/web', master)).status === 200,
      );
      await until('the intention is there', async () =>
        (await ask(node, 'GET', '/v1/connect/intentions', master)).text.includes('"db"'),
      );
    }
    expect((await ask(one, 'DELETE', '/v1/config/service-defaults/web', master)).status).toBe(200);
    await until(
      'the entry is gone',
      async () => (await ask(two, 'GET', '/v1/config/service-defaults/web', master)).status === 404,
    );
    await json(two, 'PUT', '/v1/catalog/register', master, {
      Node: 'gw',
      Address: '10.1.1.1',
      Service: { Service: 'mgw', Kind: 'mesh-gateway', Port: 443, Meta: { 'consul-wan-federation': '1' } },
    });
    for (const node of [one, two]) {
      await until('the gateway is known', async () => {
        const path = '/v1/internal/federation-states/mesh-gateways';
        const { two: gateways } = await json<{ two?: { Node: { Node: string } }[] }>(node, 'GET', path, master);
        return gateways?.[0]?.Node.Node === 'gw';
      });
    }
  });
});

describe('datacenters that name each other as the primary', () => {
  it('pass nothing to and fro: what belongs to a primary is refused, and says why', async () => {
    await using ground = await Playground.make('plain');
    const nodes: ClusterNode[] = [];
    for (const [name, own, primary] of [
      ['a', 'one', 'two'],
      ['b', 'two', 'one'],
      ['c', 'three', 'two'],
    ] as const) {
      const acl = `acl { enabled = true default_policy = "deny" enable_token_replication = ${name === 'b'} }`;
      const tokens = `acl { tokens { replication = "${master}" agent = "${master}" agent_master = "${master}" } }`;
      const args = [`-datacenter=${own}`, `-hcl=primary_datacenter = "${primary}" ${acl}`, `-hcl=${tokens}`];
      const node = await ground.node({ name, server: true, expect: 1, joinsWan: nodes.slice(0, 1), args });
      node.start();
      nodes.push(node);
    }
    for (const node of nodes) {
      await until('a leader', () => knowsLeader(node));
      await until('all are there', async () => (await node.read<string[]>('/v1/catalog/datacenters'))?.length === 3);
    }
    const [one, two, three] = nodes as [ClusterNode, ClusterNode, ClusterNode];
    const why = (primary: string, theirs: string): string =>
      `primary_datacenter is "${primary}", whose own primary_datacenter is "${theirs}": it has to be the same in all datacenters`;
    for (const [node, text] of [
      [one, why('two', 'one')],
      [two, why('one', 'two')],
      [three, why('two', 'one')],
    ] as const) {
      for (const [path, body] of [
        ['/v1/acl/policy', { Name: 'p' }],
        ['/v1/config', { Kind: 'service-defaults', Name: 'web' }],
        ['/v1/acl/create', { Name: 'old' }],
      ] as const) {
        const refused = await ask(node, 'PUT', path, '', body);
        expect([path, refused.status, refused.text]).toEqual([path, 500, text]);
      }
    }
    // Where the caller says so it is passed on, once and no further.
    // Where the caller says so it is passed on, once and no further.
    const refused = await ask(one, 'PUT', '/v1/acl/policy?dc=two', '', { Name: 'p' });
    expect([refused.status, refused.text]).toEqual([500, `rpc error making call: ${why('one', 'two')}`]);
    // Whose token it is cannot be found out, in any of them: nobody may do anything, and everybody is told at once.
    for (const node of nodes) expect((await ask(node, 'PUT', '/v1/kv/x', master, 'x')).status).toBe(403);
    for (const node of nodes) {
      await until('the log says it', async () => node.output.includes('has to be the same in all datacenters'));
    }
  });
});
