/** Finding others: by address, by name, by template, over IPv6; and what happens when nobody is found. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type ClusterNode, knowsLeader, Playground, statuses, until } from './node.ts';

const loopback = '{{ GetAllInterfaces | include "name" "^lo$" | include "type" "IPv4" | limit 1 | attr "address" }}';

/** The exit code of an agent that ends by itself. */
async function exitOf(node: ClusterNode): Promise<number | null> {
  node.start();
  await until(`${node.name} ends`, async () => node.exitCode !== null);
  return node.exitCode;
}

describe('an agent joins', () => {
  it.each([
    ['a name that stands for several addresses', (port: number) => `localhost:${port}`],
    ['a node by name and address', (port: number) => `s1/127.0.0.1:${port}`],
    ['an address out of a template', (port: number) => `${loopback}:${port}`],
  ])('%s', async (_, textOf) => {
    await using ground = await Playground.make();
    const [server] = (await ground.servers(1)) as [ClusterNode];
    const args = [`-retry-join=${textOf(server.ports.lan)}`];
    const client = await ground.node({ name: 'c1', server: false, args });
    client.start();
    await until(
      'both see both',
      async () => (await statuses(server))['c1'] === 1 && (await statuses(client))['s1'] === 1,
    );
    expect((await client.ask('PUT', '/v1/kv/a', 'b')).text).toBe('true');
  });

  it('over IPv6 as over IPv4', async () => {
    await using ground = await Playground.make();
    const servers: ClusterNode[] = [];
    for (const name of ['s1', 's2', 's3']) {
      const first = servers[0]?.ports.lan;
      const args = ['-bind=::1', ...(first === undefined ? [] : [`-retry-join=[::1]:${first}`])];
      servers.push(await ground.node({ name, server: true, expect: 3, args }));
    }
    for (const server of servers) server.start();
    for (const server of servers) await until(`${server.name} knows a leader`, () => knowsLeader(server));
    const [s1, s2, s3] = servers as [ClusterNode, ClusterNode, ClusterNode];
    expect((await s2.ask('PUT', '/v1/kv/a', 'b')).text).toBe('true');
    await until('all vote', async () => ((await s3.read<string[]>('/v1/status/peers')) ?? []).length === 3);
    const peers = (await s3.read<string[]>('/v1/status/peers')) ?? [];
    expect([...peers].sort()).toEqual(servers.map(({ ports }) => `[::1]:${ports.rpc}`).sort());
    const members = (await s1.read<{ Addr: string }[]>('/v1/agent/members')) ?? [];
    expect(members.map(({ Addr }) => Addr)).toEqual(['::1', '::1', '::1']);
    await until('the WAN pool too', async () => Object.keys(await statuses(s1, true)).length === 3);
  });
});

describe('an agent remembers', () => {
  it('its cluster under another name: it does not take itself for an old friend', async () => {
    await using ground = await Playground.make();
    const [server] = (await ground.servers(1)) as [ClusterNode];
    const client = await ground.node({ name: 'c1', server: false });
    client.start([`-join=127.0.0.1:${server.ports.lan}`]);
    await until('it has joined', async () => (await statuses(server))['c1'] === 1);
    const memory = `${ground.directory}/c1/serf/local.snapshot`;
    await until('it has noted it', async () => readFileSync(memory, 'utf8').includes(`:${server.ports.lan}`));
    await client.end();
    client.start(['-node=renamed']);
    await until('it is back', async () => (await statuses(server))['renamed'] === 1);
  });
});

describe('an agent that finds nobody', () => {
  it('ends at once where it was told to join', async () => {
    await using ground = await Playground.make();
    const node = await ground.node({ name: 'c1', server: false, args: ['-join=127.0.0.1:1'] });
    expect(await exitOf(node)).toBe(1);
    expect(node.output).toContain('Failed to join 127.0.0.1: dial tcp 127.0.0.1:1: connect: connection refused');
  });

  it('ends after as many tries as it was given', async () => {
    await using ground = await Playground.make();
    const args = ['-retry-join=no-such-host.invalid', '-retry-max=2', '-hcl=retry_interval = "300ms"'];
    const node = await ground.node({ name: 'c1', server: false, args });
    expect(await exitOf(node)).toBe(1);
    expect(node.output.match(/Join cluster failed, will retry/g)).toHaveLength(2);
    expect(node.output).toContain('max join retry exhausted, exiting');
  });

  it('goes on trying otherwise', async () => {
    await using ground = await Playground.make();
    const [server] = await ground.servers(1);
    const client = await ground.node({
      name: 'c1',
      server: false,
      args: [`-retry-join=127.0.0.1:${server!.ports.lan}`],
    });
    await server!.end();
    client.start();
    await until('it has tried', async () => client.output.includes('Join cluster failed, will retry'));
    await sleep(500);
    expect(client.exitCode).toBeNull();
    server!.start();
    await until('it is there', async () => (await statuses(server!))['c1'] === 1);
  });
});
