/** Debian's HAProxy with backends from SRV records of an agent: `server-template` and `resolvers`, as its manual has it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freePorts } from '../../../src/cli/dev-cluster/free-ports.ts';
import { AgentProcess } from '../agent-process.ts';
import { until } from '../cluster/node.ts';
import { allowLookups } from '../security.ts';
import { demand, programs } from './programs.ts';

const configuration = (dnsPort: number, port: number): string => `
global
  log stdout format raw local0 warning
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
resolvers consul
  nameserver consul 127.0.0.1:${dnsPort}
  accepted_payload_size 8192
  resolve_retries 3
  timeout resolve 200ms
  timeout retry 200ms
  hold valid 200ms
  hold nx 200ms
  hold obsolete 200ms
frontend front
  bind 127.0.0.1:${port}
  default_backend web
backend web
  balance roundrobin
  server-template web 6 _web._tcp.service.consul resolvers consul resolve-prefer ipv4 init-addr none
`;

/** A server that answers with its name. */
async function backend(name: string, at: number): Promise<{ server: Server; address: string; port: number }> {
  // HAProxy takes an address once in a backend.
  const address = `127.0.0.${at + 2}`;
  const server = createServer((_, response) => response.end(name)).listen(0, address);
  await once(server, 'listening');
  return { server, address, port: (server.address() as AddressInfo).port };
}

/** Who answers 24 requests; 503 where nobody does. */
async function whoAnswers(port: number): Promise<string[]> {
  const names = new Set<string>();
  for (let request = 0; request < 24; request++) {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
    names.add(answer.status === 200 ? await answer.text() : String(answer.status));
  }
  return [...names].sort();
}

describe('HAProxy', () => {
  it('sends requests to the healthy instances alone, as they come and go', async (test) => {
    demand(test, 'haproxy');
    const [dnsPort, port] = (await freePorts(2)) as [number, number];
    await using agent = await AgentProcess.create({ dev: true, args: ['-dns-port', String(dnsPort)] });
    await agent.start();
    await allowLookups(agent.request.bind(agent));
    const folder = await mkdtemp(join(tmpdir(), 'tc-haproxy-'));
    const file = join(folder, 'haproxy.cfg');
    await writeFile(file, configuration(dnsPort, port));
    const haproxy: ChildProcess = spawn(programs.haproxy.path, ['-db', '-f', file], { stdio: 'ignore' });
    const backends = await Promise.all(['a', 'b', 'c'].map(backend));
    try {
      const answers = (what: string, names: string[]) =>
        until(what, async () => {
          const got = await whoAnswers(port).catch(() => []);
          return JSON.stringify(got) === JSON.stringify(names);
        });
      for (const [at, name] of ['a', 'b', 'c'].entries()) {
        const service = {
          ID: name,
          Name: 'web',
          Address: backends[at]!.address,
          Port: backends[at]!.port,
          Check: { TTL: '1h', Status: 'passing' },
        };
        await agent.request('PUT', '/v1/agent/service/register', JSON.stringify(service));
      }
      await answers('all answer', ['a', 'b', 'c']);
      await agent.request('PUT', '/v1/agent/check/fail/service:b');
      await answers('the failed one does not', ['a', 'c']);
      await agent.request('PUT', '/v1/agent/service/maintenance/a?enable=true');
      await answers('nor the one in maintenance', ['c']);
      await agent.request('PUT', '/v1/agent/check/pass/service:b');
      await agent.request('PUT', '/v1/agent/service/maintenance/a?enable=false');
      await answers('all are back', ['a', 'b', 'c']);
      await agent.request('PUT', '/v1/agent/service/deregister/c');
      await answers('one is gone for good', ['a', 'b']);
    } finally {
      haproxy.kill('SIGKILL');
      for (const { server } of backends) server.close();
      await rm(folder, { recursive: true, force: true });
    }
    expect(agent.output).not.toContain('[ERROR]');
  }, 90_000);
});
