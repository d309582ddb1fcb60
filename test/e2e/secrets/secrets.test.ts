/** A whole run with everything that has secrets, at the most talkative level: none of them is anywhere but where it has to be. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tc } from '../agent-process.ts';
import { type ClusterNode, knowsLeader, Playground, until } from '../cluster/node.ts';
import type { Security } from '../security.ts';

const run = promisify(execFile);
const nextGossipKey = '4wkYJjOfmRaEmyFPqHy0DKoyMJ40a8ERDIM+bcORQZ8=';

let ground: Playground;
let server: ClusterNode;
let client: ClusterNode;
let security: Security;
/** What must not be found, by what it is. */
const secrets = new Map<string, string>();
/** What everybody may see, by where it came from. */
const seen = new Map<string, string>();

const see = (where: string, text: string): void => void seen.set(where, `${seen.get(where) ?? ''}${text}\n`);

interface Sent {
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

/** As somebody with another token; what comes back is looked at when it is an error. */
async function send(
  node: ClusterNode,
  method: string,
  path: string,
  { headers = {}, body }: Sent = {},
): Promise<string> {
  const { status, text } = await node.ask(method, path, body === undefined ? undefined : JSON.stringify(body), headers);
  if (status !== 200) see(`error of ${method} ${path.replace(/[0-9a-f-]{36}/, 'ID')}`, text);
  return text;
}

beforeAll(async () => {
  ground = await Playground.make('secure');
  security = ground.security!;
  await Promise.all(['s1', 'c1'].map((name) => mkdir(join(ground.directory, name, 'logs'), { recursive: true })));
  const logged = (name: string) => [
    '-log-level=trace',
    `-log-file=${join(ground.directory, name, 'logs')}/`,
    '-hcl=enable_debug = true telemetry { prometheus_retention_time = "1h" }',
    '-hcl=acl { enable_token_persistence = true }',
  ];
  server = await ground.node({ name: 's1', server: true, expect: 1, args: logged('s1') });
  server.start();
  await until('the server knows who may do what', () => knowsLeader(server));
  client = await ground.node({ name: 'c1', server: false, joins: [server], args: logged('c1') });
  client.start();
  await until('the client knows the leader', () => knowsLeader(client));

  secrets.set('the master token', security.token);
  secrets.set('the gossip key', security.gossipKey);
  secrets.set('the next gossip key', nextGossipKey);
  for (const name of ['server', 'client', 'cli']) {
    const pem = await readFile(join(ground.directory, `${name}-key.pem`), 'utf8');
    secrets.set(`the key of the ${name} certificate`, pem.split('\n')[1]!);
  }
  const made = async (what: string, path: string, body: unknown): Promise<string> => {
    const { SecretID, ID } = JSON.parse(await send(server, 'PUT', path, { body })) as Record<string, string>;
    const secret = (SecretID ?? ID)!;
    secrets.set(what, secret);
    return secret;
  };
  await send(server, 'PUT', '/v1/acl/policy', {
    body: {
      Name: 'all',
      Rules:
        'key_prefix "" { policy = "write" } service_prefix "" { policy = "write" } node_prefix "" { policy = "write" } agent_prefix "" { policy = "write" }',
    },
  });
  const token = await made('a token', '/v1/acl/token', { Policies: [{ Name: 'all' }] });
  const legacy = await made('a legacy token', '/v1/acl/create', {
    Name: 'old',
    Type: 'client',
    Rules: 'key "" { policy = "read" }',
  });
  const unknown = randomUUID();
  secrets.set('a token nobody knows', unknown);
  const password = randomUUID();
  secrets.set('the password in the address of a check', password);
  for (const node of [server, client]) {
    for (const secret of [token, legacy, unknown]) {
      for (const [path, headers] of [
        ['/v1/kv/secret', { 'X-Consul-Token': secret }],
        ['/v1/kv/secret', { Authorization: `Bearer ${secret}` }],
        [`/v1/kv/secret?token=${secret}`, {}],
        [`/v1/kv/secret?a=b&token=${secret}&index=x`, {}],
        [`/v1/catalog/nodes?%74oken=${secret}`, {}],
        [`/v1/health/service/x;token=${secret}`, {}],
      ] as const) {
        await send(node, 'GET', path, { headers });
        await send(node, 'PUT', path, { headers, body: {} });
      }
      await send(node, 'GET', `/v1/acl/info/${secret}`);
      await send(node, 'GET', `/v1/acl/token/${secret}`);
      await send(node, 'PUT', `/v1/acl/clone/${secret}`, { headers: { 'X-Consul-Token': unknown } });
      await send(node, 'PUT', `/v1/acl/destroy/${secret}`, { headers: { 'X-Consul-Token': unknown } });
      await send(node, 'GET', '/v1/acl/token/self', { headers: { 'X-Consul-Token': secret } });
      await send(node, 'POST', '/v1/acl/login', { body: { AuthMethod: 'none', BearerToken: secret } });
    }
    await send(node, 'PUT', '/v1/agent/token/default', { body: { Token: token } });
    await send(node, 'PUT', '/v1/agent/service/register', {
      headers: { 'X-Consul-Token': token },
      body: {
        Name: 'web',
        Token: token,
        Check: { HTTP: 'http://127.0.0.1:1/', Interval: '1s', Header: { Authorization: [`Bearer ${token}`] } },
      },
    });
    await send(node, 'PUT', '/v1/agent/service/register', { body: { Name: 'db', Token: unknown } });
    for (const [at, host] of ['127.0.0.1:1', 'no.such.host.invalid', 'no host', '127.0.0.1:notaport'].entries()) {
      const HTTP = `http://user:${password}@${host}/`;
      await send(node, 'PUT', '/v1/agent/check/register', { body: { Name: `inside-${at}`, Interval: '1s', HTTP } });
    }
    await send(node, 'PUT', '/v1/session/create', { headers: { 'X-Consul-Token': token }, body: {} });
    await send(node, 'PUT', '/v1/query', {
      headers: { 'X-Consul-Token': token },
      body: { Service: { Service: 'web' }, Token: unknown },
    });
    await send(node, 'PUT', '/v1/agent/reload');
  }
  for (const [method, Key] of [
    ['POST', nextGossipKey],
    ['PUT', nextGossipKey],
    ['DELETE', security.gossipKey],
    ['PUT', 'AAAA'],
  ] as const)
    await send(server, method, '/v1/operator/keyring', { body: { Key } });
  for (const node of [server, client]) {
    for (const path of [
      '/v1/agent/self',
      '/v1/agent/metrics',
      '/v1/agent/metrics?format=prometheus',
      '/v1/agent/services',
      '/v1/agent/checks',
      '/v1/catalog/service/web',
      '/v1/health/service/web',
      '/v1/agent/host',
    ])
      see(`${path} of ${node.name}`, (await node.ask('GET', path)).text);
    see(`the command line of ${node.name}`, await readFile(`/proc/${node.pid}/cmdline`, 'utf8'));
    const archive = join(ground.directory, `${node.name}-debug`);
    const env = {
      ...process.env,
      CONSUL_HTTP_ADDR: `https://127.0.0.1:${node.ports.http}`,
      CONSUL_HTTP_TOKEN: security.token,
      CONSUL_CACERT: join(ground.directory, 'ca.pem'),
      CONSUL_CLIENT_CERT: join(ground.directory, 'cli.pem'),
      CONSUL_CLIENT_KEY: join(ground.directory, 'cli-key.pem'),
      CONSUL_TLS_SERVER_NAME: 'localhost',
    };
    const debug = await run(tc, ['debug', '-duration=10s', '-interval=5s', `-output=${archive}`, '-archive=false'], {
      env,
    });
    see(`tc debug at ${node.name}`, debug.stdout + debug.stderr);
    for (const [file, text] of await textsBelow(archive)) see(`${file} of the debug archive of ${node.name}`, text);
    await run(tc, ['snapshot', 'save', join(ground.directory, `${node.name}.snap`)], { env });
    const failed = await run(tc, ['kv', 'get', '-token', unknown, 'x'], { env }).catch(
      (error: { stderr: string }) => error,
    );
    see('an error of the command line', failed.stderr);
  }
  await Promise.all([server.end('SIGTERM'), client.end('SIGTERM')]);
  for (const node of [server, client]) see(`the output of ${node.name}`, node.output);
}, 120_000);
afterAll(() => ground[Symbol.asyncDispose]());

async function textsBelow(folder: string): Promise<[string, string][]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    files.map(async (file) => [file.slice(folder.length + 1), await readFile(file, 'latin1')] as [string, string]),
  );
}

describe('secrets', () => {
  it('are in nothing that is logged, measured, shown, archived or said', async () => {
    for (const name of ['s1', 'c1'])
      for (const [file, text] of await textsBelow(join(ground.directory, name, 'logs')))
        see(`${file} of ${name}`, text);
    const leaks = [...seen].flatMap(([where, text]) =>
      [...secrets]
        .filter(([, secret]) => text.includes(secret))
        .map(
          ([what, secret]) =>
            `${what} in ${where}: ${text.slice(Math.max(0, text.indexOf(secret) - 150), text.indexOf(secret) + 60)}`,
        ),
    );
    expect(leaks).toEqual([]);
    // That something was looked at.
    expect([...seen.keys()].filter((where) => where.includes('debug archive')).length).toBeGreaterThan(10);
    expect(seen.get('the output of s1')!.length).toBeGreaterThan(5_000);
  });

  it('are in files of their owner alone', async () => {
    const open: string[] = [];
    let kept = 0;
    for (const name of ['s1', 'c1']) {
      const folder = join(ground.directory, name);
      for (const [file, text] of await textsBelow(folder)) {
        if (![...secrets.values()].some((secret) => text.includes(secret))) continue;
        kept++;
        const { mode } = await lstat(join(folder, file));
        if ((mode & 0o077) !== 0) open.push(`${name}/${file} ${(mode & 0o777).toString(8)}`);
      }
    }
    // Compressed: nothing is found in them, and all of it is in there.
    for (const name of ['s1.snap', 'c1.snap']) {
      const { mode } = await lstat(join(ground.directory, name));
      if ((mode & 0o077) !== 0) open.push(`${name} ${(mode & 0o777).toString(8)}`);
    }
    expect(open).toEqual([]);
    expect(kept).toBeGreaterThan(3);
  });
});
