/** `tc top` on a whole datacenter - three servers, two clients, nothing allowed by default, TLS - with the fingers on the keys. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClusterNode, knowsLeader, leaderOf, Playground, statuses, until } from '../cluster/node.ts';
import { Keyboard } from './keyboard.ts';
import { whyNoTmux } from './tmux.ts';

const missing = whyNoTmux();
/** Of a member, in the API. */
const [alive, left, failed] = [1, 3, 4];
const longMs = 45_000;

let ground: Playground;
let folder: string;
let servers: ClusterNode[];
let s1: ClusterNode;
let c1: ClusterNode;
let c2: ClusterNode;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tc-top-'));
  ground = await Playground.make('secure');
  servers = await ground.servers(3, [
    '-hcl=connect { enabled = true }',
    // Who is gone for good is the operator's decision here.
    '-hcl=autopilot { cleanup_dead_servers = false }',
  ]);
  const clients: ClusterNode[] = [];
  for (const name of ['c1', 'c2']) clients.push(await ground.node({ name, server: false, joins: [servers[0]!] }));
  for (const client of clients) client.start();
  [s1, c1, c2] = [servers[0]!, ...(clients as [ClusterNode, ClusterNode])];
  for (const node of ground.nodes) {
    await until(`${node.name} sees all`, async () => Object.keys(await statuses(node)).length === 5);
    await until(`${node.name} knows the leader`, () => knowsLeader(node));
  }
  const web = { Name: 'web', Port: 8080, Tags: ['v1'], Check: { TTL: '10m', Status: 'passing' } };
  await put(c1, '/v1/agent/service/register', { ...web, ID: 'web-1' });
  await put(c2, '/v1/agent/service/register', { ...web, ID: 'web-2' });
  await put(s1, '/v1/kv/app/limits', { rate: 1 });
  await put(s1, '/v1/session/create', { Name: 'nightly' });
  await put(s1, '/v1/query', { Name: 'nearest', Service: { Service: 'web' } }, 'POST');
  await put(s1, '/v1/config', { Kind: 'service-defaults', Name: 'web', Protocol: 'http' });
  await put(s1, '/v1/connect/intentions/exact?source=web&destination=db', { Action: 'deny' });
  await put(s1, '/v1/event/fire/deploy', 'web 1.4');
  await put(s1, '/v1/acl/policy', { Name: 'reader', Rules: 'key_prefix "" { policy = "read" }' });
  await put(s1, '/v1/acl/role', { Name: 'oncall', Policies: [{ Name: 'reader' }] });
}, 120_000);

afterAll(async () => {
  await ground[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function put(node: ClusterNode, path: string, body?: unknown, method = 'PUT'): Promise<void> {
  const { status, text } = await node.ask(method, path, body === undefined ? undefined : JSON.stringify(body));
  expect(status, `${method} ${path}: ${text}`).toBe(200);
}

const open = (node: ClusterNode, args = ''): Promise<Keyboard> =>
  Keyboard.open({
    folder,
    args,
    env: {
      CONSUL_HTTP_ADDR: node.address,
      CONSUL_HTTP_TOKEN: ground.security!.token,
      CONSUL_CACERT: join(ground.directory, 'ca.pem'),
      CONSUL_CLIENT_CERT: join(ground.directory, 'cli.pem'),
      CONSUL_CLIENT_KEY: join(ground.directory, 'cli-key.pem'),
      CONSUL_TLS_SERVER_NAME: 'localhost',
    },
  });

describe.skipIf(missing !== undefined)(
  `a datacenter${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  { timeout: 180_000 },
  () => {
    it('is live in every view', async () => {
      // An agent tells where it is some time after it has joined.
      const located = async (): Promise<boolean> => (await s1.read<unknown[]>('/v1/coordinate/nodes'))?.length === 5;
      await until('all have coordinates', located, 60_000);
      await using keyboard = await open(s1);
      await keyboard.expectScreen(/● live/);
      for (const [view, shows] of [
        ['pulse', /all 5 alive[\s\S]*★ leader/],
        ['members', /● alive +c1 .*client[\s\S]*● alive +c2[\s\S]*● alive +s1 .*server[\s\S]*s2[\s\S]*s3/],
        ['node c1', /c1 .*Services[\s\S]*● passing +web/],
        ['services', /● passing +consul[\s\S]*● passing +web/],
        ['svc web', /● passing +web-1 +c1[\s\S]*● passing +web-2 +c2/],
        ['instance c1/web/web-1', /Service 'web' check[\s\S]*Serf Health Status/],
        ['checks', /Serf Health Status[\s\S]*Service 'web' check/],
        ['kv', /▸ app\//],
        ['kv app/limits', /"rate": 1/],
        ['sessions', /nightly/],
        ['raft', /● healthy +s1[\s\S]*● healthy +s2[\s\S]*● healthy +s3/],
        ['metrics', /consul\./],
        ['logs', /info and above .*● live/],
        ['map', /5 nodes|c1[\s\S]*s3/],
        ['timeline', /nothing has happened|→/],
        ['intentions', /✖ deny +web +db/],
        ['events', /deploy/],
        ['queries', /nearest/],
        ['config', /service-defaults +web/],
        ['acl', /Master Token|Initial Management|Bootstrap Token/i],
        ['wan', /s1\.dc1[\s\S]*s2\.dc1[\s\S]*s3\.dc1/],
      ] as const) {
        await keyboard.go(view);
        await keyboard.expectScreen(shows);
      }

      await keyboard.go('svc web');
      await keyboard.expectScreen(/● passing +web-2/);
      await put(c2, '/v1/agent/check/fail/service:web-2');
      await keyboard.expectScreen(/✖ critical +web-2[\s\S]*passing → critical/);
      await put(c2, '/v1/agent/check/pass/service:web-2');
      await keyboard.expectScreen(/● passing +web-2/);
      await keyboard.press('Right');
      await keyboard.expectScreen(/127\.0\.0\.1:\d+ +health\/service\/web/);
      // Somebody else waits for it too, and goes away again.
      const waiting = s1.ask('GET', '/v1/health/connect/web?index=999999&wait=3s');
      await keyboard.expectScreen(/127\.0\.0\.1:\d+ +health\/connect\/web/);
      await waiting;
      await keyboard.expectScreen(/ 1\/1 /);
      await keyboard.go('pulse');
      await keyboard.expectScreen(/All is well/);
      await keyboard.expectScreen(/c2: Service 'web' check → critical/);
    });

    it('does and undoes: who leads', async () => {
      const old = await leaderOf(servers);
      const next = servers.find((server) => server !== old)!;
      await using keyboard = await open(c1, '-view=raft');
      for (const { name } of [next, old]) {
        await keyboard.expectScreen(new RegExp(`● healthy +${name} +voter`), longMs);
        await keyboard.pick(name);
        await keyboard.act(new RegExp(`Make ${name} the leader`), 0);
        await keyboard.expectScreen(new RegExp(`● healthy +${name} +★ leader`), longMs);
        await keyboard.press('Escape', 'Escape');
        await keyboard.go('raft');
      }
      expect(await leaderOf(servers)).toBe(old);
    });

    it('does and undoes: forcing out a member that failed', async () => {
      await c2.end('SIGKILL');
      await until('c2 has failed', async () => (await statuses(s1))['c2'] === failed, longMs);
      await using keyboard = await open(s1, '-view=members');
      await keyboard.expectScreen(/✖ failed +c2/);
      await keyboard.pick('c2');
      await keyboard.act(/Force-leave/, 0);
      await keyboard.expectScreen(/c2 forced to leave/);
      await keyboard.expectScreen(/○ left +c2/);
      expect((await statuses(s1))['c2']).toBe(left);
      c2.start();
      await keyboard.expectScreen(/● alive +c2/, longMs);
      expect((await statuses(s1))['c2']).toBe(alive);
    });

    it('does and undoes: a server out of Raft', async () => {
      const gone = servers.find((server) => server !== s1)!;
      await until('all are voters', async () => (await voters()).length === 3);
      await gone.end('SIGKILL');
      await until('it has failed', async () => (await statuses(s1))[gone.name] === failed, longMs);
      await using keyboard = await open(s1, '-view=raft');
      await keyboard.expectScreen(new RegExp(`✖ failed +${gone.name} `), longMs);
      await keyboard.pick(gone.name);
      await keyboard.act(new RegExp(`Remove ${gone.name} from Raft`), 1);
      await keyboard.expectScreen(new RegExp(`${gone.name} is removed from Raft`));
      await keyboard.expectScreen(/no server passes the filter/);
      expect(await voters()).not.toContain(gone.name);
      gone.start();
      await keyboard.expectScreen(new RegExp(`● healthy +${gone.name} +voter`), longMs);
      expect(await voters()).toContain(gone.name);
    });

    it('does and undoes: policies and roles', async () => {
      await using keyboard = await open(s1, '-view=acl');
      await keyboard.expectScreen(/Anonymous Token/);
      await keyboard.press('Right', 'Right');
      await keyboard.expectScreen(/oncall +reader/);
      await keyboard.act(/Delete the role/, 0);
      await keyboard.expectScreen(/oncall deleted/);
      await keyboard.expectScreen(/no roles/);
      await keyboard.press('Left');
      await keyboard.pick('reader');
      await keyboard.act(/Delete the policy/, 0);
      await keyboard.expectScreen(/reader deleted/);
      await keyboard.expectScreen(/no policy passes/);
      expect((await s1.ask('GET', '/v1/acl/policy/name/reader')).status).not.toBe(200);
      await put(s1, '/v1/acl/policy', { Name: 'reader', Rules: 'key_prefix "" { policy = "read" }' });
      await put(s1, '/v1/acl/role', { Name: 'oncall', Policies: [{ Name: 'reader' }] });
      await keyboard.expectScreen(/reader/);
      await keyboard.press('Escape', 'Right');
      await keyboard.expectScreen(/oncall +reader/);
    });

    it('is only looked at with -read-only, whatever the token may do', async () => {
      await using keyboard = await open(c1, '-read-only');
      await keyboard.expectScreen(/● live/);
      // Without a view: the next tab of the one before.
      const offers: readonly (readonly [view: string, shows: RegExp, action: RegExp])[] = [
        ['members', /● alive +c1/, /Maintenance on/],
        ['node c1', /╭─ c1 .*Services[\s\S]*web-1/, /Maintenance on/],
        ['svc web', /● passing +web-1 +c1/, /Deregister/],
        ['instance c1/web/web-1', /╭─ web-1 on c1[\s\S]*Serf Health Status/, /Maintenance off/],
        ['kv', /▸ app\//, /Put a new key/],
        ['sessions', /nightly/, /Destroy the session/],
        ['raft', /healthy +s1/, /Save a snapshot/],
        ['intentions', /deny +web/, /Create an intention/],
        ['events', /╭─ Events[\s\S]*(deploy|no event)/, /Fire an event/],
        ['queries', /nearest/, /Delete nearest/],
        ['config', /service-defaults/, /Delete service-defaults/],
        ['acl', /Anonymous Token/, /Create a token/],
        ['', /reader/, /Delete the policy/],
        ['', /oncall/, /Delete the role/],
      ];
      for (const [view, shows, action] of offers) {
        if (view !== '') await keyboard.go(view);
        else await keyboard.press('Right');
        await keyboard.expectScreen(shows);
        await keyboard.press('x');
        await keyboard.expectScreen(action);
        await keyboard.press('Enter');
        await keyboard.press('y');
        const screen = await keyboard.expectScreen(/read-only: tc top was started with -read-only/);
        expect(screen).toMatch(action);
        expect(screen).not.toMatch(/y do it/);
        await keyboard.press('Escape');
      }
      await keyboard.go('kv app/limits');
      await keyboard.expectScreen(/"rate": 1/);
      await keyboard.press('e');
      await keyboard.expectScreen(/read-only: tc top was started with -read-only/);
    });

    async function voters(): Promise<string[]> {
      const raft = await s1.read<{ Servers: { Node: string; Voter: boolean }[] }>('/v1/operator/raft/configuration');
      return (raft?.Servers ?? []).filter(({ Voter }) => Voter).map(({ Node }) => Node);
    }
  },
);
