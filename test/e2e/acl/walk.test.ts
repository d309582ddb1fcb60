/** The walk through the ACL system of both generations, step by step as operators type it, with the answers they are promised. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentProcess } from '../agent-process.ts';
import { tc } from '../cli/tc.ts';
import { startWithToken } from './ready.ts';

const master = '245d0a09-7139-bbea-aadc-ff170a0562b1';
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** As it is written on every node. */
const config = (token: string): string =>
  JSON.stringify({
    acl: {
      enabled: true,
      default_policy: 'deny',
      down_policy: 'extend-cache',
      tokens: token === '' ? {} : { master: token },
    },
  });

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tc-acl-walk-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function agentWith(token: string): Promise<AgentProcess> {
  const file = join(directory, `acl-${token === '' ? 'none' : 'master'}.json`);
  await writeFile(file, config(token));
  const agent = await AgentProcess.create({ ownAcls: true, args: ['-datacenter', 'dc1', '-config-file', file] });
  await (token === '' ? agent.start() : startWithToken(agent, token));
  return agent;
}

describe('the ACL walk', () => {
  let agent: AgentProcess;
  beforeAll(async () => {
    agent = await agentWith(master);
  });
  afterAll(() => agent[Symbol.asyncDispose]());

  const url = (path: string): string => `http://127.0.0.1:${agent.httpPort}${path}`;
  async function put<T>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<T> {
    const answer = await fetch(url(path), { method: 'PUT', headers, body: JSON.stringify(body) });
    const text = await answer.text();
    expect([answer.status, text]).toEqual([200, text]);
    return JSON.parse(text) as T;
  }
  const get = async <T>(path: string): Promise<T> => (await (await fetch(url(path))).json()) as T;
  const policyHash = '0lcW+0xrcZ6OxTwb3ND+7oA+FF8XhXj60J8KGFpEZI0=';
  let policyId = '';

  it('makes a management token the way it was before 1.4', async () => {
    const headers = { 'X-Consul-Token': master };
    const made = await put<Record<string, string>>('/v1/acl/create', { Name: 'dc1', Type: 'management' }, headers);
    expect(Object.keys(made)).toEqual(['ID']);
    expect(made['ID']).toMatch(uuid);
    // Root rights.
    expect((await get<unknown[]>(`/v1/acl/list?token=${made['ID']}`)).length).toBeGreaterThan(0);
    expect(await put(`/v1/kv/root?token=${made['ID']}`, 1)).toBe(true);
  });

  it('makes a policy, whose hash follows from its content', async () => {
    const policy = {
      Name: 'client-read-policy',
      Description: 'Grants read access to all node information',
      Rules: 'node_prefix "" { policy = "read"}',
      Datacenters: ['dc1'],
    };
    const made = await put<Record<string, unknown>>(`/v1/acl/policy?token=${master}`, policy);
    expect(made).toMatchObject({ ...policy, Hash: policyHash });
    expect(made['ID']).toMatch(uuid);
    expect(made['CreateIndex']).toBe(made['ModifyIndex']);
    policyId = made['ID'] as string;
  });

  it('lists it beside the built-in one', async () => {
    const all = await get<Record<string, string>[]>(`/v1/acl/policies?token=${master}`);
    expect(all.map(({ Name, Hash }) => [Name, Hash])).toEqual([
      ['client-read-policy', policyHash],
      ['global-management', 'swIQt6up+s0cV4kePfJ2aRdKCLaQyykF4Hl1Nfdeumk='],
    ]);
  });

  it('makes a token that links to it by name', async () => {
    const asked = { Description: 'client read token', Policies: [{ Name: 'client-read-policy' }], Local: false };
    const made = await put<Record<string, unknown>>(`/v1/acl/token?token=${master}`, asked);
    expect(made).toMatchObject({
      Description: 'client read token',
      Local: false,
      Policies: [{ ID: policyId, Name: 'client-read-policy' }],
      AccessorID: expect.stringMatching(uuid),
      SecretID: expect.stringMatching(uuid),
      CreateTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      Hash: expect.stringMatching(/=$/),
    });
    const all = await get<Record<string, unknown>[]>(`/v1/acl/tokens?token=${master}`);
    expect(all.map(({ Description }) => Description).sort()).toEqual([
      'Anonymous Token',
      'Master Token',
      'client read token',
      'dc1',
    ]);
  });

  it('makes policy and token at once, the old way', async () => {
    const rules = 'key "foo/test" { policy = "write" }';
    // Old guides send a description beside the name.
    const asked = { Name: 'old', Description: 'from a guide', Type: 'client', Rules: rules };
    const { ID } = await put<Record<string, string>>(`/v1/acl/create?token=${master}`, asked);
    expect(await get(`/v1/acl/token/self?token=${ID}`)).toMatchObject({ Rules: rules, Description: 'old' });
    expect(await put(`/v1/kv/foo/test?token=${ID}`, 1)).toBe(true);
    for (const [token, text] of [
      [ID, 'Permission denied'],
      ['no-such-token', 'ACL not found'],
    ]) {
      const refused = await fetch(url(`/v1/kv/foo?token=${token}`));
      expect([refused.status, await refused.text()]).toEqual([403, text]);
    }
  });
});

describe('a cluster without a master token', () => {
  it('is bootstrapped by the command, once', async () => {
    await using agent = await agentWith('');
    const bootstrap = () => tc(['acl', 'bootstrap', `-http-addr=${agent.address}`]);
    const { code, out } = await bootstrap();
    expect(code).toBe(0);
    const rows = out.split('\n').map((row) => row.split(':')[0]);
    expect(rows.slice(0, 6)).toEqual(['AccessorID', 'SecretID', 'Description', 'Local', 'Create Time', 'Policies']);
    expect(out).toMatch(/ {3}[0-9a-f-]{36} - global-management\n/);
    const again = await bootstrap();
    expect([again.code, again.err]).toEqual([
      1,
      expect.stringContaining('Permission denied: ACL bootstrap no longer allowed (reset index:'),
    ]);
  });
});
