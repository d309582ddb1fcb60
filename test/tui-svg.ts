/**
 * Makes the pictures of `tc top` for the documentation: `node test/tui-svg.ts` starts an agent, gives it keys, locks and
 * load, lets the dashboard run in tmux for a while and writes what it shows to docs/img/.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import xterm from '@xterm/headless';
import { AgentProcess, tc } from './e2e/agent-process.ts';
import { Tmux, whyNoTmux } from './e2e/tui/tmux.ts';
import { screenToSvg } from './unit/tui/support/svg.ts';

const columns = 112;
const rows = 34;
/** Long enough to fill the curves. */
const loadMs = Number(process.env['LOAD_SECONDS'] ?? 220) * 1000;
const folder = join(import.meta.dirname, '..', 'docs', 'img');

/** A datacenter as people have them: configuration, feature flags, a leader election, jobs. */
async function furnish(agent: AgentProcess): Promise<void> {
  const put = (key: string, value: string, query = '') => agent.request('PUT', `/v1/kv/${key}${query}`, value);
  const database = { host: 'db.service.consul', port: 5432, pool: { min: 2, max: 20 }, tls: true, timeout_ms: 1500 };
  await put('web/config/database.json', JSON.stringify(database));
  await put('web/config/cache.json', '{"nodes":["cache-1","cache-2"],"ttl":"30s"}');
  await put('web/config/motd', 'Welcome to dc1.');
  for (const flag of ['checkout-v2', 'dark-mode', 'new-search']) await put(`web/flags/${flag}`, 'true');
  for (let job = 1; job <= 40; job++) await put(`jobs/queue/${String(job).padStart(4, '0')}`, `{"job":${job}}`);
  await put('platform/version', '1.10.7');
  for (const [name, key] of [
    ['web-leader-election', 'web/leader'],
    ['nightly-backup', 'platform/locks/backup'],
    ['schema-migration', 'platform/locks/migration'],
  ] as const) {
    const { text } = await agent.request('PUT', '/v1/session/create', JSON.stringify({ Name: name }));
    const { ID } = JSON.parse(text) as { ID: string };
    await put(key, name, `?acquire=${ID}`);
  }
}

/** Readers and writers whose number swells and ebbs, so that the curves have something to tell. */
async function load(agent: AgentProcess, signal: AbortSignal): Promise<void> {
  const worker = async (id: number) => {
    while (!signal.aborted) {
      const tide = 0.55 + 0.35 * Math.sin(performance.now() / 17_000) + 0.1 * Math.sin(performance.now() / 5_300 + id);
      if (id % 4 === 0) await agent.request('PUT', `/v1/kv/jobs/state/${id}`, String(performance.now()));
      else await agent.request('GET', '/v1/kv/web/config/database.json');
      await sleep(6 + 45 * (1 - tide));
    }
  };
  await Promise.all(Array.from({ length: 12 }, (_, id) => worker(id)));
}

async function picture(tmux: Tmux, name: string, title: string): Promise<void> {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  const screen = (await tmux.screen(true)).replace(/\n$/, '').replaceAll('\n', '\r\n');
  await new Promise<void>((resolve) => terminal.write(screen, resolve));
  await writeFile(join(folder, `${name}.svg`), screenToSvg(terminal, title));
}

const missing = whyNoTmux();
if (missing !== undefined) throw new Error(missing);
await mkdir(folder, { recursive: true });
await using agent = await AgentProcess.create({ dev: true, args: ['-node=server-1'] });
await agent.start();
await furnish(agent);
const ended = new AbortController();
const loading = load(agent, ended.signal);
await using tmux = await Tmux.open({
  columns,
  rows,
  env: { CONSUL_HTTP_ADDR: agent.address, COLORTERM: 'truecolor' },
});
await tmux.type(`${tc} top`);
await tmux.press('Enter');
await tmux.until(/● live/);
await sleep(loadMs);
await picture(tmux, 'top', 'tc top');

await tmux.press('3');
await tmux.until(/web\//);
await tmux.press('G', 'l');
await tmux.until(/config\//);
await tmux.press('j', 'l');
await tmux.until(/database\.json/);
await tmux.press('j', 'j');
await tmux.until(/"pool"/);
await picture(tmux, 'top-kv', 'tc top: keys and values');

await tmux.press('4');
await tmux.until(/3 locks|1 lock/);
await picture(tmux, 'top-sessions', 'tc top: sessions and locks');

await tmux.press('q');
ended.abort();
await loading;
