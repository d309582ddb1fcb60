/** Executing a prepared query: the healthy instances here, or else in the first datacenter that has some. */
import { messageOf } from '../../../lib/message-of.ts';
import type { CheckServiceNode } from '../../../structs/catalog.ts';
import type {
  PreparedQuery,
  PreparedQueryExecuteRequest,
  PreparedQueryExecuteResponse,
} from '../../../structs/prepared-query.ts';
import { matchesMeta } from '../../state/catalog.ts';
import { serviceHealth } from '../../state/health.ts';
import { sortByDistance } from '../../state/near.ts';
import { watchNothing } from '../../state/watches.ts';
import { noMeta, type ServerContext } from '../context.ts';
import { tokenElsewhere } from '../home.ts';
import { visibleInstances } from '../rights/catalog.ts';

interface Wanted {
  /** The node to sort by, '' for none. */
  readonly near: string;
  /** 0 or less: no limit. */
  readonly limit: number;
  readonly connect: boolean;
  /** The caller's token, unless the query brings one. */
  readonly token: string;
}

const everything = { nodeMeta: null, tags: [], address: '' } as const;

/** In this datacenter alone. */
export function executeHere(
  context: ServerContext,
  query: PreparedQuery,
  wanted: Wanted,
): PreparedQueryExecuteResponse {
  const { store, runtime, config } = context;
  const { Service } = query;
  const behind = wanted.connect || Service.Connect ? 'mesh' : 'service';
  const { instances } = serviceHealth(store.state, watchNothing, Service.Service, behind, everything);
  const wantedOnes = instances.filter((instance) => isWanted(instance, query));
  // Before the limit, and before it is decided whether another datacenter is asked.
  const nodes = visible(context, wantedOnes, query.Token || wanted.token);
  for (let i = nodes.length - 1; i > 0; i--) {
    const j = runtime.random.int(i + 1);
    [nodes[i], nodes[j]] = [nodes[j]!, nodes[i]!];
  }
  const sorted = wanted.near === '' ? nodes : nearest(context, nodes, wanted.near);
  return {
    Service: Service.Service,
    Nodes: wanted.limit > 0 ? sorted.slice(0, wanted.limit) : sorted,
    DNS: query.DNS,
    Datacenter: config.datacenter,
    Failovers: 0,
    ...noMeta,
  };
}

function visible({ acl }: ServerContext, nodes: CheckServiceNode[], token: string): CheckServiceNode[] {
  return acl === null ? nodes : (visibleInstances(acl.resolve(token).authorizer, nodes) ?? []);
}

const nodeOf = ({ Node }: CheckServiceNode): string => Node?.Node ?? '';

/** By distance, the node itself first. */
function nearest({ store }: ServerContext, nodes: readonly CheckServiceNode[], near: string): CheckServiceNode[] {
  const sorted = sortByDistance(store.state, watchNothing, near, nodes, nodeOf);
  const own = sorted.filter((one) => nodeOf(one) === near);
  return own.length === 0 ? sorted : [...own, ...sorted.filter((one) => nodeOf(one) !== near)];
}

function isWanted({ Node, Service, Checks }: CheckServiceNode, { Service: wanted }: PreparedQuery): boolean {
  const ignored = wanted.IgnoreCheckIDs ?? [];
  const isHealthy = (Checks ?? []).every(
    ({ CheckID, Status }) =>
      ignored.includes(CheckID) || (wanted.OnlyPassing ? Status === 'passing' : Status !== 'critical'),
  );
  return (
    isHealthy &&
    matchesMeta(Node?.Meta ?? null, wanted.NodeMeta) &&
    matchesMeta(Service?.Meta ?? null, wanted.ServiceMeta) &&
    fitsTags(Service?.Tags ?? [], wanted.Tags ?? [])
  );
}

/** `!tag` must not be there. */
function fitsTags(tags: readonly string[], wanted: readonly string[]): boolean {
  const has = new Set(tags.map((tag) => tag.toLowerCase()));
  return wanted.every((tag) => {
    const name = tag.toLowerCase();
    return name.startsWith('!') ? !has.has(name.slice(1)) : has.has(name);
  });
}

type ExecuteArgs = Partial<PreparedQueryExecuteRequest>;

/**
 * The request says near what; failing that the query does, `_agent` being the agent that was asked and `_ip` the node with
 * the address of who asked it. Nodes of other datacenters are near to none of ours.
 */
function nearOf(
  { store, config }: ServerContext,
  { Service: { Near } }: PreparedQuery,
  { Source, Agent }: ExecuteArgs,
): string {
  const asker = !Source?.Node && Near === '_agent' ? Agent : Source;
  if (asker?.Datacenter && asker.Datacenter !== config.datacenter) return '';
  const node = Source?.Node || Near;
  if (node === '_agent') return Agent?.Node ?? '';
  if (node !== '_ip') return node;
  const ip = Source?.Ip;
  return ip ? (store.state.tables.nodes.rows.values().find(({ Address }) => Address === ip)?.Node ?? '') : '';
}

export async function executeWithFailover(
  context: ServerContext,
  query: PreparedQuery,
  args: ExecuteArgs,
  signal: AbortSignal | undefined,
): Promise<PreparedQueryExecuteResponse> {
  const { Limit = 0, Connect = false, Token: token = '' } = args;
  const wanted = { near: nearOf(context, query, args), limit: Limit, connect: Connect, token };
  const here = executeHere(context, query, wanted);
  if (here.Nodes!.length > 0) return here;
  const Token = tokenElsewhere(context.store.state, token);
  let failovers = 0;
  for (const datacenter of failoverDatacenters(context, query)) {
    failovers++;
    const request = { Datacenter: datacenter, Query: query, Limit: wanted.limit, Connect: wanted.connect, Token };
    try {
      const { reply } = await context.askDatacenter(datacenter, 'PreparedQuery.ExecuteRemote', request, signal);
      if ((reply.Nodes ?? []).length > 0) return { ...reply, Failovers: failovers };
    } catch (error) {
      signal?.throwIfAborted();
      context.logger.warn('Failed querying for service in datacenter', {
        service: query.Service.Service,
        datacenter,
        error: messageOf(error),
      });
    }
  }
  return { ...here, Failovers: failovers };
}

/** The nearest ones first, then those named; every one once, and only those that are known. */
function failoverDatacenters(
  { datacenters, config }: ServerContext,
  { Service: { Failover } }: PreparedQuery,
): string[] {
  const known = datacenters().filter((name) => name !== config.datacenter);
  const named = (Failover.Datacenters ?? []).filter((name) => known.includes(name));
  return [...new Set([...known.slice(0, Failover.NearestN), ...named])];
}
