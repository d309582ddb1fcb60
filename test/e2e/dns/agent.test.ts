/** A whole agent, asked by resolvers that others wrote: Node's (c-ares), dns2's client and, where it is installed, dig. */
import { execFile } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { promisify } from 'node:util';
import { UDPClient } from 'dns2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentProcess } from '../agent-process.ts';
import { freePort } from '../free-port.ts';
import { allowLookups } from '../security.ts';

const run = promisify(execFile);
let agent: AgentProcess;
let port: number;
let resolver: Resolver;

const register = (body: unknown) => agent.request('PUT', '/v1/catalog/register', JSON.stringify(body));

beforeAll(async () => {
  port = await freePort();
  agent = await AgentProcess.create({ dev: true, args: ['-dns-port', String(port)] });
  await agent.start();
  await allowLookups(agent.request.bind(agent));
  for (let i = 1; i <= 5; i++) {
    await register({
      Node: `n${i}`,
      Address: `10.0.0.${i}`,
      NodeMeta: { rack: `r${i}` },
      Service: { Service: 'web', Port: 8000 + i, Tags: i === 1 ? ['first'] : [] },
    });
  }
  resolver = new Resolver({ timeout: 2000, tries: 1 });
  resolver.setServers([`127.0.0.1:${port}`]);
});
afterAll(() => agent[Symbol.asyncDispose]());

describe('an agent', () => {
  it('says where its DNS listens', () => {
    expect(agent.output).toContain(`agent: Started DNS server: address=127.0.0.1:${port} network=udp`);
    expect(agent.output).toContain(`agent: Started DNS server: address=127.0.0.1:${port} network=tcp`);
  });

  it('answers the resolver of Node', async () => {
    expect(await resolver.resolve4('n3.node.consul')).toEqual(['10.0.0.3']);
    expect(await resolver.resolve4('first.web.service.consul')).toEqual(['10.0.0.1']);
    expect(await resolver.resolveTxt('n3.node.consul')).toEqual([['rack=r3']]);
    expect(await resolver.resolvePtr('3.0.0.10.in-addr.arpa')).toEqual(['n3.node.dc1.consul']);
    expect(await resolver.resolveNs('consul')).toEqual(['e2e.node.dc1.consul']);
    expect((await resolver.resolveSrv('_web._tcp.service.consul')).length).toBeGreaterThanOrEqual(3);
    await expect(resolver.resolve4('nope.service.consul')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(resolver.resolve6('n3.node.consul')).rejects.toMatchObject({ code: 'ENODATA' });
    await expect(resolver.resolve4('www.example.test')).rejects.toMatchObject({ code: 'EREFUSED' });
  });

  it("answers dns2's client", async () => {
    const answer = await UDPClient({ dns: '127.0.0.1', port })('web.service.consul', 'SRV');
    expect(answer.errors).toEqual([]);
    expect(answer.answers).toHaveLength(3);
    expect(answer.additionals.some(({ address }) => address?.startsWith('10.0.0.'))).toBe(true);
  });

  it('answers dig, over TCP as well', async (test) => {
    const dig = async (...args: readonly string[]) =>
      (await run('dig', ['@127.0.0.1', '-p', String(port), '+time=2', '+tries=1', ...args])).stdout;
    if ((await dig('-v').catch(() => null)) === null) return test.skip('no dig here');
    const srv = await dig('web.service.consul', 'SRV');
    expect(srv).toContain('status: NOERROR');
    expect(srv).not.toContain('WARNING: Message parser');
    expect(srv.match(/IN\s+SRV\s+1 1 800\d n\d\.node\.dc1\.consul\./g)).toHaveLength(5);
    expect((await dig('+tcp', '+short', 'web.service.consul')).trim().split('\n')).toHaveLength(5);
  });

  it('shows a change at once, and counts its queries', async () => {
    expect(await resolver.resolve4('n5.node.consul')).toEqual(['10.0.0.5']);
    await agent.request('PUT', '/v1/catalog/deregister', JSON.stringify({ Node: 'n5' }));
    await expect(resolver.resolve4('n5.node.consul')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    const metrics = await agent.request('GET', '/v1/agent/metrics');
    expect(metrics.text).toContain('consul.dns.domain_query');
    expect(metrics.text).toContain('consul.dns.ptr_query');
  });
});
