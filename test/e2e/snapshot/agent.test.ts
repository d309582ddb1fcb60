/** `tc snapshot agent` with real agents: a directory, a bucket, a schedule, two of them, and backups that fail. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentProcess } from '../agent-process.ts';
import { type Started, start, tc } from '../cli/tc.ts';
import { keyId, S3Server, secret } from './s3-server.ts';

let folder: string;
const running: Started[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tc-snapshot-agent-'));
});
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGTERM');
    await ended;
  }
  await rm(folder, { recursive: true });
});

async function until<T>(what: string, check: () => Promise<T | null>): Promise<T> {
  for (let i = 0; i < 400; i++) {
    const value = await check();
    if (value !== null) return value;
    await sleep(50);
  }
  throw new Error(`never: ${what}`);
}

const s3Flags = (server: S3Server): string[] => [
  ...['-aws-s3-bucket=backups', `-aws-s3-endpoint=${server.endpoint}`, '-aws-s3-region=eu-west-1'],
  ...[`-aws-access-key-id=${keyId}`, `-aws-secret-access-key=${secret}`],
];

describe('once', () => {
  it('keeps a backup that restores, in a directory and in a bucket', async () => {
    await using agent = await AgentProcess.create({ dev: true });
    await using server = await S3Server.start('backups');
    await agent.start();
    const env = { CONSUL_HTTP_ADDR: agent.address };
    for (let i = 0; i < 4; i++) {
      await agent.request('PUT', '/v1/kv/round', String(i));
      const argv = ['snapshot', 'agent', '-interval=0', '-retain=3', `-local-path=${folder}/kept`, ...s3Flags(server)];
      const { code, out, err } = await tc(argv, { env });
      expect([code, err]).toEqual([0, '']);
      expect(out).toMatch(/^Saved and verified snapshot consul-\d+\.snap to index \d+\n$/);
    }
    const names = (await readdir(join(folder, 'kept'))).sort();
    expect(names).toHaveLength(3);
    expect([...server.objects.keys()].sort()).toEqual(names.map((name) => `consul-snapshot/${name}`));

    await agent.request('PUT', '/v1/kv/round', 'lost');
    const newest = server.objects.get(`consul-snapshot/${names.at(-1)}`)!;
    expect((await agent.request('PUT', '/v1/snapshot', newest)).status).toBe(200);
    expect((await agent.request('GET', '/v1/kv/round?raw')).text).toBe('3');
  });

  it('says why there is none', async () => {
    await using agent = await AgentProcess.create({ dev: true });
    await using server = await S3Server.start('backups');
    await agent.start();
    const env = { CONSUL_HTTP_ADDR: agent.address };
    const argv = ['snapshot', 'agent', '-interval=0', ...s3Flags(server)];
    const wrongKey = await tc([...argv, '-aws-secret-access-key=wrong'], { env });
    expect(wrongKey.code).toBe(1);
    expect(wrongKey.err).toMatch(/^Error saving snapshot: PUT .*: 403 SignatureDoesNotMatch: no & never\n$/);
    const wrongBucket = await tc([...argv, '-aws-s3-bucket=other'], { env });
    expect(wrongBucket.err).toMatch(/: 404 NoSuchBucket/);
    const nobody = await tc(argv, { env: { CONSUL_HTTP_ADDR: '127.0.0.1:1' } });
    expect([nobody.code, nobody.err]).toEqual([1, expect.stringContaining('connection refused')]);
    expect(server.objects.size).toBe(0);
  });
});

describe('on a schedule', () => {
  it('one of two makes the backups, tells how they are, and the other takes over', { timeout: 60_000 }, async () => {
    await using agent = await AgentProcess.create({ dev: true });
    await agent.start();
    const file = join(folder, 'settings.json');
    const metrics = (service: string): string => join(folder, `${service}.prom`);
    const snapshot = { interval: '300ms', retain: 4, lock_key: 'backup/lock' };
    const settings = { http_addr: agent.address, snapshot, local_storage: { path: join(folder, 'kept') } };
    await writeFile(file, JSON.stringify({ snapshot_agent: settings }));
    const launch = (service: string): Started => {
      const one = start([
        'snapshot',
        'agent',
        `-config-file=${file}`,
        `-service=${service}`,
        `-metrics-file=${metrics(service)}`,
      ]);
      running.push(one);
      return one;
    };
    const first = launch('backup-1');
    await until('two backups', async () => (first.out().split('Saved snapshot').length > 2 ? true : null));
    expect(first.out()).toContain('==> Consul snapshot agent running!');
    const second = launch('backup-2');
    await until('the second waits', async () => (second.out().includes('Waiting to obtain leadership') ? true : null));
    await until('retention', async () => ((await readdir(join(folder, 'kept'))).length === 4 ? true : null));
    expect(await readFile(metrics('backup-1'), 'utf8')).toMatch(
      /\nconsul_snapshot_last_success_timestamp_seconds \d{10}/,
    );
    // The agent itself: the catalog hears of a new output only now and then.
    const status = async (service: string): Promise<string> => {
      const { text } = await agent.request('GET', '/v1/agent/checks');
      const check = (JSON.parse(text) as Record<string, { Status: string; Output: string }>)[`service:${service}`];
      return `${check?.Status}: ${check?.Output}`;
    };
    expect(await status('backup-1')).toMatch(/^passing: makes the backups; last good backup \d+s ago$/);
    await until('the second is registered', async () =>
      (await status('backup-2')).startsWith('passing: waits') ? true : null,
    );
    expect(second.out()).not.toContain('Saved');

    first.child.kill('SIGTERM');
    expect((await first.ended).code).toBe(0);
    await until('the other takes over', async () => (second.out().includes('Saved snapshot') ? true : null));
    expect(await status('backup-1')).toContain('undefined');
  });

  it('backups that fail are seen, and the lock is given back', { timeout: 60_000 }, async () => {
    await using agent = await AgentProcess.create({ dev: true });
    await using server = await S3Server.start('backups');
    await agent.start();
    server.refusal = 'AccessDenied';
    const argv = ['snapshot', 'agent', '-interval=200ms', '-max-failures=2', ...s3Flags(server)];
    const one = start(argv, { env: { CONSUL_HTTP_ADDR: agent.address } });
    running.push(one);
    await until('it gives up', async () => (one.out().includes('Giving up leadership after 2 failures') ? true : null));
    const { text } = await agent.request('GET', '/v1/agent/checks');
    expect(text).toContain('AccessDenied');
    server.refusal = null;
    await until('it works again', async () => (one.out().includes('Saved snapshot') ? true : null));
    expect(server.objects.size).toBeGreaterThan(0);
  });
});
