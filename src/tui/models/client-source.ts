/** A source over the API client: any Consul, with whatever rights the token has. */
import {
  type Answer,
  ApiError,
  blockingQuery,
  bytesOf,
  type Client,
  type KvPair,
  memberStatus,
  type QueryOptions,
  type SampledValue,
  type SessionEntry,
} from '../../client/index.ts';
import type { AgentMember, HealthCheck } from '../../client/types.ts';
import { linesOf } from './lines.ts';
import {
  type Check,
  type Failure,
  type KvEntry,
  type Member,
  type MetricSample,
  type ServerHealth,
  type Session,
  type Source,
  SourceError,
  type Watch,
} from './source.ts';

/** An agent that does not answer a plain read within this time is told to be out of reach. */
const readTimeoutMs = 8_000;
/** Longest wait of one blocking query: a broken line that nobody closed is noticed within this time. */
const watchWaitMs = 60_000;
const maxBackoffMs = 5_000;

interface AutopilotHealth {
  readonly Servers:
    | readonly {
        readonly ID: string;
        readonly Healthy: boolean;
        readonly LastIndex: number;
        readonly LastTerm: number;
        readonly LastContact: string;
        readonly StableSince: string;
      }[]
    | null;
}

export function clientSource(client: Client): Source {
  const { agent, catalog, health, kv, operator, session, status } = client;

  async function read<T>(signal: AbortSignal, ask: (options: QueryOptions) => Promise<T>): Promise<T> {
    try {
      return await ask({ signal, timeoutMs: readTimeoutMs });
    } catch (error) {
      throw new SourceError(failureOfClient(error), { cause: error });
    }
  }

  return {
    address: client.address,

    readSelf: (signal) =>
      read(signal, async (options) => {
        const { Config, Stats } = await agent.self(options);
        return {
          datacenter: Config.Datacenter,
          nodeName: Config.NodeName,
          nodeId: Config.NodeID,
          version: Config.Version,
          server: Config.Server,
          stats: Stats ?? {},
        };
      }),
    readMembers: (signal) => read(signal, async (options) => (await agent.members(options)).map(memberOf)),
    readLeader: (signal) => read(signal, (options) => status.leader(options)),
    readMetrics: (signal) =>
      read(signal, async (options) => {
        const { Timestamp, Gauges, Counters, Samples } = await agent.metrics(options);
        return {
          timestamp: Timestamp,
          gauges: Gauges.map(({ Name, Value }) => ({ name: Name, value: Value })),
          counters: Counters.map(sampleOf),
          samples: Samples.map(sampleOf),
        };
      }),
    readRaftServers: (signal) =>
      read(signal, async (options) =>
        (await operator.raftConfiguration(options)).Servers.map(({ ID, Node, Address, Leader, Voter }) => ({
          id: ID,
          node: Node,
          address: Address,
          leader: Leader,
          voter: Voter,
        })),
      ),
    readServerHealth: (signal) =>
      read(signal, async (options) => {
        // 429 says "not healthy" and brings the same body.
        const path = '/v1/operator/autopilot/health';
        const { body } = await client.http.ask({ method: 'GET', path, options, accept: [429] });
        return ((JSON.parse(body.toString()) as AutopilotHealth).Servers ?? []).map(
          (server): ServerHealth => ({
            id: server.ID,
            healthy: server.Healthy,
            lastIndex: server.LastIndex,
            lastTerm: server.LastTerm,
            lastContact: server.LastContact,
            stableSince: server.StableSince,
          }),
        );
      }),
    readKeys: (prefix, signal) =>
      read(signal, async (options) => (await kv.keys(exact(prefix), '', options)).value ?? []),
    readEntries: (prefix, signal) =>
      read(signal, async (options) => (await kv.list(exact(prefix), options)).value?.map(entryOf) ?? []),
    readServices: (signal) => read(signal, async (options) => (await catalog.services(options)).value),
    readChecks: (signal) => read(signal, async (options) => (await health.state('any', options)).value.map(checkOf)),

    watchServices: (signal) =>
      watch(
        signal,
        (options) => catalog.services(options),
        (value) => value,
      ),
    watchChecks: (signal) =>
      watch(
        signal,
        (options) => health.state('any', options),
        (value) => value.map(checkOf),
      ),
    watchFolder: (prefix, signal) =>
      watch(
        signal,
        (options) => kv.keys(exact(prefix), '/', options),
        // A key with the folder's own name is not in the folder.
        (value) => value?.filter((name) => name !== prefix) ?? [],
      ),
    watchKey: (key, signal) =>
      watch(
        signal,
        (options) => kv.get(exact(key), options),
        (value) => (value === null ? undefined : entryOf(value)),
      ),
    watchEntries: (prefix, signal) =>
      watch(
        signal,
        (options) => kv.list(exact(prefix), options),
        (value) => value?.map(entryOf) ?? [],
      ),
    watchSessions: (signal) =>
      watch(
        signal,
        (options) => session.list(options),
        (value) => value.map(sessionOf),
      ),

    async *monitor(level, signal) {
      const stream = await read(signal, () => agent.monitor({ logLevel: level, signal }));
      try {
        yield* linesOf(stream);
      } catch (error) {
        // The transport's own error: the line broke in the middle of the stream.
        const message = error instanceof Error ? error.message : String(error);
        throw new SourceError({ kind: 'unavailable', message }, { cause: error });
      }
    },
  };
}

/** The client drops one leading slash, as Consul's CLI does; what the agent lists is meant to the letter. */
function exact(key: string): string {
  return `/${key}`;
}

async function* watch<Raw, T>(
  signal: AbortSignal,
  query: (options: QueryOptions) => Promise<Answer<Raw>>,
  convert: (raw: Raw) => T,
): Watch<T> {
  const ask = async (options: QueryOptions): Promise<Answer<T>> => {
    const { value, meta } = await query(options);
    return { value: convert(value), meta };
  };
  for await (const state of blockingQuery(ask, { signal, waitMs: watchWaitMs, maxBackoffMs })) {
    if (state.kind === 'live') {
      const { index, knownLeader } = state.meta;
      yield { kind: 'value', value: state.value, index, knownLeader };
    } else if (state.kind === 'stale') {
      yield { kind: 'failed', failure: failureOfClient(state.error), retryInMs: state.retryInMs };
    }
  }
}

/** Whatever an agent, or something in between that is none, answers: it is told and tried again, never fatal. */
function failureOfClient(error: unknown): Failure {
  if (!(error instanceof ApiError)) {
    return { kind: 'refused', message: `unexpected answer: ${error instanceof Error ? error.message : error}` };
  }
  const message = error.text;
  if (error.fault === 'network') return { kind: 'unavailable', message };
  if (error.status === 403) return { kind: 'denied', message };
  // An agent that is too old, or too new, for this endpoint.
  return { kind: error.status === 404 || error.status === 405 ? 'missing' : 'refused', message };
}

function memberOf(member: AgentMember): Member {
  const { Name, Addr, Port, Tags } = member;
  return {
    name: Name,
    address: Addr.includes(':') ? `[${Addr}]:${Port}` : `${Addr}:${Port}`,
    status: memberStatus(member),
    tags: Tags ?? {},
    protocol: Number(Tags?.['vsn'] ?? 0),
  };
}

function sampleOf({ Name, Labels, Count, Mean }: SampledValue): MetricSample {
  return { name: Name, labels: Labels ?? {}, count: Count, mean: Mean };
}

function checkOf({ Node, CheckID, Name, Status, ServiceName, Output }: HealthCheck): Check {
  // Maintenance is a critical check with a well-known id.
  const maintenance = CheckID === '_node_maintenance' || CheckID.startsWith('_service_maintenance:');
  const status = maintenance ? 'maintenance' : Status === 'passing' || Status === 'warning' ? Status : 'critical';
  return { node: Node, checkId: CheckID, name: Name, status, serviceName: ServiceName, output: Output };
}

function entryOf(pair: KvPair): KvEntry {
  return {
    key: pair.Key,
    value: bytesOf(pair),
    flags: String(pair.Flags),
    session: pair.Session ?? '',
    lockIndex: pair.LockIndex,
    createIndex: pair.CreateIndex,
    modifyIndex: pair.ModifyIndex,
  };
}

function sessionOf(entry: SessionEntry): Session {
  return {
    id: entry.ID,
    name: entry.Name,
    node: entry.Node,
    behavior: entry.Behavior,
    ttl: entry.TTL,
    lockDelayMs: entry.LockDelay / 1e6,
    checks: [...(entry.NodeChecks ?? []), ...(entry.ServiceChecks ?? []).map(checkName)],
    createIndex: entry.CreateIndex,
  };
}

/** A service check is `{ID, Namespace}` in 1.10 and was a plain string before. */
function checkName(check: unknown): string {
  return typeof check === 'object' && check !== null && 'ID' in check ? String(check.ID) : String(check);
}
