/** Debian's unbound in front of an agent, as the manuals have it: it forwards our zone, and nothing of it is told apart. */
import { type ChildProcess, spawn } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AgentProcess } from '../agent-process.ts';
import { freePort } from '../free-port.ts';
import { allowLookups } from '../security.ts';
import { demand, isThere, programs } from './programs.ts';

let agent: AgentProcess;
let unbound: ChildProcess | undefined;
let folder: string;
const resolver = new Resolver({ timeout: 3000, tries: 2 });

beforeAll(async () => {
  if (!isThere('unbound')) return;
  const dnsPort = await freePort();
  const port = await freePort();
  agent = await AgentProcess.create({ dev: true, args: ['-dns-port', String(dnsPort)] });
  await agent.start();
  await allowLookups(agent.request.bind(agent));
  folder = await mkdtemp(join(tmpdir(), 'tc-unbound-'));
  const file = join(folder, 'unbound.conf');
  await writeFile(
    file,
    `server:
  interface: 127.0.0.1@${port}
  port: ${port}
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "${folder}"
  pidfile: ""
  use-syslog: no
  verbosity: 0
  do-not-query-localhost: no
  domain-insecure: "consul"
  module-config: "iterator"
forward-zone:
  name: "consul."
  forward-addr: 127.0.0.1@${dnsPort}
remote-control:
  control-enable: no
`,
  );
  unbound = spawn(programs.unbound.path, ['-d', '-c', file], { stdio: 'ignore' });
  resolver.setServers([`127.0.0.1:${port}`]);
  await vi.waitFor(() => resolver.resolveNs('consul'), { timeout: 10_000 });
});
afterAll(async () => {
  if (unbound === undefined) return;
  unbound.kill();
  await once(unbound, 'exit');
  await agent[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const put = (path: string, body: unknown) => agent.request('PUT', path, JSON.stringify(body));

describe('unbound in front of an agent', () => {
  it('resolves nodes, services and targets', async (test) => {
    demand(test, 'unbound');
    for (let i = 1; i <= 40; i++) {
      await put('/v1/catalog/register', {
        Node: `n${i}`,
        Address: `10.0.0.${i}`,
        Service: { Service: 'web', Port: 8000 + i },
      });
    }
    expect(await resolver.resolve4('n7.node.consul')).toEqual(['10.0.0.7']);
    // It asks with EDNS, so that there are more than three.
    expect((await resolver.resolve4('web.service.consul')).length).toBeGreaterThan(20);
    expect((await resolver.resolveSrv('_web._tcp.service.consul')).length).toBeGreaterThan(10);
    await expect(resolver.resolve4('nope.service.consul')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(resolver.resolve6('n7.node.consul')).rejects.toMatchObject({ code: 'ENODATA' });
  });

  it('follows health without delay where the TTL is zero', async (test) => {
    demand(test, 'unbound');
    await put('/v1/catalog/register', { Node: 'solo', Address: '10.9.0.1', Service: { Service: 'solo', Port: 1 } });
    expect(await resolver.resolve4('solo.service.consul')).toEqual(['10.9.0.1']);
    const check = { CheckID: 'c', Name: 'c', Status: 'critical', ServiceID: 'solo' };
    await put('/v1/catalog/register', { Node: 'solo', Address: '10.9.0.1', Check: check });
    await expect(resolver.resolve4('solo.service.consul')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await put('/v1/catalog/register', { Node: 'solo', Address: '10.9.0.1', Check: { ...check, Status: 'passing' } });
    expect(await resolver.resolve4('solo.service.consul')).toEqual(['10.9.0.1']);
  });
});
