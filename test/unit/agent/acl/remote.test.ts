import { describe, expect, it } from 'vitest';
import { RemoteAcl } from '../../../../src/agent/acl/remote.ts';
import type { Config } from '../../../../src/agent/config/config.ts';
import { errors } from '../../../../src/agent/errors.ts';
import type { RpcCaller } from '../../../../src/agent/rpc/caller.ts';
import { ACLPolicy, ACLRole, ACLToken } from '../../../../src/structs/acl.ts';
import { make } from '../../../../src/structs/make.ts';

const policy = make(ACLPolicy, { ID: 'p', Name: 'p', Rules: 'key_prefix "a/" { policy = "write" }' });
const role = make(ACLRole, { ID: 'r', Name: 'r', Policies: [{ ID: 'p', Name: 'p' }] });
const byRole = make(ACLToken, { AccessorID: 'x', SecretID: 's', Roles: [{ ID: 'r', Name: 'r' }] });
const token = make(ACLToken, { AccessorID: 'x', SecretID: 's', Policies: [{ ID: 'p', Name: 'p' }] });

function agent(downPolicy: string, { roleTtlMs = 30_000, roles = false } = {}) {
  const world = { nowMs: 0, wallMs: 1_000_000, down: false, known: true, calls: [] as string[] };
  const answers: Record<string, () => unknown> = {
    'ACL.TokenRead': () => ({ Token: !world.known ? null : roles ? byRole : token }),
    'ACL.RoleResolve': () => ({ Roles: [role] }),
    'ACL.PolicyResolve': () => ({ Policies: [policy] }),
  };
  const rpc = {
    call: async (method: string) => {
      world.calls.push(method);
      if (world.down) throw errors.noServers();
      return { reply: answers[method]!(), meta: {} };
    },
  } as unknown as RpcCaller;
  const config = {
    nodeName: 'n',
    datacenter: 'dc1',
    acl: {
      enabled: true,
      defaultPolicy: 'deny',
      downPolicy,
      tokenTtlMs: 30_000,
      roleTtlMs,
      policyTtlMs: 60_000,
    },
  } as unknown as Config;
  const clock = { nowMs: () => world.nowMs, wallMs: () => world.wallMs, after: () => ({ cancel() {} }) };
  return {
    world,
    acl: new RemoteAcl({ config: () => config, datacenter: 'dc1', rpc, clock, agentMaster: () => 'am' }),
  };
}

describe('tokens on an agent that is no server', () => {
  it('are asked for once while they are fresh', async () => {
    const { acl, world } = agent('extend-cache');
    expect((await acl.authorizer('s')).allows('key', 'write', 'a/b')).toBe(true);
    expect((await acl.authorizer('s')).allows('key', 'write', 'b')).toBe(false);
    expect(world.calls).toEqual(['ACL.TokenRead', 'ACL.PolicyResolve']);
    world.nowMs = 30_001;
    await acl.authorizer('s');
    expect(world.calls.slice(2)).toEqual(['ACL.TokenRead']);
    world.nowMs = 60_000;
    await acl.authorizer('s');
    expect(world.calls.slice(3)).toEqual(['ACL.PolicyResolve']);
  });

  it('are what their roles say, though roles are kept for no time at all', async () => {
    const { acl, world } = agent('extend-cache', { roleTtlMs: 0, roles: true });
    for (let i = 0; i < 2; i++) expect((await acl.authorizer('s')).allows('key', 'write', 'a/b')).toBe(true);
    expect(world.calls).toEqual(['ACL.TokenRead', 'ACL.RoleResolve', 'ACL.PolicyResolve', 'ACL.RoleResolve']);
  });

  it('are none when the servers know nothing of them, whatever was kept', async () => {
    const { acl, world } = agent('extend-cache');
    await acl.authorizer('s');
    world.known = false;
    world.nowMs = 30_001;
    await expect(acl.authorizer('s')).rejects.toThrow('ACL not found');
    world.down = true;
    expect((await acl.authorizer('s')).allows('key', 'write', 'a/b')).toBe(false);
  });

  it.each([
    ['extend-cache', true, false],
    ['async-cache', true, false],
    ['deny', false, false],
    ['allow', true, true],
  ])('without servers, %s lets what was known through: %s, and the unknown: %s', async (policy, known, unknown) => {
    const { acl, world } = agent(policy);
    await acl.authorizer('s');
    world.down = true;
    world.nowMs = 30_001;
    expect((await acl.authorizer('s')).allows('key', 'write', 'a/b')).toBe(known);
    expect((await acl.authorizer('t')).allows('key', 'write', 'a/b')).toBe(unknown);
  });

  it('need no server where the agent has its own master token', async () => {
    const { acl, world } = agent('deny');
    world.down = true;
    const own = await acl.authorizer('am');
    expect([own.allows('agent', 'write', 'n'), own.allows('key', 'read', 'k')]).toEqual([true, false]);
  });
});
