/** What service discovery is bought for: whoever died is not found any more, on any agent, and is found again when it is back. */
import { type ChildProcess, spawn } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { freePorts } from '../../../src/cli/dev-cluster/free-ports.ts';
import { type ClusterNode, knowsLeader, Playground, until } from '../cluster/node.ts';
import { allowLookups } from '../security.ts';

const intervalMs = 1_000;
/** Beyond the interval, for everybody to know. */
const spreadMs = 1_000;

interface Place {
  readonly node: ClusterNode;
  readonly dns: Resolver;
}

/** Three servers and three clients that know each other, each with its DNS. */
async function cluster(ground: Playground): Promise<{ all: Place[]; clients: ClusterNode[] }> {
  const dnsPorts = await freePorts(6);
  const places: Place[] = [];
  const make = async (
    name: string,
    options: { server: boolean; joins: readonly ClusterNode[] },
  ): Promise<ClusterNode> => {
    const port = dnsPorts[places.length] as number;
    const expect = options.server ? 3 : 0;
    const node = await ground.node({ name, expect, ...options, args: [`-dns-port=${port}`] });
    const dns = new Resolver({ timeout: 1_000, tries: 2 });
    dns.setServers([`127.0.0.1:${port}`]);
    places.push({ node, dns });
    node.start();
    return node;
  };
  const first = await make('s1', { server: true, joins: [] });
  for (const name of ['s2', 's3']) await make(name, { server: true, joins: [first] });
  const clients: ClusterNode[] = [];
  for (const name of ['c1', 'c2', 'c3']) clients.push(await make(name, { server: false, joins: [first] }));
  for (const { node } of places) await until(`${node.name} knows a leader`, () => knowsLeader(node));
  await allowLookups(first.ask.bind(first));
  await until(
    'the catalog has all',
    async () => ((await first.read<unknown[]>('/v1/catalog/nodes')) ?? []).length === 6,
  );
  return { all: places, clients };
}

/** A program that answers HTTP, to be killed. */
class Program {
  readonly port: number;
  #child: ChildProcess | null = null;

  constructor(port: number) {
    this.port = port;
  }

  async start(): Promise<void> {
    const serve = `require('node:http').createServer((_, r) => r.end('ok')).listen(${this.port}, '127.0.0.1', () => console.log('up'))`;
    this.#child = spawn(process.execPath, ['-e', serve], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(this.#child.stdout!, 'data');
  }

  kill(): void {
    this.#child?.kill('SIGKILL');
    this.#child = null;
  }

  [Symbol.dispose](): void {
    this.kill();
  }
}

/** null: there was no answer. */
async function addressesOf(dns: Resolver, name: string): Promise<string[] | null> {
  try {
    return await dns.resolve4(name);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTFOUND' ? [] : null;
  }
}

/** Milliseconds until every agent, asked by HTTP and by DNS, finds so many healthy instances. */
async function allFind(places: readonly Place[], service: string, count: number): Promise<number> {
  const beganMs = performance.now();
  await Promise.all(
    places.flatMap(({ node, dns }) => [
      until(`${node.name} finds ${count} by HTTP`, async () => {
        const found = await node.read<unknown[]>(`/v1/health/service/${service}?passing`);
        return found?.length === count;
      }),
      until(`${node.name} finds ${count} by DNS`, async () => {
        return (await addressesOf(dns, `${service}.service.consul`))?.length === count;
      }),
    ]),
  );
  return performance.now() - beganMs;
}

describe('a cluster of three servers and three clients', () => {
  it('finds no service that was killed, and finds it when it is back; an agent takes its services along', async () => {
    await using ground = await Playground.make();
    const { all, clients } = await cluster(ground);
    const [c1, c2] = clients as [ClusterNode, ClusterNode, ClusterNode];
    const [port] = (await freePorts(1)) as [number];
    using web = new Program(port);
    await web.start();
    const check = { HTTP: `http://127.0.0.1:${port}/`, Interval: `${intervalMs}ms`, Timeout: '500ms' };
    await c1.ask('PUT', '/v1/agent/service/register', JSON.stringify({ Name: 'web', Port: port, Check: check }));
    await c2.ask(
      'PUT',
      '/v1/agent/service/register',
      JSON.stringify({ Name: 'db', Port: 1, Check: { TTL: '1h', Status: 'passing' } }),
    );
    await allFind(all, 'web', 1);
    await allFind(all, 'db', 1);

    for (let round = 0; round < 4; round++) {
      web.kill();
      expect(await allFind(all, 'web', 0)).toBeLessThan(intervalMs + spreadMs);
      await web.start();
      expect(await allFind(all, 'web', 1)).toBeLessThan(intervalMs + spreadMs);
    }

    await c2.end('SIGKILL');
    const left = all.filter(({ node }) => node !== c2);
    await allFind(left, 'db', 0);
    for (const { node } of left) {
      const checks = await node.read<{ CheckID: string; Node: string }[]>('/v1/health/state/critical');
      expect(checks?.map(({ CheckID, Node }) => [CheckID, Node])).toEqual([['serfHealth', 'c2']]);
    }
    c2.start();
    await allFind(all, 'db', 1);
  }, 90_000);
});
