/** The table of docs/operations/monitoring.md: each of its cells is tried. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BackupRecord } from '../../../src/cli/snapshot-agent/watchman.ts';
import { AgentProcess } from '../agent-process.ts';
import { tc } from '../cli/tc.ts';
import { documents } from './runbook.ts';

const rows = readFileSync(join(documents, 'monitoring.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| \w/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, what, api, command, metric, view, alert]) => ({ what, api, command, metric, view, alert }));
const rules = readFileSync(join(documents, '../../contrib/prometheus/rules.yml'), 'utf8');

const quoted = (cell = ''): string[] => Array.from(cell.matchAll(/`([^`]+)`/g), ([, text]) => text!);
const real = (text: string): string => text.replace('NAME', 'web').replace('NODE', 'e2e').replace('PREFIX', 'app');
/** Of the agent that makes backups. */
const ofBackups = Array.from(new BackupRecord(1, 0).metrics().matchAll(/^# TYPE (\w+)/gm), ([, name]) => name!);

let agent: AgentProcess;
beforeAll(async () => {
  const telemetry = 'telemetry { prometheus_retention_time = "60s" disable_hostname = true }';
  agent = await AgentProcess.create({ args: ['-hcl', telemetry] });
  await agent.start();
  for (const Name of ['web', 'consul-snapshot']) {
    const body = { Name, Check: { TTL: '1h', Status: 'passing' } };
    await agent.request('PUT', '/v1/agent/service/register', JSON.stringify(body));
  }
  await agent.request('PUT', '/v1/kv/app/one', 'value');
});
afterAll(() => agent[Symbol.asyncDispose]());

it('has what an operator wants to know', () => {
  const wanted = ['node status', 'number of servers', 'members by count and status', 'services registered'];
  const more = ['states of a service', 'health of nodes', 'KV values', 'servers that are behind', 'backups'];
  expect(rows.map(({ what }) => what)).toEqual(expect.arrayContaining([...wanted, ...more]));
  for (const row of rows) for (const [name, cell] of Object.entries(row)) expect(cell, name).not.toBe('');
});

describe.each(rows)('$what', ({ api, command, metric, view, alert }) => {
  it('is answered by the API', async () => {
    for (const path of quoted(api)) {
      const { status, text } = await agent.request('GET', real(path));
      expect([path, status]).toEqual([path, 200]);
      expect(JSON.parse(text)).not.toEqual([]);
    }
  });

  it('is told by a command, as JSON', async () => {
    for (const line of quoted(command)) {
      expect(line).toContain('-format=json');
      const [program, ...argv] = real(line).split(' ');
      expect(program).toBe('tc');
      const { code, out, err } = await tc(argv, { env: { CONSUL_HTTP_ADDR: agent.address } });
      expect([line, code, err]).toEqual([line, 0, '']);
      expect(JSON.parse(out)).not.toEqual([]);
    }
  });

  it('is measured', async () => {
    const names = quoted(metric).map((text) => /^\w+/.exec(text)![0]);
    const missing = async (): Promise<string[]> => {
      const { text } = await agent.request('GET', '/v1/agent/metrics?format=prometheus');
      return names.filter((name) => !new RegExp(`^${name}[{ ]`, 'm').test(text) && !ofBackups.includes(name));
    };
    await expect.poll(missing, { timeout: 30_000, interval: 500 }).toEqual([]);
  });

  it('is seen in a view', async () => {
    const argv = ['top', '-once', `-view=${view}`, '-format=json'];
    const { code, out, err } = await tc(argv, { env: { CONSUL_HTTP_ADDR: agent.address } });
    expect([code, err]).toEqual([0, '']);
    expect(Object.keys(JSON.parse(out) as object)).not.toEqual([]);
  });

  it('raises an alert', () => {
    for (const name of alert!.split(', ')) expect(rules).toContain(`- alert: ${name}\n`);
  });
});
