/** A failure drill, filmed: what happened is on the recording, within two seconds of its moment. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { tc } from '../agent-process.ts';
import { type ClusterNode, knowsLeader, leaderOf, Playground, statuses, until } from '../cluster/node.ts';
import { prompt, Tmux, whyNoTmux } from './tmux.ts';

const run = promisify(execFile);
const missing = whyNoTmux();
const longestDelayMs = 2_000;
/** Of a member, in the API. */
const failed = 4;

interface Told {
  readonly atMs: number;
  readonly text: string;
}

it('shows a leader killed, a node lost and a check that flaps, each within two seconds', { timeout: 180_000 }, async ({
  skip,
}) => {
  if (missing !== undefined) return skip(missing);
  await using ground = await Playground.make();
  const servers = await ground.servers(3);
  const clients: ClusterNode[] = [];
  for (const name of ['c1', 'c2']) {
    const client = await ground.node({ name, server: false, joins: [servers[0]!] });
    client.start();
    clients.push(client);
  }
  const [c1, c2] = clients as [ClusterNode, ClusterNode];
  for (const node of ground.nodes) {
    await until(`${node.name} sees all`, async () => Object.keys(await statuses(node)).length === 5);
    await until(`${node.name} knows the leader`, () => knowsLeader(node));
  }
  await c2.ask('PUT', '/v1/agent/check/register', '{"ID":"flap","Name":"flapping","TTL":"10m","Status":"passing"}');

  const folder = await mkdtemp(join(tmpdir(), 'tc-drill-'));
  try {
    const film = join(folder, 'drill.tctop.gz');
    await using tmux = await Tmux.open({ columns: 120, rows: 40, env: { CONSUL_HTTP_ADDR: c2.address } });
    await tmux.type(`${tc} top -record=${film}`);
    await tmux.press('Enter');
    await tmux.until(/all 5 alive/);
    await tmux.until(/3\/3 up/);

    const moments = new Map<string, number>();
    const flap = async (what: string) => {
      moments.set(`c2: flapping → ${what === 'fail' ? 'critical' : 'passing'}`, Date.now());
      await c2.ask('PUT', `/v1/agent/check/${what}/flap`);
    };
    await flap('fail');
    await tmux.until(/Check flapping of c2 critical/);
    await flap('pass');
    await tmux.until(/All is well/);

    const leader = await leaderOf(servers);
    const [witness] = servers.filter((server) => server !== leader);
    await leader.end('SIGKILL');
    await until('another leader', async () => {
      const now = await witness!.read<string>('/v1/status/leader');
      return now !== undefined && now !== '' && !now.endsWith(`:${leader.ports.rpc}`);
    });
    moments.set('new leader', Date.now());
    await tmux.until(/new leader/);

    await c1.end('SIGKILL');
    await until('c1 has failed', async () => (await statuses(witness!))['c1'] === failed);
    moments.set('member c1 alive → failed', Date.now());
    await tmux.until(/member c1 alive → failed/);
    await tmux.press('q');
    await tmux.until(prompt);

    const shown = await run(tc, ['top', '-once', '-replay', film, '-view=timeline', '-format=json']);
    const told = JSON.parse(shown.stdout) as Told[];
    for (const [what, atMs] of moments) {
      const delays = told.filter(({ text }) => text.startsWith(what)).map((event) => Math.abs(event.atMs - atMs));
      expect(Math.min(...delays), what).toBeLessThan(longestDelayMs);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
