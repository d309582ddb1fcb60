/** Every question the dashboard asks, with the right it needs. Answers keep the API's own shapes. */
import type { AclPolicy, AclRole, AclToken } from '../../client/acl.ts';
import type { ConfigEntry } from '../../client/config.ts';
import type {
  AgentMember,
  AgentMetrics,
  AgentSelf,
  AutopilotConfiguration,
  AutopilotHealth,
  CatalogNode,
  CatalogNodeServices,
  CoordinateEntry,
  HealthCheck,
  KvPair,
  RaftConfiguration,
  ServiceEntry,
  SessionEntry,
  UserEvent,
} from '../../client/index.ts';
import type { Intention } from '../../client/intentions.ts';
import { escapePath } from '../../lib/go-url.ts';
import type { Query } from './source.ts';

/** Consul answers `null` for an empty list. */
const list = <T>(json: unknown): readonly T[] => (json as readonly T[] | null) ?? [];
const as = <T>(json: unknown): T => json as T;

const listOf = <T>(path: string, right: string, params?: Readonly<Record<string, string>>): Query<readonly T[]> => ({
  path,
  right,
  parse: list<T>,
  ...(params && { params }),
});

export const agentSelf: Query<AgentSelf> = { path: '/v1/agent/self', right: 'agent:read', parse: as, pollMs: 2_000 };

export const agentMetrics: Query<AgentMetrics> = {
  path: '/v1/agent/metrics',
  right: 'agent:read',
  pollMs: 2_000,
  parse(json) {
    const { Gauges, Points, Counters, Samples, ...rest } = json as AgentMetrics;
    return { ...rest, Gauges: Gauges ?? [], Points: Points ?? [], Counters: Counters ?? [], Samples: Samples ?? [] };
  },
};

/** `host:port` of the leader; empty for none. No right is needed. */
export const leader: Query<string> = { path: '/v1/status/leader', right: '', parse: as, pollMs: 1_000 };

export const members: Query<readonly AgentMember[]> = { ...listOf('/v1/agent/members', 'node:read'), pollMs: 1_000 };
export const wanMembers: Query<readonly AgentMember[]> = {
  ...listOf('/v1/agent/members', 'node:read', { wan: '1' }),
  pollMs: 5_000,
};

export const raftConfiguration: Query<RaftConfiguration> = {
  path: '/v1/operator/raft/configuration',
  right: 'operator:read',
  parse: as,
  pollMs: 3_000,
};

export const autopilotHealth: Query<AutopilotHealth> = {
  path: '/v1/operator/autopilot/health',
  right: 'operator:read',
  // 429 says "not healthy" and brings the same body.
  accept: [429],
  parse: as,
  pollMs: 3_000,
};

export const autopilotConfiguration: Query<AutopilotConfiguration> = {
  path: '/v1/operator/autopilot/configuration',
  right: 'operator:read',
  parse: as,
  pollMs: 5_000,
};

export const nodes = listOf<CatalogNode>('/v1/catalog/nodes', 'node:read');
export const checks = listOf<HealthCheck>('/v1/health/state/any', 'service:read and node:read');
export const coordinates = listOf<CoordinateEntry>('/v1/coordinate/nodes', 'node:read');
export const sessions = listOf<SessionEntry>('/v1/session/list', 'session:read');
export const events = listOf<UserEvent>('/v1/event/list', 'event:read');
export const intentions = listOf<Intention>('/v1/connect/intentions', 'intentions:read');

/** Service names with their tags. */
export const services: Query<Readonly<Record<string, readonly string[]>>> = {
  path: '/v1/catalog/services',
  right: 'service:read',
  parse: as,
};

export interface ServiceSummary {
  readonly Name: string;
  readonly Kind?: string;
  readonly Tags: readonly string[] | null;
  readonly Nodes: readonly string[] | null;
  readonly InstanceCount: number;
  readonly ChecksPassing: number;
  readonly ChecksWarning: number;
  readonly ChecksCritical: number;
}

/** What Consul's own web page reads; older agents have it in other shapes, or not. */
export const serviceSummaries = listOf<ServiceSummary>('/v1/internal/ui/services', 'service:read');

export const instances = (service: string): Query<readonly ServiceEntry[]> =>
  listOf(`/v1/health/service/${escapePath(service)}`, `service:read of "${service}"`);

/** A blocking query that waits at the agent. */
export interface Watcher {
  /** With its parameters, the token hidden. */
  readonly URL: string;
  /** `address:port`. */
  readonly Client: string;
  readonly UserAgent: string;
  /** Of its token; empty without ACLs. */
  readonly AccessorID: string;
  /** RFC 3339. */
  readonly Since: string;
}

export interface Watchers {
  readonly Total: number;
  /** The oldest first, a few hundred at most. */
  readonly Watches: readonly Watcher[];
}

/** Who waits for news of a service at this agent. Beyond Consul: other agents do not offer it. */
export const watchers = (service: string): Query<Watchers> => ({
  path: '/v1/agent/watches',
  params: { service },
  right: 'agent:read',
  parse: as,
  pollMs: 2_000,
});

export const nodeServices = (node: string): Query<CatalogNodeServices | null> => ({
  path: `/v1/catalog/node/${escapePath(node)}`,
  right: `node:read of "${node}"`,
  parse: as,
});

export const nodeChecks = (node: string): Query<readonly HealthCheck[]> =>
  listOf(`/v1/health/node/${escapePath(node)}`, `node:read of "${node}"`);

export const nodeSessions = (node: string): Query<readonly SessionEntry[]> =>
  listOf(`/v1/session/node/${escapePath(node)}`, `session:read of "${node}"`);

export interface KvEntry {
  readonly pair: KvPair;
  readonly key: string;
  readonly value: Uint8Array;
  /** Unsigned 64 bits, hence text. */
  readonly flags: string;
  /** Session that holds the key; empty for none. */
  readonly session: string;
  readonly lockIndex: number;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

function entryOf(pair: KvPair): KvEntry {
  return {
    pair,
    key: pair.Key,
    value: Buffer.from(pair.Value ?? '', 'base64'),
    flags: String(pair.Flags),
    session: pair.Session ?? '',
    lockIndex: pair.LockIndex,
    createIndex: pair.CreateIndex,
    modifyIndex: pair.ModifyIndex,
  };
}

const kvPath = (key: string): string => `/v1/kv/${escapePath(key)}`;

/** Keys and folders (ending in `/`) directly below `prefix`, as full names in key order. */
export const kvFolder = (prefix: string): Query<readonly string[]> => ({
  path: kvPath(prefix),
  params: { keys: '', separator: '/' },
  right: `key:list of "${prefix}"`,
  absent: true,
  // A key with the folder's own name is not in the folder.
  parse: (json) => list<string>(json).filter((name) => name !== prefix),
});

/** Every key name below `prefix`. */
export const kvKeys = (prefix: string): Query<readonly string[]> => ({
  path: kvPath(prefix),
  params: { keys: '' },
  right: `key:list of "${prefix}"`,
  absent: true,
  parse: list<string>,
});

/** Every entry below `prefix`, with its value. */
export const kvEntries = (prefix: string): Query<readonly KvEntry[]> => ({
  path: kvPath(prefix),
  params: { recurse: '' },
  right: `key:read of "${prefix}"`,
  absent: true,
  parse: (json) => list<KvPair>(json).map(entryOf),
});

/** Undefined while there is no such key. */
export const kvKey = (key: string): Query<KvEntry | undefined> => ({
  path: kvPath(key),
  right: `key:read of "${key}"`,
  absent: true,
  parse: (json) => list<KvPair>(json).map(entryOf)[0],
});

export interface PreparedQuery {
  readonly ID: string;
  readonly Name: string;
  readonly Session?: string;
  readonly Token?: string;
  readonly Template?: { readonly Type: string; readonly Regexp: string };
  readonly Service: {
    readonly Service: string;
    readonly OnlyPassing: boolean;
    readonly Near?: string;
    readonly Tags: readonly string[] | null;
    readonly Failover: { readonly NearestN: number; readonly Datacenters: readonly string[] | null };
  };
  readonly DNS: { readonly TTL: string };
}

export const preparedQueries: Query<readonly PreparedQuery[]> = {
  ...listOf<PreparedQuery>('/v1/query', 'query:read'),
  pollMs: 5_000,
};

export const configEntryKinds = [
  'proxy-defaults',
  'service-defaults',
  'service-resolver',
  'service-router',
  'service-splitter',
  'service-intentions',
  'ingress-gateway',
  'terminating-gateway',
  'mesh',
] as const;

export const configEntries = (kind: string): Query<readonly ConfigEntry[]> =>
  listOf(`/v1/config/${kind}`, 'operator:read or service:read');

export const aclTokens: Query<readonly AclToken[]> = {
  ...listOf<AclToken>('/v1/acl/tokens', 'acl:read'),
  pollMs: 5_000,
};
export const aclPolicies: Query<readonly AclPolicy[]> = {
  ...listOf<AclPolicy>('/v1/acl/policies', 'acl:read'),
  pollMs: 5_000,
};
export const aclRoles: Query<readonly AclRole[]> = { ...listOf<AclRole>('/v1/acl/roles', 'acl:read'), pollMs: 5_000 };

/** A policy with its rules; lists come without. */
export const aclPolicy = (id: string): Query<AclPolicy> => ({
  path: `/v1/acl/policy/${id}`,
  right: 'acl:read',
  parse: as,
});
