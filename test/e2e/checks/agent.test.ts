/** Services and checks of a real agent: over restarts, reloads and the deaths of what is checked. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { AgentProcess } from '../agent-process.ts';

async function put(agent: AgentProcess, path: string, body?: object): Promise<void> {
  const { status, text } = await agent.request('PUT', path, body === undefined ? undefined : JSON.stringify(body));
  expect([status, text]).toEqual([200, '']);
}

const get = async (agent: AgentProcess, path: string): Promise<unknown> =>
  JSON.parse((await agent.request('GET', path)).text);

/** Polls until the condition holds; the milliseconds it took. */
async function until(what: string, holds: () => Promise<boolean>, limitMs = 10_000): Promise<number> {
  const startMs = performance.now();
  while (!(await holds())) {
    if (performance.now() - startMs > limitMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await sleep(20);
  }
  return performance.now() - startMs;
}

/** No more at once than an agent takes from one address. */
async function inBatches<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < all.length; at += 100) await Promise.all(all.slice(at, at + 100).map(act));
}

const passing = async (agent: AgentProcess, service: string): Promise<number> =>
  ((await get(agent, `/v1/health/service/${service}?passing`)) as unknown[]).length;

/** A web server in a process of its own; resolves with its port. */
async function webServer(port = 0): Promise<{ port: number; child: ChildProcess }> {
  const script = `const s = require('node:http').createServer((q, r) => r.end('ok'));
    s.listen(${port}, '127.0.0.1', () => console.log(s.address().port));`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  return { port: Number(line.toString()), child };
}

describe('a service that is killed', () => {
  it('is gone within one interval and a second, and comes back when it does', async () => {
    await using agent = await AgentProcess.create({ dev: true });
    await agent.start();
    const first = await webServer();
    const HTTP = `http://127.0.0.1:${first.port}/`;
    await put(agent, '/v1/agent/service/register', { Name: 'web', Check: { HTTP, Interval: '1s' } });
    await until('passing', async () => (await passing(agent, 'web')) === 1);
    first.child.kill('SIGKILL');
    const goneMs = await until('gone', async () => (await passing(agent, 'web')) === 0);
    expect(goneMs).toBeLessThan(2000);
    const second = await webServer(first.port);
    const backMs = await until('back', async () => (await passing(agent, 'web')) === 1);
    second.child.kill('SIGKILL');
    expect(backMs).toBeLessThan(2000);
  });
});

describe('an agent that is killed', () => {
  it('has its services and the state of its checks again, and the catalog follows', async () => {
    await using agent = await AgentProcess.create();
    await agent.start();
    const Check = { CheckID: 'c', TTL: '10m' };
    await put(agent, '/v1/agent/service/register', { Name: 'stay', Port: 1, Check, Connect: { SidecarService: {} } });
    await put(agent, '/v1/agent/service/register', { Name: 'socket', SocketPath: '/run/socket.sock' });
    await put(agent, '/v1/agent/service/register', { Name: 'go' });
    await put(agent, '/v1/agent/check/pass/c?note=fine');
    await put(agent, '/v1/agent/maintenance?enable=true&reason=disk');
    await put(agent, '/v1/agent/service/deregister/go');
    await agent.kill();
    await agent.start();
    const services = (await get(agent, '/v1/agent/services')) as Record<string, unknown>;
    expect(Object.keys(services).sort()).toEqual(['socket', 'stay', 'stay-sidecar-proxy']);
    expect(services['socket']).toMatchObject({ SocketPath: '/run/socket.sock', Address: '', Port: 0 });
    const checks = (await get(agent, '/v1/agent/checks')) as Record<string, { Status: string; Output: string }>;
    expect(checks['c']).toMatchObject({ Status: 'passing', Output: 'fine' });
    expect(checks['_node_maintenance']).toMatchObject({ Status: 'critical', Notes: 'disk' });
    await until('the catalog agrees', async () => {
      const known = (await get(agent, '/v1/catalog/services')) as Record<string, unknown>;
      return Object.keys(known).sort().join() === 'consul,socket,stay,stay-sidecar-proxy';
    });
    expect(await get(agent, '/v1/health/service/socket')).toMatchObject([
      { Service: { SocketPath: '/run/socket.sock' } },
    ]);
    const inCatalog = (await get(agent, '/v1/health/checks/stay')) as unknown[];
    expect(inCatalog).toMatchObject([{ CheckID: 'c', Status: 'passing', Output: 'fine' }]);
  });
});

describe('definitions in files', () => {
  it('are followed by a reload, keep the health of their checks, and go with the file', async () => {
    await using agent = await AgentProcess.create();
    const file = join(agent.dataDir, '..', `definitions-${process.pid}.json`);
    const write = (definitions: object) => writeFile(file, JSON.stringify(definitions));
    await write({
      services: [
        { name: 'a', check: { id: 'c', ttl: '10m' } },
        { name: 'b', socket_path: '/run/b' },
      ],
    });
    await using configured = await AgentProcess.create({ args: ['-config-file', file] });
    await configured.start();
    await put(configured, '/v1/agent/check/pass/c');
    expect(await get(configured, '/v1/agent/service/b')).toMatchObject({ SocketPath: '/run/b' });
    await put(configured, '/v1/agent/service/register', { Name: 'api' });
    await write({ services: [{ name: 'a', port: 5, check: { id: 'c', ttl: '10m' } }] });
    await put(configured, '/v1/agent/reload');
    const services = (await get(configured, '/v1/agent/services')) as Record<string, { Port: number }>;
    expect(Object.keys(services).sort()).toEqual(['a', 'api']);
    expect(services['a']?.Port).toBe(5);
    expect(await get(configured, '/v1/agent/checks')).toMatchObject({ c: { Status: 'passing' } });
    await write({ services: [{ name: 'a' }, { port: 1 }] });
    const refused = await configured.request('PUT', '/v1/agent/reload');
    expect([refused.status, refused.text]).toEqual([500, 'Failed to register service "": Missing service name']);
    expect(await get(configured, '/v1/agent/checks')).toMatchObject({ c: { Status: 'passing' } });
  });
});

describe('scripts', () => {
  it('die with the agent that started them', async () => {
    await using agent = await AgentProcess.create({ dev: true, args: ['-enable-script-checks'] });
    await agent.start();
    const file = join(agent.dataDir, 'pid');
    const Args = ['/bin/sh', '-c', `echo $$ > ${file}; exec sleep 60`];
    await put(agent, '/v1/agent/check/register', { Name: 's', Args, Interval: '1s' });
    const pid = async () => Number(await readFile(file, 'utf8').catch(() => '0'));
    await until('the script runs', async () => (await pid()) > 0);
    await agent.kill('SIGTERM');
    const script = await pid();
    await until('the script is gone', async () => {
      const status = await readFile(`/proc/${script}/status`, 'utf8').catch(() => 'State: Z');
      return /State:\s+Z/.test(status);
    });
  });
});

describe('many services', () => {
  it('are all in the catalog soon', async () => {
    await using agent = await AgentProcess.create({ dev: true });
    await agent.start();
    const count = 500;
    const names = Array.from({ length: count }, (_, i) => `s${i}`);
    const bodies = names.map((Name) => ({ Name, Check: { TTL: '10m', Status: 'passing' } }));
    await inBatches(bodies, (body) => put(agent, '/v1/agent/service/register', body));
    await until(
      'all passing',
      async () => ((await get(agent, '/v1/health/state/passing')) as unknown[]).length > count,
    );
    await inBatches(names, (name) => put(agent, `/v1/agent/service/deregister/${name}`));
    await until('all gone', async () => Object.keys((await get(agent, '/v1/catalog/services')) as object).length === 1);
  });
});
