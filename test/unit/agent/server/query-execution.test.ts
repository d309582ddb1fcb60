/** What a prepared query finds: which instances, in which order, and where else it looks when there are none. */
import { describe, expect, it } from 'vitest';
import type { ServerContext } from '../../../../src/agent/server/context.ts';
import { applyCommand } from '../../../../src/agent/server/fsm/apply.ts';
import { executeWithFailover } from '../../../../src/agent/server/methods/query-execution.ts';
import { Store } from '../../../../src/agent/state/store.ts';
import { CheckServiceNode, HealthCheck, Node, NodeService, RegisterRequest } from '../../../../src/structs/catalog.ts';
import type { Command } from '../../../../src/structs/commands.ts';
import { QuerySource } from '../../../../src/structs/common.ts';
import { Coordinate } from '../../../../src/structs/coordinate.ts';
import { make } from '../../../../src/structs/make.ts';
import {
  PreparedQuery,
  type PreparedQueryExecuteRequest,
  PreparedQueryExecuteResponse,
  QueryDNSOptions,
  ServiceQuery,
} from '../../../../src/structs/prepared-query.ts';
import { silentLogger } from '../../../silent.ts';
import { manualRuntime } from './manual-runtime.ts';

interface Machine {
  readonly name: string;
  readonly address: string;
  /** Milliseconds from the middle of the network. */
  readonly away: number;
  readonly tags?: string[];
  readonly status?: string;
  readonly nodeMeta?: Record<string, string>;
  readonly meta?: Record<string, string>;
}

const machines: readonly Machine[] = [
  {
    name: 'n1',
    address: '10.0.0.1',
    away: 0,
    tags: ['v1', 'Primary'],
    nodeMeta: { zone: 'a' },
    meta: { color: 'blue' },
  },
  { name: 'n2', address: '10.0.0.2', away: 10, tags: ['v1'], status: 'warning', nodeMeta: { zone: 'a' } },
  { name: 'n3', address: '10.0.0.3', away: 20, tags: ['v2'], status: 'critical', nodeMeta: { zone: 'b' } },
  {
    name: 'n4',
    address: '10.0.0.4',
    away: 30,
    tags: ['v2', 'primary'],
    nodeMeta: { zone: 'b' },
    meta: { color: 'red' },
  },
];

type Found = { readonly nodes: readonly string[]; readonly datacenter: string; readonly failovers: number };

function world({
  found = {},
  datacenters = ['dc1'],
}: {
  found?: Record<string, string[] | Error>;
  datacenters?: string[];
} = {}) {
  const store = new Store(() => 0);
  let index = 0;
  const apply = (name: Command['name'], body: unknown) => applyCommand(store, ++index, { name, body } as Command);
  for (const { name, address, away, tags = [], status = 'passing', nodeMeta = {}, meta = {} } of machines) {
    const Service = make(NodeService, { ID: 'web', Service: 'web', Tags: tags, Meta: meta, Port: 80 });
    const Check = make(HealthCheck, { Node: name, CheckID: `c-${name}`, Status: status, ServiceID: 'web' });
    apply('register', make(RegisterRequest, { Node: name, Address: address, NodeMeta: nodeMeta, Service, Check }));
    const Coord = { Vec: [away / 1000, 0, 0, 0, 0, 0, 0, 0], Error: 0, Adjustment: 0, Height: 0 };
    apply('coordinateBatch', [make(Coordinate, { Node: name, Segment: '', Coord })]);
  }
  const asked: string[] = [];
  const context = {
    store,
    runtime: manualRuntime(),
    config: { datacenter: 'dc1' },
    acl: null,
    logger: silentLogger,
    datacenters: () => datacenters,
    askDatacenter: async (datacenter: string) => {
      asked.push(datacenter);
      const outcome = found[datacenter] ?? [];
      if (outcome instanceof Error) throw outcome;
      const Nodes = outcome.map((name) => make(CheckServiceNode, { Node: make(Node, { Node: name }) }));
      return { reply: make(PreparedQueryExecuteResponse, { Nodes, Datacenter: datacenter }), meta: {} };
    },
  } as unknown as ServerContext;
  const execute = async (
    service: Partial<ServiceQuery>,
    args: Partial<PreparedQueryExecuteRequest> = {},
  ): Promise<Found> => {
    const Service = make(ServiceQuery, { Service: 'web', ...service });
    const query = make(PreparedQuery, { Name: 'q', Service, DNS: make(QueryDNSOptions, { TTL: '9s' }) });
    const { Nodes, Datacenter, Failovers, DNS } = await executeWithFailover(context, query, args, undefined);
    if (Datacenter === 'dc1') expect(DNS.TTL).toBe('9s');
    return { nodes: Nodes!.map(({ Node }) => Node!.Node), datacenter: Datacenter, failovers: Failovers };
  };
  return { execute, asked };
}

const source = (more: Partial<QuerySource>) => make(QuerySource, { Datacenter: 'dc1', ...more });

describe('a prepared query finds', () => {
  it.each<[string, Partial<ServiceQuery>, string[]]>([
    ['what is not critical', {}, ['n1', 'n2', 'n4']],
    ['what passes', { OnlyPassing: true }, ['n1', 'n4']],
    ['what fails for a check that does not count', { OnlyPassing: true, IgnoreCheckIDs: ['c-n3'] }, ['n1', 'n3', 'n4']],
    ['what has all tags, whatever their case', { Tags: ['V1', 'primary'] }, ['n1']],
    ['what has a tag and has not another', { Tags: ['primary', '!v1'] }, ['n4']],
    ['what is on nodes with the metadata', { NodeMeta: { zone: 'a' } }, ['n1', 'n2']],
    ['what has the metadata itself', { ServiceMeta: { color: 'red' } }, ['n4']],
    ['nothing of the mesh where nothing is in it', { Connect: true }, []],
  ])('%s', async (_, service, names) => {
    expect([...(await world().execute(service)).nodes].sort()).toEqual(names);
  });

  it('as many as are wanted, every one first now and then', async () => {
    const { execute } = world();
    const firsts = new Set<string>();
    for (let i = 0; i < 50; i++) {
      const { nodes } = await execute({}, { Limit: 1 });
      expect(nodes).toHaveLength(1);
      firsts.add(nodes[0]!);
    }
    expect([...firsts].sort()).toEqual(['n1', 'n2', 'n4']);
  });
});

describe('a prepared query sorts by the distance', () => {
  it.each<[string, string, Partial<PreparedQueryExecuteRequest>, string]>([
    ['from the node it names', 'n4', {}, 'n4 n2 n1'],
    ['from the node the request names, which comes first', 'n4', { Source: source({ Node: 'n1' }) }, 'n1 n2 n4'],
    [
      'from the agent that was asked',
      '_agent',
      { Agent: source({ Node: 'n2' }), Source: source({ Ip: '10.0.0.4' }) },
      'n2 n1 n4',
    ],
    ['from the node whose address the asker has', '_ip', { Source: source({ Ip: '10.0.0.4' }) }, 'n4 n2 n1'],
    [
      'from where the request says that the asker is',
      'n1',
      { Source: source({ Node: '_ip', Ip: '10.0.0.4' }) },
      'n4 n2 n1',
    ],
  ])('%s', async (_, Near, args, order) => {
    expect((await world().execute({ Near }, args)).nodes.join(' ')).toBe(order);
  });

  it('from nobody whose address is no node, and from no node of another datacenter', async () => {
    const { execute } = world();
    for (const [Near, Source] of [
      ['_ip', source({ Ip: '192.0.2.1' })],
      ['_ip', source({})],
      ['', source({ Node: 'n4', Datacenter: 'dc2' })],
    ] as const) {
      const orders = new Set<string>();
      for (let i = 0; i < 30; i++) orders.add((await execute({ Near }, { Source })).nodes.join(' '));
      expect(orders.size).toBeGreaterThan(2);
    }
  });
});

describe('a prepared query that finds nothing here', () => {
  const nothing = { Tags: ['none'] };

  it('stays empty without a word on other datacenters', async () => {
    const { execute, asked } = world({ datacenters: ['dc1', 'dc2'], found: { dc2: ['far'] } });
    expect(await execute(nothing)).toEqual({ nodes: [], datacenter: 'dc1', failovers: 0 });
    expect(asked).toEqual([]);
  });

  it('asks the nearest first, then those it names, each once and only those there are', async () => {
    const { execute, asked } = world({
      datacenters: ['dc1', 'near', 'mid', 'far'],
      found: { near: [], mid: new Error('no path'), far: ['x'] },
    });
    const Failover = { NearestN: 2, Datacenters: ['unknown', 'mid', 'far', 'dc1'] };
    expect(await execute({ ...nothing, Failover })).toEqual({ nodes: ['x'], datacenter: 'far', failovers: 3 });
    expect(asked).toEqual(['near', 'mid', 'far']);
  });

  it('says how often it tried when nobody has any', async () => {
    const { execute } = world({ datacenters: ['dc1', 'dc2', 'dc3'] });
    const Failover = { NearestN: 0, Datacenters: ['dc3', 'dc2'] };
    expect(await execute({ ...nothing, Failover })).toEqual({ nodes: [], datacenter: 'dc1', failovers: 2 });
  });

  it('does not go elsewhere when there is something here', async () => {
    const { execute, asked } = world({ datacenters: ['dc1', 'dc2'], found: { dc2: ['far'] } });
    expect((await execute({ Failover: { NearestN: 1, Datacenters: [] } })).datacenter).toBe('dc1');
    expect(asked).toEqual([]);
  });
});
