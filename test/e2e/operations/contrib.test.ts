import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { BackupRecord } from '../../../src/cli/snapshot-agent/watchman.ts';
import { AgentProcess, tc } from '../agent-process.ts';

const root = resolve(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, 'contrib', path), 'utf8');

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}
const dashboard = JSON.parse(read('grafana/tc.json')) as Dashboard;
const ruleExpressions = [...read('prometheus/rules.yml').matchAll(/^ +expr: (.+)$/gm)].map(([, expr]) => expr!);
const panelExpressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

const metricsOf = (expressions: readonly string[]): string[] => [
  ...new Set(expressions.flatMap((expr) => expr.match(/\bconsul_\w+/g) ?? [])),
];
/** Not of the agent. */
const ofBackups = Array.from(new BackupRecord(1, 0).metrics().matchAll(/^# TYPE (\w+)/gm), ([, name]) => name!);

it('alerts and dashboard ask for metrics that an agent has', async () => {
  const telemetry = 'telemetry { prometheus_retention_time = "60s" disable_hostname = true }';
  await using agent = await AgentProcess.create({ args: ['-hcl', telemetry, '-hcl', 'connect { enabled = true }'] });
  await agent.start();
  const wanted = metricsOf([...ruleExpressions, ...panelExpressions]).filter((name) => !ofBackups.includes(name));
  expect(wanted.length).toBeGreaterThan(20);
  let missing: string[] = wanted;
  for (let i = 0; missing.length > 0 && i < 60; i++) {
    await sleep(500);
    const { text } = await agent.request('GET', '/v1/agent/metrics?format=prometheus');
    const there = new Set(text.split('\n').map((line) => /^\w+/.exec(line)?.[0]));
    missing = wanted.filter((name) => !there.has(name));
  }
  expect(missing).toEqual([]);
});

describe('expressions', () => {
  it.each([...ruleExpressions, ...panelExpressions])('%s is balanced', (expr) => {
    for (const [open, close] of ['()', '[]', '{}'] as const) {
      expect(expr.split(open!).length).toBe(expr.split(close!).length);
    }
    expect(expr.split('"').length % 2).toBe(1);
  });

  it('there is one for each alert, and each alert says what is wrong', () => {
    const rules = read('prometheus/rules.yml');
    const count = (pattern: RegExp): number => [...rules.matchAll(pattern)].length;
    expect(count(/- alert: /g)).toBe(ruleExpressions.length);
    expect(count(/summary: "/g)).toBe(ruleExpressions.length);
    expect(count(/severity: (critical|warning) }/g)).toBe(ruleExpressions.length);
  });
});

it('the unit starts the agent as one that reports when it is ready', () => {
  const unit = read('systemd/tc.service');
  for (const line of ['Type=notify', 'NotifyAccess=all', 'KillSignal=SIGINT', 'WantedBy=multi-user.target']) {
    expect(unit.split('\n')).toContain(line);
  }
});

it('systemd finds nothing wrong with the unit', async ({ skip }) => {
  const folder = await mkdtemp(join(tmpdir(), 'tc-unit-'));
  try {
    const verify = async (unit: string) => {
      const file = join(folder, 'tc.service');
      await writeFile(file, unit);
      return spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' });
    };
    const unit = read('systemd/tc.service').replace('/usr/local/bin/tc', tc);
    const { error, status, stderr } = await verify(unit);
    if (error !== undefined) return skip('systemd is not installed');
    // Other units of this machine may be wrong: only what is said of this one counts.
    const complaints = stderr.split('\n').filter((line) => line.includes('tc.service'));
    expect([status, complaints]).toEqual([0, []]);
    expect((await verify(unit.replace('KillMode=mixed', 'KillMode=kindly'))).stderr).toContain('kill mode');
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('the image holds the package that is built here', () => {
  const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, string>;
  expect(read('docker/Dockerfile')).toContain(`${name}-${version}.tgz`);
});
