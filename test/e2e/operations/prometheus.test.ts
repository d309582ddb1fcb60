/** Debian's Prometheus scrapes an agent, by the rules and for the dashboard that ship. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { AgentProcess } from '../agent-process.ts';
import { freePorts } from '../free-port.ts';
import { suite } from '../security.ts';

const contrib = resolve(import.meta.dirname, '../../../contrib');
const rules = join(contrib, 'prometheus/rules.yml');
const program = (name: string): boolean => spawnSync(name, ['--version']).error === undefined;

it('promtool finds nothing wrong with the rules', ({ skip }) => {
  if (!program('promtool')) return skip('Prometheus is not installed');
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', rules], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toContain('SUCCESS');
});

it('promtool finds nothing wrong with what an agent answers', async ({ skip }) => {
  if (!program('promtool')) return skip('Prometheus is not installed');
  const telemetry = 'telemetry { prometheus_retention_time = "60s" disable_hostname = true }';
  await using agent = await AgentProcess.create({ dev: true, args: ['-hcl', telemetry] });
  await agent.start();
  const { text } = await agent.request('GET', '/v1/agent/metrics?format=prometheus');
  const { stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  // Names with capitals are Consul's own, and counters of it do not end in _total.
  const complaints = `${stdout}${stderr}`
    .split('\n')
    .filter((line) => line !== '' && !/camelCase|_total|abbreviated|base unit|should not contain/.test(line));
  expect(complaints).toEqual([]);
});

it('a scrape has what alerts and dashboard ask for', { timeout: 90_000 }, async ({ skip }) => {
  if (!program('prometheus')) return skip('Prometheus is not installed');
  const folder = await mkdtemp(join(tmpdir(), 'tc-prometheus-'));
  const telemetry = 'telemetry { prometheus_retention_time = "60s" disable_hostname = true }';
  await using agent = await AgentProcess.create({ args: ['-hcl', telemetry] });
  await agent.start();
  await agent.request('PUT', '/v1/agent/service/register', JSON.stringify({ Name: 'web', Check: { TTL: '1h' } }));
  const [port] = (await freePorts(1)) as [number];
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [rules],
    scrape_configs: [
      {
        job_name: 'tc',
        metrics_path: '/v1/agent/metrics',
        params: { format: ['prometheus'] },
        ...(suite !== null && { authorization: { credentials: suite.token } }),
        static_configs: [{ targets: [`127.0.0.1:${agent.httpPort}`] }],
      },
    ],
  };
  const file = join(folder, 'prometheus.yml');
  await writeFile(file, JSON.stringify(config));
  const options = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const prometheus = spawn('prometheus', options, { stdio: 'ignore' });
  const ask = async (path: string): Promise<unknown> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
    return ((await answer.json()) as { data: unknown }).data;
  };
  const query = async (expr: string): Promise<{ metric: Record<string, string>; value: [number, string] }[]> => {
    const { result } = (await ask(`query?query=${encodeURIComponent(expr)}`)) as never;
    return result;
  };
  const until = async (what: string, check: () => Promise<boolean>): Promise<void> => {
    for (let i = 0; i < 600; i++) {
      if (await check().catch(() => false)) return;
      await sleep(100);
    }
    throw new Error(`never: ${what}`);
  };
  try {
    await until('the agent is up', async () => (await query('up{job="tc"}'))[0]?.value[1] === '1');
    await until('the critical service', async () => {
      const found = await query('consul_state_service_health{service="web", status="critical"}');
      return found[0]?.value[1] === '1';
    });
    const { groups } = (await ask('rules')) as {
      groups: { rules: { name: string; health: string; lastError?: string }[] }[];
    };
    for (const { name, health, lastError } of groups.flatMap((group) => group.rules)) {
      expect(['ok', 'unknown'], `${name}: ${lastError}`).toContain(health);
    }
    const dashboard = JSON.parse(await readFile(join(contrib, 'grafana/tc.json'), 'utf8')) as {
      panels: { title: string; targets: { expr: string }[] }[];
    };
    for (const { title, targets } of dashboard.panels) {
      for (const { expr } of targets) {
        const asked = expr.replaceAll('$__rate_interval', '10s').replaceAll('$instance', '.*');
        await until(`${title}: ${expr}`, async () => (await query(asked)).length > 0);
      }
    }
    await until('the alert about the service', async () => {
      const { alerts } = (await ask('alerts')) as { alerts: { labels: Record<string, string> }[] };
      return alerts.some(({ labels }) => labels['alertname'] === 'TcServiceCritical' && labels['service'] === 'web');
    });
  } finally {
    prometheus.kill('SIGKILL');
    await once(prometheus, 'exit');
    await rm(folder, { recursive: true, force: true });
  }
});
