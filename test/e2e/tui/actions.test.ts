/** Every view of a real agent with ACLs, and every action done and undone once, with the fingers on the keys. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentProcess } from '../agent-process.ts';
import { management } from '../security.ts';
import { Keyboard } from './keyboard.ts';
import { whyNoTmux } from './tmux.ts';

const missing = whyNoTmux();

let agent: AgentProcess;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tc-top-'));
  const acl = `acl { enabled = true default_policy = "deny" tokens { master = "${management}" agent = "${management}" } }`;
  agent = await AgentProcess.create({ dev: true, args: ['-hcl', acl, '-hcl', 'connect { enabled = true }'] });
  await agent.start();
  // The leader makes the first token a moment after it has become one.
  while ((await agent.request('GET', `/v1/acl/token/self?token=${management}`)).status !== 200) await sleep(50);
  await request(
    'PUT',
    '/v1/agent/service/register',
    '{"Name":"web","ID":"web-1","Port":8080,"Tags":["v1"],"Check":{"TTL":"10m","Status":"passing"}}',
  );
  await request('PUT', '/v1/kv/app/limits', '{"rate":1}');
  await request('PUT', '/v1/session/create', '{"Name":"nightly"}');
  await request('POST', '/v1/query', '{"Name":"nearest","Service":{"Service":"web"}}');
  await request('PUT', '/v1/config', '{"Kind":"service-defaults","Name":"web","Protocol":"http"}');
});

afterAll(async () => {
  await agent[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function request(method: string, path: string, body?: string): Promise<string> {
  const { status, text } = await agent.request(
    method,
    `${path}${path.includes('?') ? '&' : '?'}token=${management}`,
    body,
  );
  expect(status, `${method} ${path}: ${text}`).toBe(200);
  return text;
}

const open = (args: string, env: Readonly<Record<string, string>> = {}): Promise<Keyboard> =>
  Keyboard.open({ args, folder, env: { CONSUL_HTTP_ADDR: agent.address, ...env } });

const withToken = { CONSUL_HTTP_TOKEN: management };

describe.skipIf(missing !== undefined)(
  `a real agent${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  { timeout: 120_000 },
  () => {
    it('fills every view', async () => {
      await using keyboard = await open('', withToken);
      for (const [view, shows] of [
        ['pulse', /★ e2e/],
        ['members', /● alive +e2e/],
        ['node e2e', /e2e .*Services[\s\S]*● passing +web/],
        ['services', /● passing +web/],
        ['svc web', /● passing +web-1 +e2e/],
        ['checks', /Serf Health Status/],
        ['kv', /▸ app\//],
        ['sessions', /nightly/],
        ['raft', /★ leader/],
        ['metrics', /consul\./],
        ['logs', /info and above/],
        ['map', /Network/],
        ['timeline', /nothing has happened|→/],
        ['intentions', /no intentions/],
        ['events', /no event/],
        ['queries', /nearest/],
        ['config', /service-defaults +web/],
        ['acl', /Master Token|Initial Management|Bootstrap Token/i],
        ['wan', /e2e\.dc1/],
      ] as const) {
        await keyboard.go(view);
        await keyboard.expectScreen(shows);
      }
    });

    it('does and undoes: keys', async () => {
      await using keyboard = await open('-view="kv app/limits"', { ...withToken, EDITOR: "sed -i 's/1/2/'" });
      await keyboard.expectScreen(/"rate": 1/);
      await keyboard.press('e');
      await keyboard.expectScreen(/tc kv put -cas -modify-index=\d+ app\/limits '\{"rate":2\}'/);
      await keyboard.press('y');
      await keyboard.expectScreen(/"rate": 2/);
      await keyboard.act(/Put a new key/, 1, ['app/new', 'value']);
      await keyboard.expectScreen(/app\/new is written/);
      expect(await request('GET', '/v1/kv/app/new?raw')).toBe('value');
      await keyboard.press('j');
      await keyboard.expectScreen(/─ app\/new ─[\s\S]*value/);
      await keyboard.act(/Delete the key/, 0);
      await keyboard.expectScreen(/app\/new is deleted/);
      expect(JSON.parse(await request('GET', '/v1/kv/app/?keys'))).toEqual(['app/limits']);
    });

    it('loses nobody’s change: an edit that somebody else was quicker than', async () => {
      const editor = join(folder, 'editor.sh');
      const theirs = `curl -s -X PUT -d theirs "http://127.0.0.1:${agent.httpPort}/v1/kv/app/limits?token=${management}" > /dev/null`;
      await writeFile(editor, `#!/bin/sh\n${theirs}\necho mine > "$1"\n`);
      await chmod(editor, 0o755);
      await using keyboard = await open('-view="kv app/limits"', { ...withToken, EDITOR: editor });
      await keyboard.expectScreen(/"rate"/);
      await keyboard.press('e');
      await keyboard.expectScreen(/y do it/);
      await keyboard.press('y');
      await keyboard.expectScreen(/Conflict[\s\S]*\+ theirs[\s\S]*\+ mine/);
      expect(await request('GET', '/v1/kv/app/limits?raw')).toBe('theirs');
      await keyboard.press('Escape');
      await keyboard.expectScreen(/Write mine over theirs/);
      await keyboard.press('Enter');
      await keyboard.expectScreen(/y do it/);
      await keyboard.press('y');
      await keyboard.expectScreen(/app\/limits is written/);
      expect(await request('GET', '/v1/kv/app/limits?raw')).toBe('mine');
    });

    it('does and undoes: maintenance of a service and of the node', async () => {
      await using keyboard = await open('-view="service web"', withToken);
      await keyboard.expectScreen(/● passing +web-1/);
      await keyboard.act(/Maintenance on/, 0, ['disk']);
      await keyboard.expectScreen(/‖ maintenance +web-1/);
      await keyboard.act(/Maintenance off/, 1);
      await keyboard.expectScreen(/● passing +web-1/);
      await keyboard.go('members');
      await keyboard.expectScreen(/alive +e2e/);
      await keyboard.act(/Maintenance on/, 0, ['kernel']);
      await keyboard.go('svc web');
      await keyboard.expectScreen(/‖ maintenance +web-1/);
      await keyboard.go('members');
      await keyboard.act(/Maintenance off/, 1);
      await keyboard.go('svc web');
      await keyboard.expectScreen(/● passing +web-1/);
    });

    it('does and undoes: intentions, tokens, events, sessions, queries, config entries, snapshots', async () => {
      await using keyboard = await open('-view=intentions', withToken);
      await keyboard.expectScreen(/no intentions/);
      await keyboard.act(/Create an intention/, 0, ['web', 'db', 'deny']);
      await keyboard.expectScreen(/✖ deny +web +db/);
      await keyboard.act(/Delete web → db/, 0);
      await keyboard.expectScreen(/no intentions/);

      await keyboard.go('acl');
      await keyboard.expectScreen(/Anonymous Token/);
      await keyboard.press('Enter');
      await keyboard.expectScreen(/What may .* do/);
      await keyboard.type('key:app/limits:write operator:read');
      await keyboard.press('Enter');
      await keyboard.expectScreen(/(Allowed|Denied) +key:write on "app\/limits"/);
      await keyboard.press('Escape');
      await keyboard.act(/Create a token/, 1, ['made on the screen', '', '', '']);
      await keyboard.expectScreen(/Secret +[0-9a-f-]{36}/);
      await keyboard.press('Escape');
      await keyboard.pick('made');
      await keyboard.act(/Delete the token/, 0);
      await keyboard.expectScreen(/no token passes/);

      await keyboard.go('events');
      await keyboard.expectScreen(/no event/);
      await keyboard.act(/Fire an event/, 0, ['deploy', 'web 1.4', '', '']);
      await keyboard.expectScreen(/deploy +\d+/);

      await keyboard.go('sessions');
      await keyboard.expectScreen(/nightly/);
      await keyboard.act(/Destroy the session/, 0);
      await keyboard.expectScreen(/no sessions/);

      await keyboard.go('queries');
      await keyboard.expectScreen(/nearest/);
      await keyboard.press('Enter');
      await keyboard.expectScreen(/"Service": "web"/);
      await keyboard.press('Escape');
      await keyboard.act(/Delete nearest/, 0);
      await keyboard.expectScreen(/no prepared queries/);

      await keyboard.go('config');
      await keyboard.expectScreen(/service-defaults +web/);
      await keyboard.act(/Delete service-defaults/, 0);
      await keyboard.expectScreen(/no config entries/);

      await keyboard.go('raft');
      await keyboard.expectScreen(/★ leader/);
      await keyboard.act(/Save a snapshot/, 0, ['night.snap']);
      await keyboard.expectScreen(/are in night\.snap/);
      expect((await readFile(join(folder, 'night.snap'))).length).toBeGreaterThan(500);
    });

    it('deregisters a service, and an orphan that no agent knows', async () => {
      await request(
        'PUT',
        '/v1/catalog/register',
        '{"Node":"ghost","Address":"10.9.9.9","Service":{"Service":"lost","ID":"lost-1"}}',
      );
      await using keyboard = await open('-view="service lost"', withToken);
      await keyboard.expectScreen(/lost-1 +ghost/);
      await keyboard.act(/Deregister from the catalog/, 0);
      await keyboard.expectScreen(/no instances/);
      await keyboard.go('svc web');
      await keyboard.expectScreen(/web-1/);
      await keyboard.act(/Deregister/, 2);
      await keyboard.expectScreen(/no instances/);
    });

    it('shows a token without rights what is missing, and takes no action when it must not', async () => {
      await using keyboard = await open('-read-only', { CONSUL_HTTP_TOKEN: '' });
      await keyboard.expectScreen(/● live/);
      await keyboard.go('acl');
      await keyboard.expectScreen(/⊘ Permission denied/);
      await keyboard.go('raft');
      await keyboard.expectScreen(/⊘ [Pp]ermission denied/);
      await keyboard.go('members');
      await keyboard.press('x');
      await keyboard.expectScreen(/read-only: tc top was started with -read-only/);
    });
  },
);
