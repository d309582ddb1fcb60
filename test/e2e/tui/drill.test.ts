/** A failure drill, filmed: what happened is on the recording, within two seconds of its moment. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { tc } from '../agent-process.ts';
import { until } from '../cluster/node.ts';
import type { LabAgent } from '../network/agent.ts';
import { LabCluster } from '../network/cluster.ts';
import { prompt, Tmux, whyNoTmux } from './tmux.ts';

const run = promisify(execFile);
const missing = whyNoTmux();
const longestDelayMs = 2_000;
/** Of a member, in the API. */
const [alive, failed] = [1, 4];

interface Told {
  readonly atMs: number;
  readonly text: string;
}

it('shows a leader killed, a node cut off and back, and a check that flaps, each within two seconds', {
  timeout: 240_000,
}, async ({ skip }) => {
  if (missing !== undefined) return skip(missing);
  await using cluster = await LabCluster.make({ servers: 3, clients: 2, raftMultiplier: 1 });
  const { lab, servers } = cluster;
  const [c1, c2] = cluster.clients as [LabAgent, LabAgent];
  await until('c2 sees all', async () => Object.keys(await statuses(c2)).length === 5);
  await c2.ask('PUT', '/v1/agent/check/register', '{"ID":"flap","Name":"flapping","TTL":"10m","Status":"passing"}');

  const folder = await mkdtemp(join(tmpdir(), 'tc-drill-'));
  try {
    const film = join(folder, 'drill.tctop.gz');
    const address = `${c2.machine.control}:8500`;
    await using tmux = await Tmux.open({ columns: 120, rows: 40, env: { CONSUL_HTTP_ADDR: address } });
    await tmux.type(`${tc} top -record=${film}`);
    await tmux.press('Enter');
    await tmux.until(/all 5 alive/);
    await tmux.until(/3\/3 up/);

    const moments: [what: string, atMs: number][] = [];
    const happened = (what: string) => moments.push([what, Date.now()]);
    const flap = async (what: string) => {
      happened(`c2: flapping → ${what === 'fail' ? 'critical' : 'passing'}`);
      await c2.ask('PUT', `/v1/agent/check/${what}/flap`);
    };
    await flap('fail');
    await tmux.until(/Check flapping of c2 critical/);
    await flap('pass');
    await tmux.until(/All is well/);

    const leader = await cluster.leader();
    const witness = servers.find((server) => server !== leader)!;
    await leader.end('SIGKILL');
    await until('another leader', async () => {
      const now = await witness.read<string>('/v1/status/leader');
      return now !== undefined && now !== '' && now !== `${leader.machine.address}:8300`;
    });
    happened('new leader');
    await tmux.until(/new leader/);

    // When it is known to have failed or to be back is gossip's business; the film begins there.
    const c1Is = (status: number) =>
      until(`c1 has status ${status}`, async () => (await statuses(c2))['c1'] === status, 60_000);
    const others = lab.machines.filter((machine) => machine !== c1.machine);
    await lab.cut([c1.machine], others);
    await c1Is(failed);
    happened('member c1 alive → failed');
    await tmux.until(/member c1 alive → failed/);
    await lab.heal();
    await c1Is(alive);
    happened('member c1 failed → alive');
    await tmux.until(/member c1 failed → alive/);
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

/** Name -> status of a member, as the agent's API tells it. */
async function statuses(agent: LabAgent): Promise<Record<string, number>> {
  const members = (await agent.read<{ Name: string; Status: number }[]>('/v1/agent/members')) ?? [];
  return Object.fromEntries(members.map(({ Name, Status }) => [Name, Status]));
}
