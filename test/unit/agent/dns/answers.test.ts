import { describe, expect, it } from 'vitest';
import { RpcError } from '../../../../src/agent/errors.ts';
import { configWith, type Instance, queryFor, World } from './world.ts';

const web = (count: number, rest: Partial<Instance['service']> = {}): Instance[] =>
  Array.from({ length: count }, (_, i) => ({
    node: `n${i}`,
    address: `10.0.0.${i + 1}`,
    service: { Service: 'web', Port: 8000 + i, ...rest },
  }));
const soa = 'consul. 0 IN SOA ns.consul. hostmaster.consul. 1700000000 3600 600 86400 0';
const sorted = (records: readonly string[]) => [...records].sort();

describe('nodes', () => {
  const world = new World([
    { node: 'foo', address: '10.0.0.1', meta: { key: 'value', 'rfc1035-x': 'raw' } },
    { node: 'six', address: '2001:db8::6' },
    { node: 'bar.baz', address: '10.0.0.2' },
    { node: 'host', address: 'db.example.test' },
    { node: 'long', meta: { key: 'v'.repeat(300) } },
    { node: 'two', address: '10.0.0.7', tagged: { lan_ipv6: '2001:db8::7' } },
  ]);

  it.each([
    ['foo.node.consul', 'A', ['foo.node.consul. 0 IN A 10.0.0.1']],
    ['FOO.node.dc1.Consul', 'A', ['FOO.node.dc1.Consul. 0 IN A 10.0.0.1']],
    ['six.node.consul', 'AAAA', ['six.node.consul. 0 IN AAAA 2001:db8::6']],
    ['bar.baz.node.consul', 'A', ['bar.baz.node.consul. 0 IN A 10.0.0.2']],
    ['host.node.consul', 'A', ['host.node.consul. 0 IN CNAME db.example.test.']],
    ['foo.node.consul', 'TXT', ['foo.node.consul. 0 IN TXT "key=value"', 'foo.node.consul. 0 IN TXT "raw"']],
    ['two.node.consul', 'AAAA', ['two.node.consul. 0 IN AAAA 2001:db8::7']],
    ['two.node.consul', 'A', ['two.node.consul. 0 IN A 10.0.0.7']],
    ['six.node.consul', 'A', []],
    ['nobody.node.consul', 'SRV', []],
  ] as const)('%s %s', async (name, type, answer) => {
    expect(await world.ask(name, { type })).toMatchObject({ rcode: 0, answer, authority: [] });
  });

  it('show their metadata beside an address', async () => {
    const { additional } = await world.ask('foo.node.consul');
    expect(additional).toEqual(['foo.node.consul. 0 IN TXT "key=value"', 'foo.node.consul. 0 IN TXT "raw"']);
  });

  it('that do not exist are no names, with the SOA of the zone', async () => {
    expect(await world.ask('nope.node.consul')).toMatchObject({ rcode: 3, answer: [], authority: [soa] });
  });

  it('with metadata that no record can hold stay without an answer', async () => {
    await expect(world.ask('long.node.consul')).rejects.toThrow('no answer');
    expect(world.log).toContain('failed to respond');
  });
});

describe('services', () => {
  it('are shown with every healthy instance, warnings included', async () => {
    const [a, b, c] = web(3) as [Instance, Instance, Instance];
    const world = new World([a, { ...b, status: 'warning' }, { ...c, status: 'critical' }]);
    const { answer } = await world.ask('web.service.consul');
    expect(sorted(answer)).toEqual(['web.service.consul. 0 IN A 10.0.0.1', 'web.service.consul. 0 IN A 10.0.0.2']);
  });

  it('leave out warnings where only passing counts', async () => {
    const [a, b] = web(2) as [Instance, Instance];
    const world = new World([a, { ...b, status: 'warning' }], configWith({ onlyPassing: true }));
    expect((await world.ask('web.service.consul')).answer).toEqual(['web.service.consul. 0 IN A 10.0.0.1']);
  });

  it('answer SRV with weight, port and the address of the target', async () => {
    const instances: Instance[] = [
      { node: 'n1', address: '10.0.0.1', service: { Service: 'web', Port: 80, Weights: { Passing: 300, Warning: 2 } } },
      {
        node: 'n2',
        service: { Service: 'web', Port: 81, Address: '10.9.9.9', Weights: { Passing: 5, Warning: 2 } },
        status: 'warning',
      },
    ];
    const { answer, additional } = await new World(instances).ask('_web._tcp.service.consul', { type: 'SRV' });
    expect(sorted(answer)).toEqual([
      '_web._tcp.service.consul. 0 IN SRV 1 2 81 0a090909.addr.dc1.consul.',
      '_web._tcp.service.consul. 0 IN SRV 1 300 80 n1.node.dc1.consul.',
    ]);
    expect(sorted(additional)).toEqual([
      '0a090909.addr.dc1.consul. 0 IN A 10.9.9.9',
      'n1.node.dc1.consul. 0 IN A 10.0.0.1',
    ]);
  });

  it('show an address once and an instance on one port once', async () => {
    const twice = [...web(1), ...web(1)];
    expect((await new World(twice).ask('web.service.consul')).answer).toHaveLength(1);
    expect((await new World(twice).ask('web.service.consul', { type: 'SRV' })).answer).toHaveLength(1);
  });

  it('leave out an instance whose name cannot be one', async () => {
    const odd = { node: 'x'.repeat(64), address: '10.0.0.9', service: { Service: 'web', Port: 1 } };
    const { answer } = await new World([odd, ...web(1)]).ask('web.service.consul', { type: 'SRV' });
    expect(answer).toEqual(['web.service.consul. 0 IN SRV 1 1 8000 n0.node.dc1.consul.']);
  });

  it('follow aliases within the zone, three steps and no further', async () => {
    const chain = [1, 2, 3, 4, 5].map((i) => ({
      node: 'n',
      service: { Service: `s${i}`, Address: i === 5 ? '10.5.5.5' : `s${i + 1}.service.consul` },
    }));
    const world = new World(chain);
    expect((await world.ask('s3.service.consul')).answer).toEqual([
      's3.service.consul. 0 IN CNAME s4.service.consul.',
      's4.service.consul. 0 IN CNAME s5.service.consul.',
      's5.service.consul. 0 IN A 10.5.5.5',
    ]);
    expect((await world.ask('s1.service.consul')).answer).toEqual([
      's1.service.consul. 0 IN CNAME s2.service.consul.',
      's2.service.consul. 0 IN CNAME s3.service.consul.',
      's3.service.consul. 0 IN CNAME s4.service.consul.',
    ]);
  });

  it('that lead to themselves are at their node', async () => {
    const self = { node: 'n', address: '10.0.0.1', service: { Service: 'self', Address: 'Self.service.consul' } };
    expect((await new World([self]).ask('self.service.consul')).answer).toEqual([
      'self.service.consul. 0 IN A 10.0.0.1',
    ]);
  });

  it('prefer addresses to aliases, and have one alias at most', async () => {
    const alias = (i: number) => ({ node: `h${i}`, service: { Service: 'web', Address: `h${i}.example.test` } });
    const mixed = await new World([alias(1), ...web(1), alias(2)]).ask('web.service.consul');
    expect(mixed.answer).toEqual(['web.service.consul. 0 IN A 10.0.0.1']);
    const aliases = await new World([alias(1), alias(2)]).ask('web.service.consul');
    expect(aliases.answer).toHaveLength(1);
  });

  it('have the TTL of the longest entry that fits', async () => {
    const ttl = { '*': 5000, web: 20_000, 'db*': 30_000, 'db-m*': 40_000 };
    const of = async (name: string) => {
      const world = new World([{ node: 'n', service: { Service: name } }], configWith({ serviceTtlMs: ttl }));
      return (await world.ask(`${name}.service.consul`)).answer[0]!.split(' ')[1];
    };
    expect(await Promise.all(['web', 'web2', 'db-one', 'db-main'].map(of))).toEqual(['20', '5', '30', '40']);
  });

  it('of another datacenter are shown with their outer addresses where that is asked for', async () => {
    const tagged = { wan: { Address: '1.1.1.1', Port: 1080 } };
    const instance = { node: 'n', service: { Service: 'web', Port: 80, TaggedAddresses: tagged } };
    const world = new World([instance], configWith({}, { translateWanAddrs: true }));
    expect((await world.ask('web.service.dc2.consul', { type: 'SRV' })).answer).toEqual([
      'web.service.dc2.consul. 0 IN SRV 1 1 1080 01010101.addr.dc2.consul.',
    ]);
    expect((await world.ask('web.service.dc1.consul', { type: 'SRV' })).answer).toEqual([
      'web.service.dc1.consul. 0 IN SRV 1 1 80 n.node.dc1.consul.',
    ]);
  });
});

describe('the zone', () => {
  const servers = (count: number): Instance[] =>
    Array.from({ length: count }, (_, i) => ({ node: `s${i}`, service: { Service: 'consul' } }));

  it('names three of its servers at most, with their addresses', async () => {
    const { answer, additional } = await new World(servers(5)).ask('consul', { type: 'NS' });
    expect(answer).toHaveLength(3);
    expect(additional).toHaveLength(3);
  });

  it('leaves out servers whose names resolvers refuse', async () => {
    const world = new World([{ node: 'under_score', service: { Service: 'consul' } }, ...servers(1)]);
    expect((await world.ask('consul', { type: 'NS' })).answer).toEqual(['consul. 0 IN NS s0.node.dc1.consul.']);
  });

  it('is not transferred', async () => {
    expect(await new World(servers(1)).ask('consul', { type: 'AXFR' })).toMatchObject({ rcode: 4, answer: [] });
  });

  it('is in both domains, answers in the first', async () => {
    const world = new World(web(1), configWith({}, { altDomain: 'alt.test.' }));
    expect((await world.ask('web.service.alt.test', { type: 'SRV' })).answer).toEqual([
      'web.service.alt.test. 0 IN SRV 1 1 8000 n0.node.dc1.consul.',
    ]);
    expect((await world.ask('nope.service.alt.test')).authority).toEqual([soa]);
    expect((await world.ask('web.service.other.test')).rcode).toBe(5);
  });
});

describe('addresses', () => {
  const world = new World([
    { node: 'n1', address: '10.0.0.1' },
    { node: 'n6', address: '2001:db8::6' },
    { node: 'n2', address: '10.0.0.2', service: { Service: 'web', Address: '10.3.3.3' } },
  ]);

  it.each([
    ['1.0.0.10.in-addr.arpa', 'n1.node.dc1.consul.'],
    ['3.3.3.10.IN-ADDR.ARPA', 'web.service.dc1.consul.'],
    [`6.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa`, 'n6.node.dc1.consul.'],
  ])('%s has a name', async (name, target) => {
    const { answer, rcode } = await world.ask(name, { type: 'PTR' });
    expect(answer.map((one) => one.split(' ').at(-1))).toEqual([target]);
    expect(rcode).toBe(0);
  });

  it.each(['9.9.9.9.in-addr.arpa', '0.10.in-addr.arpa', 'junk.in-addr.arpa', 'arpa', '1.ip6.arpa'])(
    '%s is unknown without recursors',
    async (name) => {
      expect(await world.ask(name, { type: 'PTR' })).toMatchObject({ rcode: 2, flags: ['rd', 'ra'], answer: [] });
    },
  );

  it('are names as well', async () => {
    expect((await world.ask('0A000001.addr.dc9.consul')).answer).toEqual(['0a000001.addr.dc9.consul. 0 IN A 10.0.0.1']);
    expect(await world.ask('0a0000.addr.consul')).toMatchObject({ rcode: 0, answer: [] });
    expect((await world.ask('zz000001.addr.consul')).rcode).toBe(3);
  });
});

describe('prepared queries', () => {
  it('that nobody made are no names, until somebody makes them', async () => {
    const world = new World(web(1));
    expect((await world.ask('q.query.consul')).rcode).toBe(3);
    world.catalog.executed = { Service: 'web', Datacenter: 'dc1' };
    expect((await world.ask('q.query.consul')).answer).toEqual(['q.query.consul. 0 IN A 10.0.0.1']);
  });

  it.each([5, 600])('show %i instances in the order in which they were found: the nearest first', async (count) => {
    const world = new World(web(count).map((one, i) => ({ ...one, address: `10.7.${i >> 8}.${i & 255}` })));
    world.catalog.executed = { Service: 'web' };
    for (const asking of [{}, { network: 'tcp' }, { type: 'SRV', network: 'tcp' }] as const) {
      const first = (await world.ask('q.query.consul', asking)).answer;
      for (let i = 0; i < 5; i++) expect((await world.ask('q.query.consul', asking)).answer).toEqual(first);
      expect(first[0]).toMatch(asking.type === 'SRV' ? / n0\.node\./ : / 10\.7\.0\.0$/);
    }
  });

  it('say their own TTL and may come from another datacenter', async () => {
    const world = new World(web(1), configWith({ serviceTtlMs: { web: 7000 } }));
    world.catalog.executed = { Service: 'web', Datacenter: 'dc2', DNS: { TTL: '9s' } };
    expect((await world.ask('q.query.consul', { type: 'SRV' })).answer).toEqual([
      'q.query.consul. 9 IN SRV 1 1 8000 n0.node.dc2.consul.',
    ]);
    world.catalog.change(web(1));
    world.catalog.executed = { Service: 'web', Datacenter: 'dc1' };
    expect((await world.ask('Q.query.consul')).answer).toEqual(['Q.query.consul. 7 IN A 10.0.0.1']);
  });

  it('know who asks: the agent, and the client or its subnet', async () => {
    const world = new World(web(1));
    world.catalog.executed = { Service: 'web' };
    await world.ask('q.query.consul');
    expect(world.catalog.executions[0]).toMatchObject({
      QueryIDOrName: 'q',
      Agent: { Node: 'alpha', Datacenter: 'dc1' },
      Source: { Ip: '127.0.0.1' },
    });
    const subnet = Buffer.from([0, 0, 41, 16, 0, 0, 0, 0, 0, 0, 11, 0, 8, 0, 7, 0, 1, 24, 0, 1, 2, 3]);
    const query = Buffer.concat([queryFor('r.query.consul'), subnet]);
    query[11] = 1;
    const answer = await world.raw(query);
    expect(world.catalog.executions[1]).toMatchObject({ Source: { Ip: '1.2.3.0' } });
    // Scope: as far as the subnet that was named.
    expect(answer!.subarray(-11)).toEqual(Buffer.from([0, 8, 0, 7, 0, 1, 24, 24, 1, 2, 3]));
  });
});

describe('what fails', () => {
  it.each([
    ['No path to datacenter', 3],
    ['No cluster leader', 2],
    ['Permission denied', 2],
  ])('"%s" becomes rcode %i', async (text, rcode) => {
    const world = new World(web(1));
    world.catalog.error = new RpcError(text);
    expect((await world.ask('web.service.consul')).rcode).toBe(rcode);
    expect((await world.ask('web.node.consul')).rcode).toBe(rcode);
    expect((await world.ask('consul', { type: 'NS' })).rcode).toBe(rcode);
  });

  it('a failure is not kept', async () => {
    const world = new World(web(1));
    world.catalog.error = new RpcError('No cluster leader');
    await world.ask('web.service.consul');
    world.catalog.error = null;
    expect((await world.ask('web.service.consul')).answer).toHaveLength(1);
    expect((await world.ask('web.service.dc9.consul')).rcode).toBe(3);
    expect(world.catalog.calls).toHaveLength(3);
    await world.ask('web.service.dc9.consul');
    expect(world.catalog.calls).toHaveLength(4);
  });

  it('an answer that is too old is asked for again, of the leader', async () => {
    const world = new World(web(1), configWith({ maxStaleMs: 1000 }));
    world.catalog.lastContactNs = 2e9;
    await world.ask('web.service.consul');
    expect(world.catalog.calls).toEqual(['Health.ServiceNodes stale', 'Health.ServiceNodes']);
  });

  it('only the leader is asked where stale answers are not allowed', async () => {
    const world = new World(web(1), configWith({ allowStale: false }));
    await world.ask('web.service.consul');
    expect(world.catalog.calls).toEqual(['Health.ServiceNodes']);
  });
});

describe('answers that hold', () => {
  it('are repeated with the id of the new query, and without a call', async () => {
    const world = new World(web(3));
    for (let id = 1; id <= 200; id++) {
      const bytes = await world.raw(Buffer.from(queryWith(id)));
      expect(bytes!.readUInt16BE(0)).toBe(id);
    }
    expect(world.catalog.calls).toHaveLength(1);
  });

  it('give way to a change at once', async () => {
    const world = new World(web(1));
    await world.ask('web.service.consul');
    world.catalog.change([]);
    expect((await world.ask('web.service.consul')).rcode).toBe(3);
    world.catalog.change(web(2));
    expect((await world.ask('web.service.consul')).answer).toHaveLength(2);
  });

  it('show every instance first about as often', async () => {
    const world = new World(web(8));
    const firsts = new Map<string, number>();
    for (let i = 0; i < 8000; i++) {
      const { answer } = await world.ask('web.service.consul');
      firsts.set(answer[0]!, (firsts.get(answer[0]!) ?? 0) + 1);
    }
    expect(firsts.size).toBe(8);
    for (const count of firsts.values()) expect(Math.abs(count - 1000)).toBeLessThan(350);
  });

  it('that are large are made once in a while, not for everybody who asks', async () => {
    const world = new World(web(2000));
    const client = { address: '127.0.0.1', port: 1, network: 'tcp' } as const;
    const orders = new Set<string>();
    for (let i = 0; i < 400; i++) {
      const bytes = await world.responder.respond(Buffer.from(queryFor('web.service.consul')), client);
      orders.add(bytes!.toString('latin1', 2));
    }
    // A new order now and then: the clock of this world goes on with every look at it, several times a query.
    expect(orders.size).toBeGreaterThan(2);
    expect(orders.size).toBeLessThan(200);
    expect(world.catalog.calls).toHaveLength(1);
  });

  it('hold for the token they were read with', async () => {
    const world = new World(web(1));
    await world.ask('web.service.consul');
    world.token = 'other';
    await world.ask('web.service.consul');
    await world.ask('web.service.consul');
    expect(world.catalog.calls).toHaveLength(2);
  });

  it('of a server that follows hold while it gives the same object', async () => {
    const world = new World(web(2), configWith({ maxStaleMs: 1000 }));
    world.catalog.follows = true;
    const sizes = async () => (await world.ask('web.service.consul')).answer.length;
    expect([await sizes(), await sizes()]).toEqual([2, 2]);
    world.catalog.change(web(1));
    expect(await sizes()).toBe(1);
    // Too old all of a sudden: the leader is asked.
    world.catalog.lastContactNs = 2e9;
    world.catalog.calls = [];
    expect(await sizes()).toBe(1);
    expect(world.catalog.calls.at(-1)).toBe('Health.ServiceNodes');
    world.catalog.error = new RpcError('No cluster leader');
    expect((await world.ask('web.service.consul')).rcode).toBe(2);
  });

  it("come from the agent's cache where that is wanted", async () => {
    const world = new World(web(2), configWith({ useCache: true }));
    expect((await world.ask('web.service.consul')).answer).toHaveLength(2);
    expect((await world.ask('n0.node.consul')).answer).toHaveLength(1);
    expect(world.catalog.calls).toContain('Health.ServiceNodes');
    expect(world.catalog.calls).toContain('Catalog.NodeServices stale');
    expect(world.wishes).toEqual([{ MaxAge: 0, AllowStale: true }]);
    const aged = new World(web(2), configWith({ useCache: true, cacheMaxAgeMs: 5000 }));
    aged.catalog.executed = { Service: 'web' };
    expect((await aged.ask('q.query.consul')).answer).toHaveLength(2);
    expect(aged.wishes).toEqual([{ MaxAge: 5e9, AllowStale: true }]);
  });

  it('keep to their transport, their EDNS and the case of their name', async () => {
    const world = new World(web(6));
    expect((await world.ask('web.service.consul')).answer).toHaveLength(3);
    expect((await world.ask('web.service.consul', { network: 'tcp' })).answer).toHaveLength(6);
    expect((await world.ask('web.service.consul', { edns: 4096 })).answer).toHaveLength(6);
    expect((await world.ask('WEB.service.consul')).answer[0]).toContain('WEB.service.consul.');
    expect((await world.ask('web.service.consul')).answer).toHaveLength(3);
  });
});

function queryWith(id: number): number[] {
  const labels = ['web', 'service', 'consul'].flatMap((label) => [label.length, ...Buffer.from(label)]);
  return [id >> 8, id & 0xff, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, 1, 0, 1];
}
