/** `/v1/query`: prepared queries. */
import { goQuote } from '../../lib/go-format.ts';
import { NumberError, parseBool, parseInteger } from '../../lib/go-number.ts';
import type { MaybePromise } from '../../lib/runtime.ts';
import { formatIp } from '../../lib/sockaddr/ip.ts';
import { make } from '../../structs/make.ts';
import {
  type IndexedPreparedQueries,
  PreparedQuery,
  PreparedQueryExecuteResponse,
  PreparedQueryExplainResponse,
} from '../../structs/prepared-query.ts';
import { str, struct } from '../../structs/schema.ts';
import { parseAddress } from '../dns/address.ts';
import { RpcError } from '../errors.ts';
import { empty, failure, type HttpAnswer, json, text, unknownMeta } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { discovery } from './catalog.ts';
import { decodeBody } from './decode-body.ts';
import { instancesShown } from './no-nil.ts';
import { consistencyLevel, querySource, type ReadOptions, readOptions, writeOptions } from './query-options.ts';
import { read, shownBy } from './read.ts';
import { listView, valueView } from './view.ts';

export const queryRoutes: readonly Route[] = [
  {
    path: '/v1/query',
    methods: ['GET', 'POST'],
    handler: (request, api) => (request.method === 'GET' ? list : create)(request, api),
  },
  { path: '/v1/query/', methods: [], ownMethods: true, handler: one },
];

const queriesView = listView(PreparedQuery, (reply: IndexedPreparedQueries) => reply.Queries);

const list = (request: ApiRequest, api: Api): MaybePromise<HttpAnswer> =>
  read(request, api, 'PreparedQuery.List', readOptions(request, api), shownBy(request, queriesView), discovery);

const Created = struct('QueryCreated', { ID: str });

async function create(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  const options = writeOptions(request, api);
  const Query = await decodeBody(request, PreparedQuery);
  const { reply } = await api.rpc.call('PreparedQuery.Apply', { ...options, Op: 'create', Query });
  return json(Created, { ID: reply }, request.layout);
}

const Nothing = struct('Nothing', {});

/** One query, or what it finds: the last part of the path says so. */
function one(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  const [, name = '', action] = /^(.*?)(?:\/(execute|explain))?$/s.exec(request.rest) ?? [];
  const methods = action === undefined ? ['GET', 'PUT', 'DELETE'] : ['GET'];
  const { method, layout } = request;
  if (method === 'OPTIONS') {
    const answer = json(Nothing, {}, layout);
    return { ...answer, headers: [...answer.headers, 'Allow', ['OPTIONS', ...methods].join(',')] };
  }
  if (!methods.includes(method)) return text(405, `method ${method} not allowed`, ['Allow', methods.join(',')]);
  if (action === 'execute') return orNotFound(() => execute(request, api, name));
  if (action === 'explain') return orNotFound(() => explain(request, api, name));
  if (method === 'GET') return orNotFound(() => show(request, api, name));
  return change(request, api, name);
}

/** A query that is not there is told without a word on the index. */
async function orNotFound(answer: () => MaybePromise<HttpAnswer>): Promise<HttpAnswer> {
  try {
    return await answer();
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    if (error.message.includes('Query not found')) return text(404, 'Query not found');
    if (error instanceof BadParameter) throw error;
    return failure(error, unknownMeta);
  }
}

/** Seen before anything was asked. */
class BadParameter extends RpcError {
  override readonly name = 'BadParameter';
}

const show = (request: ApiRequest, api: Api, QueryID: string): MaybePromise<HttpAnswer> =>
  read(request, api, 'PreparedQuery.Get', { ...readOptions(request, api), QueryID }, shownBy(request, queriesView), {
    tellsConsistency: true,
  });

async function change(request: ApiRequest, api: Api, ID: string): Promise<HttpAnswer> {
  const options = writeOptions(request, api);
  if (request.method === 'DELETE') {
    await api.rpc.call('PreparedQuery.Apply', { ...options, Op: 'delete', Query: make(PreparedQuery, { ID }) });
    return empty(200);
  }
  const Query = { ...(await decodeBody(request, PreparedQuery)), ID };
  await api.rpc.call('PreparedQuery.Apply', { ...options, Op: 'update', Query });
  return empty(200);
}

/** Who asks, for queries that say `_ip`: whom the first proxy on the way saw, or who is connected. */
function askerIp({ raw }: ApiRequest): string {
  const forwarded = raw.headers['x-forwarded-for'];
  const [first = ''] = (typeof forwarded === 'string' ? forwarded : '').split(',');
  const ip = parseAddress(first.trim()) ?? parseAddress(raw.socket?.remoteAddress ?? '');
  return ip === null ? '' : formatIp(ip);
}

/** Who asks, for queries that say `_agent`. */
const agentSource = (api: Api): ReturnType<typeof querySource> => ({
  Datacenter: api.config.datacenter,
  Segment: '',
  Node: api.config.nodeName,
  Ip: '',
});

function execute(request: ApiRequest, api: Api, QueryIDOrName: string): MaybePromise<HttpAnswer> {
  const { MinQueryIndex: _index, MaxQueryTime: _wait, ...options } = readOptions(request, api);
  const args = {
    ...options,
    QueryIDOrName,
    Limit: limit(request),
    Connect: connect(request),
    Source: { ...querySource(request, api), Ip: askerIp(request) },
    Agent: agentSource(api),
  };
  const view = valueView(PreparedQueryExecuteResponse, (reply: PreparedQueryExecuteResponse) => ({
    ...reply,
    Nodes: reply.Datacenter === api.config.datacenter ? instancesShown(reply.Nodes) : passedOn(reply.Nodes),
    ...asked(args),
  }));
  const shown = shownBy(request, view);
  return read(request, api, 'PreparedQuery.Execute', args, (reply) => shown(reply, false), { tellsConsistency: true });
}

/** What another datacenter found is shown as it came: nothing where there is nothing. */
const passedOn = (nodes: PreparedQueryExecuteResponse['Nodes']): PreparedQueryExecuteResponse['Nodes'] =>
  nodes?.map((one) => (one.Checks?.length === 0 ? { ...one, Checks: null } : one)) ?? null;

/** Answers tell in their body how they were asked for. */
const asked = (options: ReadOptions): { readonly KnownLeader: true; readonly ConsistencyLevel: string } => ({
  KnownLeader: true,
  ConsistencyLevel: consistencyLevel(options),
});

function limit({ query }: ApiRequest): number {
  const given = query.get('limit');
  if (given === '') return 0;
  try {
    return parseInteger(given);
  } catch (error) {
    throw error instanceof NumberError ? new BadParameter(`Bad limit: ${error.message}`) : error;
  }
}

function connect({ query }: ApiRequest): boolean {
  const given = query.get('connect');
  if (given === '') return false;
  const value = parseBool(given);
  if (value !== undefined) return value;
  throw new BadParameter(`Error parsing 'connect' value: strconv.ParseBool: parsing ${goQuote(given)}: invalid syntax`);
}

function explain(request: ApiRequest, api: Api, QueryIDOrName: string): MaybePromise<HttpAnswer> {
  const args = { ...readOptions(request, api), QueryIDOrName, Agent: agentSource(api) };
  const view = valueView(PreparedQueryExplainResponse, (reply: PreparedQueryExplainResponse) => ({
    ...reply,
    ...asked(args),
  }));
  const shown = shownBy(request, view);
  return read(request, api, 'PreparedQuery.Explain', args, (reply) => shown(reply, false), { tellsConsistency: true });
}
