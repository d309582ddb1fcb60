/** A reload takes over everything that may change while the agent runs, or nothing of a configuration that is wrong. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentProcess, tc as tcFile } from '../agent-process.ts';
import { tc } from '../cli/tc.ts';
import { freePorts } from '../free-port.ts';
import { ownTokenArgs, suite } from '../security.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tc-reload-'));
  file = join(folder, 'tc.json');
});
afterEach(() => rm(folder, { recursive: true }));

const before = {
  log_level: 'warn',
  services: [{ name: 'web', port: 80, check: { ttl: '1h', status: 'passing' } }],
  dns_config: { service_ttl: { '*': '10s' } },
  telemetry: { prometheus_retention_time: '60s', disable_hostname: true },
};

const withoutCertificate = JSON.stringify({
  ...before,
  services: [{ name: 'new' }],
  cert_file: '/no/such',
  key_file: '/no/such',
});

async function agentWith(config: unknown): Promise<AgentProcess> {
  await writeFile(file, JSON.stringify(config));
  const agent = await AgentProcess.create({ dev: true, args: [`-config-file=${file}`, ...ownTokenArgs] });
  await agent.start();
  return agent;
}

const serviceNames = async (agent: AgentProcess): Promise<string[]> => {
  const { text } = await agent.request('GET', '/v1/agent/services');
  return Object.keys(JSON.parse(text) as object).sort();
};
const reload = (agent: AgentProcess) => tc(['reload'], { env: { CONSUL_HTTP_ADDR: agent.address } });
const debugConfig = async (agent: AgentProcess): Promise<Record<string, unknown>> =>
  (JSON.parse((await agent.request('GET', '/v1/agent/self')).text) as { DebugConfig: Record<string, unknown> })
    .DebugConfig;

describe('a wrong configuration', () => {
  it.each([
    ['that cannot be read', '{"log_level": '],
    ['with an unknown key', JSON.stringify({ ...before, colour: 'blue' })],
    ['with a wrong value', JSON.stringify({ ...before, log_level: 'shout' })],
    [
      'whose second service is wrong',
      JSON.stringify({
        ...before,
        log_level: 'debug',
        services: [{ name: 'new' }, { name: 'bad', check: { http: 'http://x', interval: '' } }],
      }),
    ],
    [
      'with a wrong watch',
      JSON.stringify({ ...before, log_level: 'debug', services: [{ name: 'new' }], watches: [{ type: 'nonsense' }] }),
    ],
    // In the secure suite the certificates are those of the flags, whatever a file says.
    ...(suite === null ? [['whose certificate is not there', withoutCertificate]] : []),
  ])('%s is refused whole', async (_, text) => {
    await using agent = await agentWith(before);
    await writeFile(file, text);
    const { code, err } = await reload(agent);
    expect(code).toBe(1);
    expect(err).toMatch(/^Error reloading: Unexpected response code: 500 \(.+\)\n/s);
    expect(await serviceNames(agent)).toEqual(['web']);
    expect((await debugConfig(agent))['Logging']).toMatchObject({ LogLevel: 'warn' });
    const from = agent.output.length;
    await agent.request('PUT', '/v1/kv/quiet', 'x');
    expect(agent.output.slice(from)).not.toContain('DEBUG');

    await writeFile(file, JSON.stringify({ ...before, services: [{ name: 'good' }] }));
    expect((await reload(agent)).code).toBe(0);
    expect(await serviceNames(agent)).toEqual(['good']);
  });
});

describe('a changed configuration', () => {
  it.each(['reload', 'SIGHUP'] as const)(
    'is taken over (%s)',
    async (how) => {
      await using agent = await agentWith(before);
      await agent.request('PUT', '/v1/agent/service/register', JSON.stringify({ Name: 'by-api' }));
      const marker = join(folder, 'seen');
      await writeFile(
        file,
        JSON.stringify({
          ...before,
          log_level: 'debug',
          services: [{ name: 'web', port: 81 }, { name: 'db' }],
          checks: [{ name: 'disk', ttl: '1h', status: 'passing' }],
          watches: [{ type: 'key', key: 'watched', args: ['sh', '-c', `cat > ${marker}`] }],
          limits: { http_max_conns_per_client: 150, rpc_rate: 1000 },
          telemetry: { ...before.telemetry, prefix_filter: ['-consul.raft'] },
          dns_config: { service_ttl: { '*': '77s' } },
        }),
      );
      if (how === 'SIGHUP') agent.signal('SIGHUP');
      else expect((await reload(agent)).code).toBe(0);
      await expect.poll(() => serviceNames(agent), { timeout: 5_000 }).toEqual(['by-api', 'db', 'web']);
      const { text } = await agent.request('GET', '/v1/agent/service/web');
      expect(JSON.parse(text)).toMatchObject({ Port: 81 });
      expect((await agent.request('GET', '/v1/agent/checks')).text).toContain('"disk"');
      expect(await debugConfig(agent)).toMatchObject({
        HTTPMaxConnsPerClient: 150,
        RPCRateLimit: 1000,
        DNSServiceTTL: { '*': '1m17s' },
      });
      const from = agent.output.length;
      await agent.request('PUT', '/v1/kv/watched', 'x');
      await expect.poll(() => agent.output.slice(from), { timeout: 5_000 }).toContain('[DEBUG]');
      await expect
        .poll(async () => (await agent.request('GET', '/v1/catalog/services')).text, { timeout: 10_000 })
        .toContain('"db"');
      // The interval that is shown may still be one of before.
      const metrics = async (): Promise<string> => (await agent.request('GET', '/v1/agent/metrics')).text;
      await expect.poll(metrics, { timeout: 25_000, interval: 500 }).not.toContain('"consul.raft.');
      expect(await metrics()).toContain('consul.runtime.');
    },
    60_000,
  );
});

// In the secure suite they are those of the flags.
describe.runIf(suite === null)('secrets', () => {
  it('tokens that changed count from then on', async () => {
    const master = '1c7f3a52-0000-4000-8000-000000000001';
    const acl = (tokens: Record<string, string>) => ({
      ...{ primary_datacenter: 'dc1', acl: { enabled: true, default_policy: 'deny', tokens: { master, ...tokens } } },
    });
    await using agent = await agentWith(acl({}));
    const status = async (): Promise<number> => (await agent.request('PUT', '/v1/kv/guarded', 'x')).status;
    const withMaster = `/v1/kv/guarded?token=${master}`;
    await expect.poll(async () => (await agent.request('PUT', withMaster, 'x')).status, { timeout: 10_000 }).toBe(200);
    expect(await status()).toBe(403);
    await writeFile(file, JSON.stringify(acl({ default: master })));
    agent.signal('SIGHUP');
    await expect.poll(status, { timeout: 5_000 }).toBe(200);
    await writeFile(file, JSON.stringify(acl({})));
    agent.signal('SIGHUP');
    await expect.poll(status, { timeout: 5_000 }).toBe(403);
    expect(agent.output).not.toContain(master);
  });

  it('certificates that changed are shown from then on; one without its key changes nothing', async () => {
    const issue = (...argv: string[]) => execFileSync(tcFile, ['tls', ...argv], { cwd: folder, stdio: 'ignore' });
    issue('ca', 'create');
    issue('cert', 'create', '-server');
    issue('cert', 'create', '-server');
    const [https] = (await freePorts(1)) as [number];
    const config = (n: number, key = n) => ({
      ...{ ca_file: join(folder, 'consul-agent-ca.pem'), ports: { https } },
      cert_file: join(folder, `dc1-server-consul-${n}.pem`),
      key_file: join(folder, `dc1-server-consul-${key}-key.pem`),
    });
    await using agent = await agentWith(config(0));
    const serial = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect({ host: '127.0.0.1', port: https, rejectUnauthorized: false }, () => {
          resolve(socket.getPeerCertificate().serialNumber);
          socket.destroy();
        });
        socket.on('error', reject);
      });
    const first = await serial();
    await writeFile(file, JSON.stringify(config(1, 0)));
    expect((await reload(agent)).code).toBe(1);
    expect(await serial()).toBe(first);
    await writeFile(file, JSON.stringify(config(1)));
    expect((await reload(agent)).code).toBe(0);
    expect(await serial()).not.toBe(first);
  });
});
