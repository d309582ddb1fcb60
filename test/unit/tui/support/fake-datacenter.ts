/** A small datacenter in the API's own shapes: three servers, two clients, a failed node, services, keys, locks. */
import type {
  AgentMember,
  AgentMetrics,
  AgentSelf,
  AutopilotHealth,
  CatalogNode,
  CoordinateEntry,
  HealthCheck,
  KvPair,
  RaftConfiguration,
  ServiceEntry,
  SessionEntry,
} from '../../../../src/client/index.ts';

export interface FakeDatacenter {
  self: AgentSelf;
  leader: string;
  members: readonly AgentMember[];
  metrics: AgentMetrics;
  raft: RaftConfiguration;
  autopilot: AutopilotHealth;
  services: Readonly<Record<string, readonly string[]>>;
  /** By service. */
  instances: Readonly<Record<string, readonly ServiceEntry[]>>;
  checks: readonly HealthCheck[];
  entries: Map<string, KvPair>;
  sessions: readonly SessionEntry[];
  coordinates: readonly CoordinateEntry[];
  /** Answers of any other path, by `queryName`. */
  others: Record<string, unknown>;
}

const indexes = { CreateIndex: 12, ModifyIndex: 34 };

export function entry(Key: string, value: string | Uint8Array, more: Partial<KvPair> = {}): KvPair {
  const Value = Buffer.from(value).toString('base64');
  return { Key, Value, Flags: 0, LockIndex: 0, ...indexes, ...more };
}

export function member(
  Name: string,
  Addr: string,
  more: Partial<Omit<AgentMember, 'Tags'>> & { tags?: Record<string, string> } = {},
): AgentMember {
  const { tags = {}, ...rest } = more;
  const Tags = { role: 'node', dc: 'dc1', build: '1.10.7:5bf4f6d9', segment: '', id: `${Name}-id`, vsn: '2', ...tags };
  return { Name, Addr, Port: 8301, Status: 1, ...rest, Tags };
}

export function check(Node: string, CheckID: string, Status: string, more: Partial<HealthCheck> = {}): HealthCheck {
  const fields = { Notes: '', Output: '', ServiceID: '', ServiceName: '', ServiceTags: [], Type: '' };
  return { Node, CheckID, Name: CheckID, Status, ...fields, ...indexes, ...more };
}

export function instance(
  service: string,
  node: string,
  address: string,
  checks: readonly HealthCheck[],
  tags: readonly string[] = [],
): ServiceEntry {
  return {
    Node: catalogNode(node, address),
    Service: {
      ID: `${service}-${node.slice(-2)}`,
      Service: service,
      Tags: tags,
      Address: '',
      Port: 8080,
      Meta: { version: '1.4' },
      ...indexes,
    },
    Checks: [
      check(node, 'serfHealth', 'passing', { Name: 'Serf Health Status', Output: 'Agent alive and reachable' }),
      ...checks,
    ],
  };
}

export function catalogNode(Node: string, Address: string): CatalogNode {
  return {
    ID: `${Node}-id`,
    Node,
    Address,
    Datacenter: 'dc1',
    TaggedAddresses: { lan: Address },
    Meta: { rack: 'r1' },
    ...indexes,
  };
}

function session(ID: string, Name: string, Node: string, TTL: string): SessionEntry {
  return {
    ID,
    Name,
    Node,
    Behavior: 'release',
    TTL,
    LockDelay: 15e9,
    NodeChecks: ['serfHealth'],
    ServiceChecks: [],
    CreateIndex: 104_000,
    ModifyIndex: 104_000,
  };
}

const server = { role: 'consul', port: '8300' };

export function smallDatacenter(): FakeDatacenter {
  const members = [
    member('consul-server01', '10.0.0.1', { tags: server }),
    member('consul-server02', '10.0.0.2', { tags: server }),
    member('consul-server03', '10.0.0.3', { tags: server }),
    member('consul-client01', '10.0.0.11'),
    member('web-北京-01', '10.0.0.12', { Status: 4 }),
    member('old', '10.0.0.13', { Status: 3 }),
  ];
  const servers = members.slice(0, 3);
  const raftStats = {
    state: 'Leader',
    term: '7',
    last_log_index: '104231',
    commit_index: '104231',
    applied_index: '104230',
    fsm_pending: '0',
    last_snapshot_index: '98304',
    last_contact: '0',
  };
  const webCheck = check('consul-client01', 'service:web', 'warning', {
    Name: 'HTTP on port 8080',
    ServiceID: 'web-01',
    ServiceName: 'web',
    ServiceTags: ['v1', 'green'],
    Type: 'http',
    Output: 'HTTP GET http://10.0.0.11:8080/health: 429 Too Many Requests\nOutput: slow down\x1b[31m!\x1b[0m',
  });
  const dbCheck = check('consul-server02', 'service:db', 'passing', {
    Name: 'TCP 5432',
    ServiceID: 'db-02',
    ServiceName: 'db',
    Type: 'tcp',
  });
  return {
    self: {
      Config: {
        Datacenter: 'dc1',
        NodeName: 'consul-server01',
        NodeID: 'consul-server01-id',
        Server: true,
        Version: '1.10.7',
        Revision: '',
      },
      Member: members[0]!,
      Stats: { raft: raftStats },
      Meta: {},
    },
    leader: '10.0.0.1:8300',
    members,
    metrics: metricsAt(0),
    raft: {
      Index: 0,
      Servers: servers.map(({ Name, Addr }, index) => ({
        ID: `${Name}-id`,
        Node: Name,
        Address: `${Addr}:8300`,
        Leader: index === 0,
        Voter: true,
        ProtocolVersion: '3',
      })),
    },
    autopilot: {
      Healthy: true,
      FailureTolerance: 1,
      Servers: servers.map(({ Name, Addr }, index) => ({
        ID: `${Name}-id`,
        Name,
        Address: `${Addr}:8300`,
        SerfStatus: 'alive',
        Version: '1.10.7',
        Leader: index === 0,
        LastContact: index === 0 ? '0s' : `${10 + index}.5ms`,
        LastTerm: 7,
        LastIndex: 104_231 - index * 40,
        Healthy: true,
        Voter: true,
        StableSince: '2026-11-22T09:12:00Z',
      })),
    },
    services: { consul: [], web: ['v1', 'green'], db: ['primary'] },
    instances: {
      web: [instance('web', 'consul-client01', '10.0.0.11', [webCheck], ['v1', 'green'])],
      db: [instance('db', 'consul-server02', '10.0.0.2', [dbCheck], ['primary'])],
    },
    checks: [
      check('consul-server01', 'serfHealth', 'passing', { Name: 'Serf Health Status' }),
      check('consul-server02', 'serfHealth', 'passing', { Name: 'Serf Health Status' }),
      webCheck,
      dbCheck,
      check('web-北京-01', 'serfHealth', 'critical', {
        Name: 'Serf Health Status',
        Output: 'Agent not live or unreachable',
      }),
    ],
    entries: new Map(
      [
        entry(
          'app/config/database.json',
          '{"host":"db.service.consul","port":5432,"pool":{"min":2,"max":20},"id":12345678901234567890,"tls":true}',
        ),
        entry('app/config/motd', 'Welcome.\nBienvenue.\n欢迎。\n', { Flags: 42 }),
        entry('app/leader', 'consul-client01', {
          Session: 'a4b5c6d7-0000-4000-8000-000000000001',
          LockIndex: 3,
          ModifyIndex: 104_200,
        }),
        entry('app/worker/01', 'idle'),
        entry(
          'blob',
          Uint8Array.from({ length: 300 }, (_, index) => index % 256),
        ),
        entry('región/ñandú', 'ave'),
      ].map((each) => [each.Key, each]),
    ),
    sessions: [
      session('a4b5c6d7-0000-4000-8000-000000000001', 'leader-election', 'consul-client01', '15s'),
      session('b4b5c6d7-0000-4000-8000-000000000002', '', 'consul-server02', ''),
    ],
    coordinates: members.slice(0, 5).map(({ Name }, index) => ({
      Node: Name,
      Segment: '',
      Coord: { Vec: [index * 0.004, (index % 3) * 0.003, 0, 0, 0, 0, 0, 0], Error: 0.2, Adjustment: 0, Height: 0.0002 },
    })),
    others: otherAnswers(),
  };
}

/** A made-up load that goes up and down: the same for the same step. */
export function metricsAt(step: number): AgentMetrics {
  const wave = Math.round(6_000 + 4_000 * Math.sin(step / 6) + 1_500 * Math.sin(step / 1.7));
  const sample = (Name: string, Count: number, Mean: number) => ({
    Name,
    Labels: {},
    Count,
    Rate: Count / 10,
    Sum: Count * Mean,
    Min: Mean / 2,
    Max: Mean * 3,
    Mean,
    Stddev: 0,
  });
  return {
    Timestamp: `2026-11-22 12:00:${String(step % 60).padStart(2, '0')} +0000 UTC`,
    Points: [],
    Gauges: [
      { Name: 'consul.consul-server01.runtime.alloc_bytes', Value: 52_000_000 + 600_000 * (step % 20), Labels: {} },
    ],
    Counters: [
      sample('consul.rpc.request', wave / 3, 1),
      sample('consul.memberlist.udp.sent', 25 + (step % 4), 106),
      sample('consul.memberlist.udp.received', 25 + (step % 3), 106),
    ],
    Samples: [
      sample('consul.api.http', wave, 0.8),
      sample('consul.dns.domain_query', Math.round(wave / 9), 0.3),
      sample('consul.memberlist.probeNode', 10, 0.8),
      sample('consul.raft.commitTime', 400, 1.2 + Math.sin(step / 5) / 2),
    ],
  };
}

const hash = { Hash: '', CreateIndex: 40, ModifyIndex: 41 };

/** What only the rarer views ask for. */
function otherAnswers(): Record<string, unknown> {
  const intention = (SourceName: string, DestinationName: string, Action: string, Precedence: number) => ({
    SourceName,
    DestinationName,
    Action,
    Precedence,
    Description: Action === 'deny' ? 'until the audit' : '',
  });
  return {
    '/v1/agent/members?wan=1': [
      member('consul-server01.dc1', '10.0.0.1', { tags: server }),
      member('other.dc2', '10.1.0.1', { tags: { ...server, dc: 'dc2' } }),
    ],
    '/v1/agent/watches?service=web': {
      Total: 2,
      Watches: [
        {
          URL: '/v1/health/service/web?index=34&passing=&wait=5m',
          Client: '10.0.0.11:40312',
          UserAgent: 'consul-template/0.27',
          AccessorID: 'c0ffee00-0000-4000-8000-000000000001',
          Since: '2026-11-22T12:00:00.250Z',
        },
        {
          URL: '/v1/catalog/service/web?index=34&token=%3Chidden%3E',
          Client: '10.0.0.12:51100',
          UserAgent: '',
          AccessorID: '00000000-0000-0000-0000-000000000002',
          Since: '2026-11-22T12:00:07.000Z',
        },
      ],
    },
    '/v1/operator/autopilot/configuration': {
      CleanupDeadServers: true,
      LastContactThreshold: '200ms',
      MaxTrailingLogs: 250,
      MinQuorum: 0,
      ServerStabilizationTime: '10s',
    },
    '/v1/connect/intentions': [intention('web', 'db', 'allow', 9), intention('*', 'db', 'deny', 8)],
    '/v1/event/list': [
      {
        ID: 'e1',
        Name: 'deploy',
        Payload: Buffer.from('web 1.4.2').toString('base64'),
        NodeFilter: '',
        ServiceFilter: 'web',
        TagFilter: '',
        Version: 1,
        LTime: 17,
      },
    ],
    '/v1/query': [
      {
        ID: 'q1',
        Name: 'nearest-db',
        Service: {
          Service: 'db',
          OnlyPassing: true,
          Near: '_agent',
          Tags: ['primary'],
          Failover: { NearestN: 2, Datacenters: ['dc2'] },
        },
        DNS: { TTL: '10s' },
      },
    ],
    '/v1/config/service-defaults': [
      { Kind: 'service-defaults', Name: 'web', Protocol: 'http', CreateIndex: 70, ModifyIndex: 71 },
    ],
    '/v1/config/proxy-defaults': [
      {
        Kind: 'proxy-defaults',
        Name: 'global',
        Config: { local_connect_timeout_ms: 1000 },
        CreateIndex: 60,
        ModifyIndex: 61,
      },
    ],
    '/v1/acl/tokens': [
      {
        AccessorID: '00000000-0000-0000-0000-000000000002',
        Description: 'Anonymous Token',
        Local: false,
        CreateTime: '',
        ...hash,
      },
      {
        AccessorID: 'c0ffee00-0000-4000-8000-000000000001',
        SecretID: 'a secret that nobody may see',
        Description: 'web of dc1',
        Policies: [{ ID: 'p1', Name: 'web-read' }],
        ServiceIdentities: [{ ServiceName: 'web' }],
        Local: true,
        CreateTime: '',
        ...hash,
      },
    ],
    '/v1/acl/policies': [
      {
        ID: '00000000-0000-0000-0000-000000000001',
        Name: 'global-management',
        Description: 'Builtin Policy that grants unlimited access',
        ...hash,
      },
      { ID: 'p1', Name: 'web-read', Description: 'what web may read', ...hash },
    ],
    '/v1/acl/policy/p1': {
      ID: 'p1',
      Name: 'web-read',
      Description: '',
      Rules: 'service_prefix "" {\n  policy = "read"\n}',
      ...hash,
    },
    '/v1/acl/roles': [
      {
        ID: 'r1',
        Name: 'oncall',
        Description: 'who is called at night',
        Policies: [{ ID: 'p1', Name: 'web-read' }],
        ...hash,
      },
    ],
  };
}
