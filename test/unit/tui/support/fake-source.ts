/** A datacenter in memory that a test can change, break and repair; the models see it through `Source`. */
import {
  type AgentSelf,
  type Check,
  type Failure,
  type KvEntry,
  type LogLevel,
  type Member,
  type Metrics,
  type RaftServer,
  type ServerHealth,
  type Session,
  type Source,
  SourceError,
  type Watch,
} from '../../../../src/tui/models/source.ts';

export interface FakeDatacenter {
  self: AgentSelf;
  leader: string;
  members: readonly Member[];
  metrics: Metrics;
  raftServers: readonly RaftServer[];
  serverHealth: readonly ServerHealth[];
  services: Readonly<Record<string, readonly string[]>>;
  checks: readonly Check[];
  entries: Map<string, KvEntry>;
  sessions: readonly Session[];
}

export interface FakeSource extends Source {
  readonly state: FakeDatacenter;
  /** After changes: wakes the watches. */
  changed(): void;
  /** Every answer is this failure, until it is undefined. Wakes the watches. */
  fail(failure: Failure | undefined): void;
  log(line: string): void;
  /** Watches and streams that are open. */
  readonly open: Set<string>;
  readonly levels: LogLevel[];
}

export function entry(key: string, value: string | Uint8Array, more: Partial<KvEntry> = {}): KvEntry {
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  return { key, value: bytes, flags: '0', session: '', lockIndex: 0, createIndex: 12, modifyIndex: 34, ...more };
}

export function member(
  name: string,
  host: string,
  more: Partial<Member> & { tags?: Record<string, string> } = {},
): Member {
  const { tags = {}, ...rest } = more;
  const all = { role: 'node', dc: 'dc1', build: '1.10.7:5bf4f6d9', segment: '', id: `${name}-id`, vsn: '2', ...tags };
  return { name, address: `${host}:8301`, status: 'alive', protocol: 2, ...rest, tags: all };
}

const server = { role: 'consul', port: '8300' };

export function smallDatacenter(): FakeDatacenter {
  const members = [
    member('consul-server01', '10.0.0.1', { tags: server }),
    member('consul-server02', '10.0.0.2', { tags: server }),
    member('consul-server03', '10.0.0.3', { tags: server }),
    member('consul-client01', '10.0.0.11'),
    member('web-北京-01', '10.0.0.12', { status: 'failed' }),
    member('old', '10.0.0.13', { status: 'left' }),
  ];
  const servers = members.slice(0, 3);
  return {
    self: {
      datacenter: 'dc1',
      nodeName: 'consul-server01',
      nodeId: 'consul-server01-id',
      version: '1.10.7',
      server: true,
      stats: {
        raft: {
          state: 'Leader',
          term: '7',
          last_log_index: '104231',
          commit_index: '104231',
          applied_index: '104230',
          fsm_pending: '0',
          last_snapshot_index: '98304',
          last_contact: '0',
        },
      },
    },
    leader: '10.0.0.1:8300',
    members,
    metrics: metricsAt(0),
    raftServers: servers.map(({ name }, index) => ({
      id: `${name}-id`,
      node: name,
      address: `10.0.0.${index + 1}:8300`,
      leader: index === 0,
      voter: true,
    })),
    serverHealth: servers.map(({ name }, index) => ({
      id: `${name}-id`,
      healthy: true,
      lastIndex: 104_231 - index * 40,
      lastTerm: 7,
      lastContact: index === 0 ? '0s' : `${10 + index}.5ms`,
      stableSince: '2026-11-22T09:12:00Z',
    })),
    services: { consul: [], web: ['v1', 'green'], db: ['primary'] },
    checks: [
      check('consul-server01', 'serfHealth', 'passing'),
      check('consul-server02', 'serfHealth', 'passing'),
      check('consul-client01', 'service:web', 'warning'),
      check('web-北京-01', 'serfHealth', 'critical'),
    ],
    entries: new Map(
      [
        entry(
          'app/config/database.json',
          '{"host":"db.service.consul","port":5432,"pool":{"min":2,"max":20},"id":12345678901234567890,"tls":true}',
        ),
        entry('app/config/motd', 'Welcome.\nBienvenue.\n欢迎。\n', { flags: '42' }),
        entry('app/leader', 'consul-client01', {
          session: 'a4b5c6d7-0000-4000-8000-000000000001',
          lockIndex: 3,
          modifyIndex: 104_200,
        }),
        entry('app/worker/01', 'idle'),
        entry(
          'blob',
          Uint8Array.from({ length: 300 }, (_, index) => index % 256),
        ),
        entry('región/ñandú', 'ave'),
      ].map((each) => [each.key, each]),
    ),
    sessions: [
      session('a4b5c6d7-0000-4000-8000-000000000001', 'leader-election', 'consul-client01', '15s'),
      session('b4b5c6d7-0000-4000-8000-000000000002', '', 'consul-server02', ''),
    ],
  };
}

export function check(node: string, checkId: string, status: Check['status']): Check {
  return { node, checkId, name: checkId, status, serviceName: '', output: '' };
}

function session(id: string, name: string, node: string, ttl: string): Session {
  return {
    id,
    name,
    node,
    behavior: 'release',
    ttl,
    lockDelayMs: 15_000,
    checks: ['serfHealth'],
    createIndex: 104_000,
  };
}

/** A made-up load that goes up and down: the same for the same step. */
export function metricsAt(step: number): Metrics {
  const wave = Math.round(6_000 + 4_000 * Math.sin(step / 6) + 1_500 * Math.sin(step / 1.7));
  const sample = (name: string, count: number, mean: number) => ({
    name,
    labels: {},
    count,
    mean,
  });
  return {
    timestamp: `2026-11-22 12:00:${String(step % 60).padStart(2, '0')} +0000 UTC`,
    gauges: [{ name: 'consul.consul-server01.runtime.alloc_bytes', value: 52_000_000 + 600_000 * (step % 20) }],
    counters: [sample('consul.rpc.request', wave / 3, 1)],
    samples: [
      sample('consul.api.http', wave, 0.8),
      sample('consul.raft.commitTime', 400, 1.2 + Math.sin(step / 5) / 2),
    ],
  };
}

export function fakeSource(state: FakeDatacenter = smallDatacenter()): FakeSource {
  let failure: Failure | undefined;
  let version = 1;
  let wake = Promise.withResolvers<void>();
  let lines: string[] = [];
  let lineCome = Promise.withResolvers<void>();
  const open = new Set<string>();
  const levels: LogLevel[] = [];
  let nextWatch = 1;

  const read = async <T>(value: () => T): Promise<T> => {
    if (failure !== undefined) throw new SourceError(failure);
    return value();
  };

  async function* watch<T>(name: string, signal: AbortSignal, value: () => T): Watch<T> {
    const id = `${name}#${nextWatch++}`;
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    open.add(id);
    try {
      while (!signal.aborted) {
        const { promise } = wake;
        if (failure === undefined)
          yield { kind: 'value', value: value(), index: version, knownLeader: state.leader !== '' };
        else yield { kind: 'failed', failure, retryInMs: 1000 };
        await Promise.race([promise, aborted]);
      }
    } finally {
      open.delete(id);
    }
  }

  function wakeUp(): void {
    version++;
    wake.resolve();
    wake = Promise.withResolvers();
  }

  const below = (prefix: string) => [...state.entries.values()].filter(({ key }) => key.startsWith(prefix));

  return {
    state,
    open,
    levels,
    address: 'http://10.0.0.1:8500',
    changed: wakeUp,
    fail(next) {
      failure = next;
      wakeUp();
      lineCome.resolve();
    },
    log(line) {
      lines.push(line);
      lineCome.resolve();
    },
    readSelf: () => read(() => state.self),
    readMembers: () => read(() => state.members),
    readLeader: () => read(() => state.leader),
    readMetrics: () => read(() => state.metrics),
    readRaftServers: () => read(() => state.raftServers),
    readServerHealth: () => read(() => state.serverHealth),
    readKeys: (prefix) => read(() => below(prefix).map(({ key }) => key)),
    readEntries: (prefix) => read(() => below(prefix)),
    readServices: () => read(() => state.services),
    readChecks: () => read(() => state.checks),
    watchServices: (signal) => watch('services', signal, () => state.services),
    watchChecks: (signal) => watch('checks', signal, () => state.checks),
    watchFolder: (prefix, signal) => watch(`folder ${prefix}`, signal, () => folderNames(state.entries.keys(), prefix)),
    watchKey: (key, signal) => watch(`key ${key}`, signal, () => state.entries.get(key)),
    watchEntries: (prefix, signal) => watch(`entries ${prefix}`, signal, () => below(prefix)),
    watchSessions: (signal) => watch('sessions', signal, () => state.sessions),
    async *monitor(level, signal) {
      levels.push(level);
      open.add('monitor');
      const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      try {
        while (!signal.aborted) {
          if (failure !== undefined) throw new SourceError(failure);
          const ready = lines;
          lines = [];
          yield* ready;
          await Promise.race([lineCome.promise, aborted]);
          lineCome = Promise.withResolvers();
        }
      } finally {
        open.delete('monitor');
      }
    },
  };
}

/** Names directly below a prefix, as `?keys&separator=/` gives them. */
export function folderNames(keys: Iterable<string>, prefix: string): string[] {
  const names = new Set<string>();
  for (const key of keys) {
    if (!key.startsWith(prefix) || key === prefix) continue;
    const end = key.indexOf('/', prefix.length);
    names.add(end === -1 ? key : key.slice(0, end + 1));
  }
  return [...names].sort();
}
