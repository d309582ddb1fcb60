/** A datacenter in memory that a test can change, break and repair; the models see it through `Source`. */
import { parseJson } from '../../../../src/client/http.ts';
import {
  type Failure,
  type LogLevel,
  type Query,
  queryName,
  type Source,
  SourceError,
  type Watch,
  type WriteRequest,
} from '../../../../src/tui/source/source.ts';
import { catalogNode, type FakeDatacenter, smallDatacenter } from './fake-datacenter.ts';

export interface FakeSource extends Source {
  readonly state: FakeDatacenter;
  /** After changes: wakes those who follow. */
  changed(): void;
  /** Every answer is this failure, until it is undefined. Wakes those who follow. */
  fail(failure: Failure | undefined): void;
  /** Answers of paths that begin so are this failure. */
  refuse(path: string, failure: Failure): void;
  log(line: string): void;
  /** What is followed, by path. */
  readonly open: Set<string>;
  readonly levels: LogLevel[];
  readonly writes: WriteRequest[];
  /** What writes are answered with. */
  answerWrites(answer: (request: WriteRequest) => unknown): void;
}

/** What an agent with this state answers; undefined for 404. */
export function answerOf(
  state: FakeDatacenter,
  { path, params = {} }: Pick<Query<unknown>, 'path' | 'params'>,
): unknown {
  const other = state.others[queryName({ path, params })];
  if (other !== undefined) return other;
  const last = decodeURIComponent(path.slice(path.lastIndexOf('/') + 1));
  switch (path) {
    case '/v1/agent/self':
      return state.self;
    case '/v1/agent/metrics':
      return state.metrics;
    case '/v1/agent/members':
      return state.members;
    case '/v1/status/leader':
      return state.leader;
    case '/v1/operator/raft/configuration':
      return state.raft;
    case '/v1/operator/autopilot/health':
      return state.autopilot;
    case '/v1/catalog/services':
      return state.services;
    case '/v1/health/state/any':
      return state.checks;
    case '/v1/session/list':
      return state.sessions;
    case '/v1/coordinate/nodes':
      return state.coordinates;
  }
  if (path.startsWith('/v1/health/service/')) return state.instances[last] ?? [];
  if (path.startsWith('/v1/health/node/')) return state.checks.filter(({ Node }) => Node === last);
  if (path.startsWith('/v1/session/node/')) return state.sessions.filter(({ Node }) => Node === last);
  if (path.startsWith('/v1/catalog/node/')) return nodeAnswer(state, last);
  if (path.startsWith('/v1/kv/')) return kvAnswer(state, decodeURIComponent(path.slice('/v1/kv/'.length)), params);
  return path.startsWith('/v1/config/') ? [] : null;
}

function nodeAnswer(state: FakeDatacenter, name: string): unknown {
  const member = state.members.find(({ Name }) => Name === name);
  if (member === undefined) return null;
  const here = Object.values(state.instances).flatMap((all) => all.filter(({ Node }) => Node.Node === name));
  return {
    Node: catalogNode(name, member.Addr),
    Services: Object.fromEntries(here.map(({ Service }) => [Service.ID, Service])),
  };
}

function kvAnswer({ entries }: FakeDatacenter, key: string, params: Readonly<Record<string, string>>): unknown {
  const below = () => [...entries.values()].filter(({ Key }) => Key.startsWith(key));
  if (params['keys'] !== undefined) {
    return params['separator'] === undefined ? below().map(({ Key }) => Key) : folderNames(entries.keys(), key);
  }
  if (params['recurse'] !== undefined) return below();
  const found = entries.get(key);
  return found === undefined ? undefined : [found];
}

/** Names directly below a prefix, as `?keys&separator=/` gives them. */
export function folderNames(keys: Iterable<string>, prefix: string): string[] {
  const names = new Set<string>();
  for (const key of keys) {
    if (!key.startsWith(prefix)) continue;
    const end = key.indexOf('/', prefix.length);
    names.add(end === -1 ? key : key.slice(0, end + 1));
  }
  return [...names].sort();
}

const text = (value: unknown): string =>
  JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? Number(each) : each));

const notOffered: Failure = { kind: 'missing', message: 'Invalid URL path: not a recognized HTTP API endpoint' };

export function fakeSource(state: FakeDatacenter = smallDatacenter()): FakeSource {
  let failure: Failure | undefined;
  const refusals = new Map<string, Failure>();
  let version = 1;
  let wake = Promise.withResolvers<void>();
  let lines: string[] = [];
  let lineCome = Promise.withResolvers<void>();
  let answerWrite: (request: WriteRequest) => unknown = () => true;
  const open = new Set<string>();
  const levels: LogLevel[] = [];
  const writes: WriteRequest[] = [];
  let nextWatch = 1;

  function failureOf(query: Query<unknown>): Failure | undefined {
    const refusal = [...refusals].find(([path]) => query.path.startsWith(path));
    return failure ?? refusal?.[1] ?? (isOffered(query) ? undefined : notOffered);
  }

  /** What is ours alone is there only in datacenters that say so, as with agents of the original. */
  const isOffered = (query: Query<unknown>) => query.path !== '/v1/agent/watches' || queryName(query) in state.others;

  function json(query: Query<unknown>): string {
    const answer = answerOf(state, query);
    return answer === undefined ? 'null' : text(answer);
  }

  function wakeUp(): void {
    version++;
    wake.resolve();
    wake = Promise.withResolvers();
  }

  return {
    address: 'http://10.0.0.1:8500',
    state,
    open,
    levels,
    writes,
    changed: wakeUp,
    fail(next) {
      failure = next;
      wakeUp();
      lineCome.resolve();
    },
    refuse(path, next) {
      refusals.set(path, next);
      wakeUp();
    },
    log(line) {
      lines.push(line);
      lineCome.resolve();
    },
    answerWrites(answer) {
      answerWrite = answer;
    },
    async read(query) {
      const refused = failureOf(query);
      if (refused !== undefined) throw new SourceError(refused);
      return query.parse(parseJson(json(query)));
    },
    async *follow<T>(query: Query<T>, signal: AbortSignal): Watch<T> {
      const id = `${queryName(query)}#${nextWatch++}`;
      const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      let last: { text: string; value: T } | undefined;
      open.add(id);
      try {
        while (!signal.aborted) {
          const { promise } = wake;
          const refused = failureOf(query);
          if (refused === undefined) {
            const now = json(query);
            if (last?.text !== now) last = { text: now, value: query.parse(parseJson(now)) };
            yield { kind: 'value', value: last.value, index: version, knownLeader: state.leader !== '' };
          } else yield { kind: 'failed', failure: refused, retryInMs: 1000 };
          await Promise.race([promise, aborted]);
        }
      } finally {
        open.delete(id);
      }
    },
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
    async write(request) {
      if (failure !== undefined) throw new SourceError(failure);
      writes.push(request);
      const answer = answerWrite(request);
      wakeUp();
      return answer;
    },
    async download() {
      return (async function* () {
        yield Buffer.from('archive');
      })();
    },
  };
}
