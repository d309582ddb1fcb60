/** Gossip keys and datacenters of real processes. */
import { describe, expect, it } from 'vitest';
import { type ClusterNode, knowsLeader, modes, Playground, statuses, until } from './node.ts';

const firstKey = 'pUqJrVyVRj5jsiYEkM/tFQYfWyJIv4s3XkvDwy7Cu5s=';
const nextKey = '4wkYJjOfmRaEmyFPqHy0DKoyMJ40a8ERDIM+bcORQZ8=';

interface KeyringJson {
  readonly WAN: boolean;
  readonly Keys: Record<string, number>;
  readonly PrimaryKeys: Record<string, number>;
  readonly NumNodes: number;
}

describe.each(modes)('an encrypted pool of a %s cluster', (mode) => {
  it('changes its key under load and loses nobody', async () => {
    await using ground = await Playground.make(mode);
    const encrypted = [`-encrypt=${firstKey}`];
    const servers = await ground.servers(3, encrypted);
    const first = servers[0] as ClusterNode;
    const [client] = (await Promise.all(
      ['c1', 'c2'].map(async (name) => {
        const one = await ground.node({ name, server: false, joins: [first], args: encrypted });
        one.start();
        await until(`${name} knows the leader`, () => knowsLeader(one));
        return one;
      }),
    )) as [ClusterNode, ClusterNode];
    let writing = true;
    let failures = 0;
    const load = (async () => {
      for (let n = 0; writing; n++) {
        const { text } = await client.ask('PUT', `/v1/kv/k${n % 10}`, String(n));
        if (text !== 'true') failures++;
      }
    })();
    const keys = (): Promise<KeyringJson[]> =>
      first.read<KeyringJson[]>('/v1/operator/keyring').then((all) => all ?? []);
    for (const [method, key] of [
      ['POST', nextKey],
      ['PUT', nextKey],
      ['DELETE', firstKey],
    ] as const) {
      const { status, text } = await first.ask(method, '/v1/operator/keyring', JSON.stringify({ Key: key }));
      expect([status, text]).toEqual([200, '']);
    }
    writing = false;
    await load;
    expect(failures).toBe(0);
    const [, lan] = await keys();
    expect(lan).toMatchObject({ WAN: false, NumNodes: 5, Keys: { [nextKey]: 5 }, PrimaryKeys: { [nextKey]: 5 } });
    expect(Object.values(await statuses(first))).toEqual([1, 1, 1, 1, 1]);
    // Who has the wrong key does not get in.
    const stranger = await ground.node({ name: 'stale', server: false, joins: [first], args: encrypted });
    stranger.start();
    await until('the stranger is refused', async () => stranger.output.includes('Join cluster failed, will retry'));
    await until('and the log says so', async () => first.output.includes('No installed keys could decrypt'));
    expect(await statuses(first)).not.toHaveProperty('stale');
    expect(ground.nodes.filter(({ output }) => output.includes('EventMemberFailed'))).toEqual([]);
  });
});

describe.each(modes)('two datacenters, %s,', (mode) => {
  it('know each other over the WAN pool and pass on what is asked of the other', async () => {
    await using ground = await Playground.make(mode);
    const [east] = (await ground.servers(1, ['-datacenter=east'], 'e')) as [ClusterNode];
    const west = await ground.node({
      name: 'w1',
      server: true,
      expect: 1,
      joinsWan: [east],
      args: ['-datacenter=west'],
    });
    west.start();
    await until('west has a leader', () => knowsLeader(west));
    await until('both are in the pool', async () => (await statuses(east, true))['w1.west'] === 1);
    expect((await east.ask('PUT', '/v1/kv/here?dc=west', 'there')).text).toBe('true');
    expect((await east.ask('GET', '/v1/kv/here?dc=west&raw')).text).toBe('there');
    expect((await west.ask('GET', '/v1/kv/here?raw')).text).toBe('there');
    expect((await east.ask('GET', '/v1/kv/here')).status).toBe(404);
    expect(await east.read<string[]>('/v1/catalog/datacenters')).toEqual(['east', 'west']);
    expect(await west.read<string[]>('/v1/catalog/datacenters')).toEqual(['west', 'east']);
    const fired = await east.ask('PUT', '/v1/event/fire/hello?dc=west', 'x');
    expect(fired.status).toBe(200);
    await until('west hears it', async () => (await west.read<unknown[]>('/v1/event/list'))?.length === 1);
    const nowhere = await east.ask('GET', '/v1/kv/here?dc=north');
    expect([nowhere.status, nowhere.text]).toEqual([500, 'No path to datacenter']);
    await west.end('SIGKILL');
    await until('nobody is left there', async () => {
      const { text } = await east.ask('GET', '/v1/kv/here?dc=west');
      return text === 'Remote DC has no server currently reachable';
    });
  });
});
