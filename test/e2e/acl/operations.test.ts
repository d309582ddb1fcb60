/** What operators of a cluster with ACLs come to do: bootstrap again, give an agent its tokens, find out why something was refused. */
import { existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentProcess } from '../agent-process.ts';
import { tc } from '../cli/tc.ts';
import { until } from '../cluster/node.ts';

const deny = 'acl { enabled = true default_policy = "deny" enable_token_persistence = true explain = true }';

interface Token {
  readonly AccessorID: string;
  readonly SecretID: string;
}

let agent: AgentProcess;
/** May everything. */
let first: Token;

const env = (token = ''): Record<string, string> => ({ CONSUL_HTTP_ADDR: agent.address, CONSUL_HTTP_TOKEN: token });
const bootstrap = () => tc(['acl', 'bootstrap', '-format=json'], { env: env() });
const as = ({ SecretID }: Token, method: string, path: string, body?: object) =>
  agent.request(method, `${path}?token=${SecretID}`, body === undefined ? undefined : JSON.stringify(body));

beforeAll(async () => {
  agent = await AgentProcess.create({ ownAcls: true, args: ['-hcl', deny] });
  await agent.start();
  await until('it can be bootstrapped', async () => {
    const { code, out } = await bootstrap();
    if (code === 0) first = JSON.parse(out) as Token;
    return code === 0;
  });
});
afterAll(() => agent[Symbol.asyncDispose]());

describe('a second bootstrap', () => {
  it('needs the index that the first refusal names, in a file that only its owner could write, once', async () => {
    const { err } = await bootstrap();
    const [, index] = /ACL bootstrap no longer allowed \(reset index: (\d+)\)/.exec(err) ?? [];
    expect(Number(index), err).toBeGreaterThan(0);
    const file = join(agent.dataDir, 'acl-bootstrap-reset');
    await writeFile(file, String(Number(index) + 1));
    expect((await bootstrap()).err).toContain(
      `Invalid bootstrap reset index (specified ${Number(index) + 1}, reset index: ${index})`,
    );
    await writeFile(file, `${index}\n`);
    const { code, out } = await bootstrap();
    expect(code).toBe(0);
    const second = JSON.parse(out) as Token;
    expect(existsSync(file)).toBe(false);
    expect((await bootstrap()).err).toContain('ACL bootstrap no longer allowed');
    // Both may everything, until the first is removed with the second.
    expect((await as(first, 'DELETE', `/v1/acl/token/${first.AccessorID}`)).status).toBe(500);
    expect((await as(second, 'DELETE', `/v1/acl/token/${first.AccessorID}`)).text).toBe('true');
    expect((await as(first, 'GET', '/v1/kv/x')).text).toBe('ACL not found');
    first = second;
  });
});

describe('tokens of the agent', () => {
  it('that were set by the API are there after a restart, in a file of its owner alone', async () => {
    for (const kind of ['default', 'agent', 'agent_master', 'replication']) {
      const Token = kind === 'agent_master' ? 'for-emergencies' : first.SecretID;
      expect((await as(first, 'PUT', `/v1/agent/token/${kind}`, { Token })).status).toBe(200);
    }
    expect((await agent.request('PUT', '/v1/kv/mine', 'x')).text).toBe('true');
    const file = join(agent.dataDir, 'acl-tokens.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(Object.keys(JSON.parse(await readFile(file, 'utf8')) as object).sort()).toEqual([
      'agent',
      'agent_master',
      'default',
      'replication',
    ]);
    await agent.kill('SIGTERM');
    await agent.start();
    await until('requests without a token have the agent’s', async () => {
      return (await agent.request('GET', '/v1/kv/mine?raw')).text === 'x';
    });
    await as(first, 'PUT', '/v1/agent/token/default', { Token: '' });
    expect((await agent.request('GET', '/v1/kv/mine?raw')).status).toBe(403);
  });
});

describe('a refusal', () => {
  it('says why in the log, by acl.explain in the answer, and with tc acl explain beforehand', async () => {
    const Rules = 'key_prefix "app/" { policy = "write" } key "app/secret" { policy = "deny" }';
    const policy = { Name: 'app', Rules };
    expect((await as(first, 'PUT', '/v1/acl/policy', policy)).status).toBe(200);
    const made = await as(first, 'PUT', '/v1/acl/token', { Policies: [{ Name: 'app' }] });
    const token = JSON.parse(made.text) as Token;
    const why = `token ${token.AccessorID} lacks key:write on "app/secret": key "app/secret" { policy = "deny" }`;
    const refused = await as(token, 'PUT', '/v1/kv/app/secret', {});
    expect([refused.status, refused.text, refused.headers['x-tc-acl-reason']]).toEqual([403, 'Permission denied', why]);
    const logged = `permission denied: accessor=${token.AccessorID} needed=key:write name=app/secret because=`;
    await expect.poll(() => agent.output).toContain(logged);
    expect(agent.output).not.toContain(token.SecretID);
    const { out, code } = await tc(
      ['acl', 'explain', `-token=${token.SecretID}`, 'key:app/secret:write', 'key:app/x:write'],
      {
        env: env(first.SecretID),
      },
    );
    expect([code, out]).toEqual([expect.any(Number), expect.stringContaining('key "app/secret" { policy = "deny" }')]);
    expect(out).toContain('key_prefix "app/" { policy = "write" }');
  });
});
