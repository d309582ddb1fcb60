/** A datacenter on an ordinary night, for the pictures of the documentation: one service is down, one node is gone. */
import type { HealthCheck, ServiceEntry } from '../../../../src/client/index.ts';
import {
  catalogNode,
  check,
  entry,
  type FakeDatacenter,
  member,
  metricsAt,
  smallDatacenter,
} from './fake-datacenter.ts';
import type { Screen } from './screen.ts';

interface Planned {
  readonly service: string;
  readonly port: number;
  readonly tags: readonly string[];
  readonly nodes: readonly number[];
  /** Of the instance on this node: its state and the output of its check. */
  readonly sick?: Readonly<Record<number, readonly [status: string, output: string]>>;
}

const plan: readonly Planned[] = [
  { service: 'api-gateway', port: 8443, tags: ['public', 'v3'], nodes: [1, 2, 3] },
  { service: 'billing', port: 7070, tags: ['v2'], nodes: [4, 5] },
  {
    service: 'checkout',
    port: 9000,
    tags: ['v14', 'canary'],
    nodes: [1, 4, 6],
    sick: {
      1: [
        'critical',
        'HTTP GET http://10.0.1.1:9000/health: 503 Service Unavailable\nOutput: {"status":"down","db":"connection refused: orders-db.service.consul:5432","since":"03:12:41Z"}',
      ],
      4: [
        'critical',
        'HTTP GET http://10.0.1.4:9000/health: 503 Service Unavailable\nOutput: {"status":"down","db":"connection refused: orders-db.service.consul:5432"}',
      ],
      6: ['warning', 'HTTP GET http://10.0.1.6:9000/health: 429 Too Many Requests'],
    },
  },
  { service: 'inventory', port: 7080, tags: ['v5'], nodes: [2, 5] },
  {
    service: 'orders-db',
    port: 5432,
    tags: ['primary', 'postgres'],
    nodes: [7],
    sick: { 7: ['critical', 'TCP connect 10.0.1.7:5432: i/o timeout'] },
  },
  { service: 'redis', port: 6379, tags: ['cache'], nodes: [2, 3, 5] },
  { service: 'search', port: 9200, tags: ['v8'], nodes: [3, 6] },
];

const address = (node: number) => `10.0.1.${node}`;
const nodeName = (node: number) => `app-${String(node).padStart(2, '0')}`;

export function storyDatacenter(): FakeDatacenter {
  const state = smallDatacenter();
  const checks: HealthCheck[] = state.members.slice(0, 3).map(({ Name }) => serf(Name, 'passing'));
  const instances: Record<string, ServiceEntry[]> = {};
  for (let node = 1; node <= 7; node++) checks.push(serf(nodeName(node), node === 7 ? 'critical' : 'passing'));
  for (const { service, port, tags, nodes, sick = {} } of plan) {
    for (const node of nodes) {
      const [status, output] = sick[node] ?? [
        'passing',
        `HTTP GET http://${address(node)}:${port}/health: 200 OK Output: ok`,
      ];
      const own = check(nodeName(node), `service:${service}-${node}`, status, {
        Name: service === 'orders-db' ? 'TCP 5432' : `HTTP on port ${port}`,
        ServiceID: `${service}-${node}`,
        ServiceName: service,
        ServiceTags: tags,
        Type: 'http',
        Output: output,
      });
      checks.push(own);
      const list = instances[service] ?? [];
      instances[service] = list;
      list.push({
        Node: catalogNode(nodeName(node), address(node)),
        Service: {
          ID: `${service}-${node}`,
          Service: service,
          Tags: tags,
          Address: '',
          Port: port,
          Meta: { version: tags.at(-1)! },
          CreateIndex: 1,
          ModifyIndex: 1,
        },
        Checks: [serf(nodeName(node), node === 7 ? 'critical' : 'passing'), own],
      });
    }
  }
  const clients = [1, 2, 3, 4, 5, 6, 7].map((node) =>
    member(nodeName(node), address(node), { Status: node === 7 ? 4 : 1 }),
  );
  state.members = [...state.members.slice(0, 3), ...clients];
  state.services = { consul: [], ...Object.fromEntries(plan.map(({ service, tags }) => [service, tags])) };
  state.instances = instances;
  state.others['/v1/agent/watches?service=checkout'] = state.others['/v1/agent/watches?service=web'];
  state.checks = checks;
  state.coordinates = state.members.map(({ Name }, index) => ({
    Node: Name,
    Segment: '',
    // Three racks, some way apart.
    Coord: {
      Vec: [
        0.004 * (index % 3) + 0.0004 * Math.sin(index * 7),
        0.003 * ((index * 2) % 3) + 0.0005 * Math.cos(index * 5),
        0.0002 * index,
        0,
        0,
        0,
        0,
        0,
      ],
      Error: 0.1 + (index % 4) / 20,
      Adjustment: 0,
      Height: 0.0001,
    },
  }));
  const database = {
    host: 'orders-db.service.consul',
    port: 5432,
    pool: { min: 2, max: 20 },
    tls: true,
    timeout_ms: 1500,
  };
  const put = (key: string, value: string, more = {}) => state.entries.set(key, entry(key, value, more));
  state.entries.clear();
  put('checkout/config/database.json', JSON.stringify(database), { ModifyIndex: 104_117 });
  put('checkout/config/limits.json', '{"rate":100,"burst":250}');
  put('checkout/flags/new-cart', 'true');
  put('checkout/leader', 'app-04', { Session: state.sessions[0]!.ID, LockIndex: 3 });
  put('jobs/nightly-backup', 'running', { Session: state.sessions[1]!.ID, LockIndex: 41 });
  put('platform/version', '1.10.7');
  state.sessions = [
    { ...state.sessions[0]!, Name: 'checkout-leader', Node: 'app-04' },
    { ...state.sessions[1]!, Name: 'nightly-backup', Node: 'app-02' },
  ];
  return state;
}

function serf(node: string, status: string): HealthCheck {
  const output = status === 'passing' ? 'Agent alive and reachable' : 'Agent not live or unreachable';
  return check(node, 'serfHealth', status, { Name: 'Serf Health Status', Output: output });
}

/** Some minutes of an ordinary night: all was well, then a node went, and with it a database. */
export async function tell({ source, clock, pass }: Screen): Promise<void> {
  const { state } = source;
  const [members, checks] = [state.members, state.checks];
  state.members = members.map((each) => ({ ...each, Status: 1 }));
  state.checks = checks.map((each) => ({ ...each, Status: 'passing' }));
  for (let minute = 1; minute <= 100; minute++) {
    state.metrics = metricsAt(minute);
    const index = 104_231 + minute * 240 + Math.round(900 * Math.sin(minute / 9));
    const raft = {
      ...state.self.Stats['raft'],
      last_log_index: String(index),
      commit_index: String(index),
      applied_index: String(index),
    };
    state.self = { ...state.self, Stats: { raft } };
    if (minute === 40) state.leader = '10.0.0.2:8300';
    if (minute === 58)
      state.checks = checks.map((each) =>
        each.Node === 'app-07' || each.Status === 'warning' ? each : { ...each, Status: 'passing' },
      );
    if (minute === 60) state.members = members;
    if (minute === 66) state.checks = checks;
    state.autopilot = {
      ...state.autopilot,
      Servers: state.autopilot.Servers.map((server, place) => ({
        ...server,
        LastIndex: index - place,
        Leader: place === 1,
      })),
    };
    source.changed();
    await clock.advance(2_000);
  }
  await pass(100);
}
