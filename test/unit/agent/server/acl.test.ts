import { describe, expect, it } from 'vitest';
import type { Args, MethodName, Reply } from '../../../../src/agent/rpc/signatures.ts';
import { ACLPolicy, ACLToken } from '../../../../src/structs/acl.ts';
import { NodeService } from '../../../../src/structs/catalog.ts';
import { DirEntry } from '../../../../src/structs/kv.ts';
import { make } from '../../../../src/structs/make.ts';
import { PreparedQuery, ServiceQuery } from '../../../../src/structs/prepared-query.ts';
import { Dice } from '../../../fuzz/dice.ts';
import { devConfig, EagerClock, instantServer } from '../../../fuzz/instant-server.ts';

const master = 'a3f4c0de-0000-4000-8000-00000000face';
const web = 'a3f4c0de-0000-4000-8000-000000000001';

async function start() {
  const base = devConfig();
  const config = {
    ...base,
    acl: { ...base.acl, enabled: true, defaultPolicy: 'deny', tokens: { ...base.acl.tokens, master } },
  };
  const clock = new EagerClock();
  const server = await instantServer(config as typeof base, clock, new Dice(1));
  const call = async <M extends MethodName>(method: M, args: Partial<Args<M>>, Token = master): Promise<Reply<M>> =>
    (await server.call(method, { ...args, Token })).reply;
  const turns = async (count = 20): Promise<void> => {
    for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  await turns();
  const grant = async (rules: string): Promise<string> => {
    const policy = await call('ACL.PolicySet', { Policy: make(ACLPolicy, { Name: 'web', Rules: rules }) });
    const token = make(ACLToken, { SecretID: web, Policies: [{ ID: policy.ID, Name: '' }] });
    return (await call('ACL.TokenSet', { ACLToken: token, Create: true })).AccessorID;
  };
  const put = (Key: string, token?: string) =>
    call('KVS.Apply', { Op: 'set', DirEnt: make(DirEntry, { Key, Value: Buffer.from('1') }) }, token);
  return { server, call, grant, put, turns, clock };
}

describe('a server with ACLs', () => {
  it('lets a token do what its policy says, and nobody anything else', async () => {
    const { server, call, grant, put } = await start();
    await grant('key_prefix "web/" { policy = "write" }');
    await put('web/a', web);
    await expect(put('other', web)).rejects.toMatchObject({ message: 'Permission denied', status: 403 });
    await expect(call('KVS.Get', { Key: 'web/a' }, '')).rejects.toThrow('Permission denied');
    await expect(call('KVS.Get', { Key: 'web/a' }, 'nobody')).rejects.toThrow('ACL not found');
    await server.stop();
  });

  it('keeps answers apart: what one token was shown no other is', async () => {
    const { server, call, grant, put } = await start();
    await grant('key_prefix "web/" { policy = "read" }');
    await put('web/a');
    await put('secret');
    const keysFor = async (token: string) => (await call('KVS.ListKeys', { Prefix: '' }, token)).Keys;
    expect(await keysFor(master)).toEqual(['secret', 'web/a']);
    expect(await keysFor(web)).toEqual(['web/a']);
    expect(await keysFor('')).toEqual([]);
    expect(await keysFor(master)).toEqual(['secret', 'web/a']);
    await server.stop();
  });

  it('ends a query that waits when its token is revoked', async () => {
    const { server, call, grant, put, turns } = await start();
    const accessor = await grant('key_prefix "web/" { policy = "read" }');
    await put('web/a');
    const index = (await server.call('KVS.Get', { Key: 'web/a', Token: web })).meta.Index;
    const waiting = Promise.resolve(server.call('KVS.Get', { Key: 'web/a', Token: web, MinQueryIndex: index }));
    const ended = expect(waiting).rejects.toThrow('ACL not found');
    await call('ACL.TokenDelete', { TokenID: accessor });
    await turns();
    await ended;
    await server.stop();
  });

  it('applies a changed policy to what was kept before', async () => {
    const { server, call, grant, put } = await start();
    await grant('key_prefix "web/" { policy = "read" }');
    await put('web/a');
    const kept = await server.call('KVS.Get', { Key: 'web/a', Token: web });
    expect(kept.isCurrent?.()).toBe(true);
    const [policy] = (await call('ACL.PolicyList', {})).Policies!.filter(({ Name }) => Name === 'web');
    await call('ACL.PolicySet', { Policy: make(ACLPolicy, { ID: policy!.ID, Name: 'web', Rules: '' }) });
    expect(kept.isCurrent?.()).toBe(false);
    await expect(call('KVS.Get', { Key: 'web/a' }, web)).rejects.toThrow('Permission denied');
    await server.stop();
  });

  it('executes a query with the token that it brings', async () => {
    const { server, call, grant } = await start();
    await grant('service_prefix "" { policy = "read" } node_prefix "" { policy = "read" }');
    const Service = make(NodeService, { ID: 'db', Service: 'db', Port: 1 });
    await call('Catalog.Register', { Node: 'n', Address: '10.0.0.1', Service });
    const query = (Name: string, Token: string) =>
      make(PreparedQuery, { Name, Token, Service: make(ServiceQuery, { Service: 'db' }) });
    await call('PreparedQuery.Apply', { Op: 'create', Query: query('with', web) });
    await call('PreparedQuery.Apply', { Op: 'create', Query: query('without', '') });
    const found = async (QueryIDOrName: string, token: string) =>
      (await call('PreparedQuery.Execute', { QueryIDOrName }, token)).Nodes?.length;
    expect(await found('with', '')).toBe(1);
    expect(await found('without', '')).toBe(0);
    expect(await found('without', web)).toBe(1);
    // What may not be seen does not use up the limit.
    await call('Catalog.Register', { Node: 'n2', Address: '10.0.0.2', Service: { ...Service, ID: 'db2' } });
    const narrow = await call('ACL.PolicySet', {
      Policy: make(ACLPolicy, {
        Name: 'narrow',
        Rules: 'service_prefix "" { policy = "read" } node "n2" { policy = "read" }',
      }),
    });
    const { SecretID } = await call('ACL.TokenSet', {
      ACLToken: make(ACLToken, { Policies: [{ ID: narrow.ID, Name: '' }] }),
    });
    for (let i = 0; i < 8; i++) {
      const limited = await call('PreparedQuery.Execute', { QueryIDOrName: 'without', Limit: 1 }, SecretID);
      expect(limited.Nodes?.map(({ Node }) => Node?.Node)).toEqual(['n2']);
    }
    await expect(found('none', '')).rejects.toThrow('Query not found');
    // Who executes for another datacenter is told the query, and goes by its token as well.
    const remote = (Token: string) => call('PreparedQuery.ExecuteRemote', { Query: query('', Token) }, '');
    expect([(await remote(web)).Nodes?.length, (await remote('')).Nodes?.length]).toEqual([2, 0]);
    await server.stop();
  });

  it('gives what is no method of RPC to those alone who have the right', async () => {
    const { server, grant } = await start();
    await grant('operator = "write"');
    await server.demand(master, 'snapshot', 'write');
    await expect(server.demand(web, 'snapshot', 'write')).rejects.toMatchObject({ status: 403 });
    await expect(server.demand('nobody', 'snapshot', 'write')).rejects.toThrow('ACL not found');
    await server.stop();
  });

  it('shows secrets only to those who may change tokens', async () => {
    const { server, call, grant } = await start();
    await grant('acl = "read"');
    const secrets = new Set((await call('ACL.TokenList', {}, web)).Tokens!.map(({ SecretID }) => SecretID));
    expect([...secrets]).toEqual(['<hidden>']);
    await server.stop();
  });
});
