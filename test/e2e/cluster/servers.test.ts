/** Servers and clients as real processes: they form, fail, come back, grow and shrink. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { parseDurationMs } from '../../../src/lib/duration.ts';
import { type ClusterNode, knowsLeader, leaderOf, modes, Playground, statuses, until } from './node.ts';

const valueAt = async (node: ClusterNode, key: string, how = ''): Promise<string | undefined> =>
  (await node.read<{ Value: string }[]>(`/v1/kv/${key}${how}`))?.[0]?.Value;
const base64 = (text: string): string => Buffer.from(text).toString('base64');

interface Peer {
  readonly Node: string;
  readonly Voter: boolean;
}
const peersOf = async (node: ClusterNode): Promise<readonly Peer[]> =>
  (await node.read<{ Servers: Peer[] }>('/v1/operator/raft/configuration'))?.Servers ?? [];

describe.each(modes)('a %s cluster', (mode) => {
  it('of three servers and two clients forms, writes through a client, and outlives its leader', async () => {
    await using ground = await Playground.make(mode);
    const servers = await ground.servers(3);
    const clients: ClusterNode[] = [];
    for (const name of ['c1', 'c2']) {
      const client = await ground.node({ name, server: false, joins: [servers[0]!] });
      client.start();
      clients.push(client);
    }
    const [c1, c2] = clients as [ClusterNode, ClusterNode];
    for (const node of ground.nodes) {
      await until(`${node.name} sees all`, async () => Object.keys(await statuses(node)).length === 5);
      await until(`${node.name} knows the leader`, () => knowsLeader(node));
    }
    expect((await c1.ask('PUT', '/v1/kv/a', 'one')).text).toBe('true');
    expect(await valueAt(c2, 'a')).toBe(base64('one'));
    for (const server of servers) {
      expect(await valueAt(server, 'a', '?consistent')).toBe(base64('one'));
      await until('stale reads catch up', async () => (await valueAt(server, 'a', '?stale')) === base64('one'));
    }
    const archive = await c2.ask('GET', '/v1/snapshot');
    expect([archive.status, archive.text.length > 100]).toEqual([200, true]);

    const leader = await leaderOf(servers);
    const rest = servers.filter((server) => server !== leader);
    await leader.end('SIGKILL');
    const diedMs = performance.now();
    // Requests in the meantime wait for the next leader.
    const put = await rest[0]!.ask('PUT', '/v1/kv/a', 'two');
    const acceptedMs = performance.now() - diedMs;
    expect(put.text).toBe('true');
    // Well below what an election after silence takes; with some room for a busy machine.
    expect(acceptedMs).toBeLessThan(2_000);
    expect(await valueAt(c1, 'a')).toBe(base64('two'));
    await until('it is marked failed', async () => (await statuses(c1))[leader.name] === 4);

    leader.start();
    await until('it is back', async () => (await statuses(c1))[leader.name] === 1);
    await until('it has caught up', async () => (await valueAt(leader, 'a', '?stale')) === base64('two'));
  });

  it('of five servers that expect three is one, whoever begins with whom', async () => {
    await using ground = await Playground.make(mode);
    const servers: ClusterNode[] = [];
    for (let i = 1; i <= 5; i++) {
      servers.push(await ground.node({ name: `s${i}`, server: true, joins: servers.slice(-1), expect: 3 }));
    }
    for (const server of servers) server.start();
    for (const server of servers) {
      await until(`${server.name} knows all`, async () => (await peersOf(server)).length === 5);
    }
    const leaders = new Set<string>();
    for (const server of servers) leaders.add((await server.ask('GET', '/v1/status/leader')).text);
    expect(leaders.size).toBe(1);
    for (const [i, server] of servers.entries()) {
      expect((await server.ask('PUT', `/v1/kv/by/${i}`, String(i))).text).toBe('true');
    }
    for (const server of servers) {
      for (const i of servers.keys()) expect(await valueAt(server, `by/${i}`, '?consistent')).toBe(base64(String(i)));
    }
  });

  it('gives a vote to a fourth server, lets one leave in order, and forgets one that failed', async () => {
    await using ground = await Playground.make(mode);
    const servers = await ground.servers(3, ['-hcl=autopilot { server_stabilization_time = "1s" }']);
    const first = servers[0]!;
    const fourth = await ground.node({ name: 's4', server: true, joins: [first] });
    fourth.start();
    await until('it is promoted', async () => (await peersOf(first)).some((peer) => peer.Node === 's4' && peer.Voter));
    // It leaves as it came: by itself, and nobody waits for it.
    expect((await fourth.ask('PUT', '/v1/agent/leave')).status).toBe(200);
    await until('it is out of Raft', async () => (await peersOf(first)).every((peer) => peer.Node !== 's4'));
    expect((await statuses(first))['s4']).toBe(3);

    const client = await ground.node({ name: 'c1', server: false, joins: [first] });
    client.start();
    await until('the client is there', async () => (await statuses(first))['c1'] === 1);
    await until('and registered', async () => (await first.ask('GET', '/v1/catalog/node/c1')).text !== 'null');
    await client.end('SIGKILL');
    await until('it is marked failed', async () => (await statuses(first))['c1'] === 4);
    expect((await first.ask('PUT', '/v1/agent/force-leave/c1')).status).toBe(200);
    await until('it counts as left', async () => (await statuses(first))['c1'] === 3);
    expect((await first.ask('PUT', '/v1/agent/force-leave/c1?prune')).status).toBe(200);
    await until('it is forgotten', async () => !('c1' in (await statuses(first))));
    await until('and deregistered', async () => (await first.ask('GET', '/v1/catalog/node/c1')).text.trim() === 'null');
  });

  it('comes back by what its members remember, without being told whom to join', async () => {
    await using ground = await Playground.make(mode);
    const [one] = (await ground.servers(1)) as [ClusterNode];
    const client = await ground.node({ name: 'c1', server: false });
    client.start([`-retry-join=127.0.0.1:${one.ports.lan}`]);
    await until(
      'both know both',
      async () => (await statuses(one))['c1'] === 1 && (await statuses(client))['s1'] === 1,
    );
    // What is remembered is written twice a second.
    await new Promise((done) => setTimeout(done, 700));
    await client.end('SIGKILL');
    client.start();
    await until('it joins by itself', async () => (await statuses(client))['s1'] === 1);
    expect(await knowsLeader(client)).toBe(true);
  });

  it('hands leadership over when it is asked to', async () => {
    await using ground = await Playground.make(mode);
    const servers = await ground.servers(3);
    const before = await leaderOf(servers);
    const moved = await before.ask('POST', '/v1/operator/raft/transfer-leader');
    expect([moved.status, JSON.parse(moved.text)]).toEqual([200, { Success: true }]);
    const other = servers.find((server) => server !== before)!;
    await until('another leads', async () => {
      const address = (await other.read<string>('/v1/status/leader')) ?? '';
      return address !== '' && !address.endsWith(`:${before.ports.rpc}`) && (await knowsLeader(other));
    });
    expect((await before.ask('PUT', '/v1/kv/k', 'v')).text).toBe('true');
  });
});

describe('with the timings of the default', () => {
  it('followers hear from an idle leader as often as autopilot wants it', async () => {
    await using ground = await Playground.make();
    const servers = await ground.servers(2, ['-hcl=performance { raft_multiplier = 5 }']);
    const leader = await leaderOf(servers);
    const follower = servers.find((server) => server !== leader)!;
    let [recent, samples] = [0, 0];
    for (; samples < 40; samples++) {
      const self = await follower.read<{ Stats: { raft: { last_contact: string } } }>('/v1/agent/self');
      if (parseDurationMs(self?.Stats.raft.last_contact ?? '') < 200) recent++;
      await sleep(61);
    }
    expect(recent).toBeGreaterThan(0.8 * samples);
  });
});
