/** `/v1/connect/intentions`: who may talk to whom, by identifier, by both ends, or as they decide. */
import type { MaybePromise } from '../../lib/runtime.ts';
import { dictOf } from '../../structs/dict.ts';
import {
  type IndexedIntentionMatches,
  type IndexedIntentions,
  Intention,
  IntentionQueryCheckResponse,
} from '../../structs/intention.ts';
import { make } from '../../structs/make.ts';
import { jsonStruct, map, slice, str, struct } from '../../structs/schema.ts';
import { BadRequest, RpcError } from '../errors.ts';
import { type HttpAnswer, json, text, yesNo } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { decodeBody } from './decode-body.ts';
import { readOptions, refuseNamespace, writeOptions } from './query-options.ts';
import { read, shownBy } from './read.ts';
import { listView, valueView } from './view.ts';

const base = '/v1/connect/intentions';

export const intentionRoutes: readonly Route[] = [
  {
    path: base,
    methods: ['GET', 'POST'],
    handler: (request, api) => (request.method === 'GET' ? list : create)(request, api),
  },
  { path: `${base}/match`, methods: ['GET'], handler: match },
  { path: `${base}/check`, methods: ['GET'], handler: check },
  { path: `${base}/exact`, methods: ['GET', 'PUT', 'DELETE'], handler: exact },
  { path: `${base}/`, methods: ['GET', 'PUT', 'DELETE'], handler: byId },
];

/** In error texts this struct has no name. */
const Body = jsonStruct(Intention, { goType: '' });

const listed = { metaOnError: true } as const;
const matched = { tellsConsistency: true, metaOnError: true } as const;

const intentionsView = listView(Intention, (reply: IndexedIntentions) => reply.Intentions);

function list(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  refuseNamespace(request);
  return read(request, api, 'Intention.List', readOptions(request, api), shownBy(request, intentionsView), listed);
}

const Created = struct('IntentionCreated', { ID: str });

async function create(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  refuseNamespace(request);
  const intention = await decodeBody(request, Body, {}, 'Failed to decode request body').catch(asInternal);
  refuseNamespaces(intention);
  const { reply } = await api.rpc.call('Intention.Apply', {
    ...writeOptions(request, api),
    Op: 'create',
    Intention: intention,
  });
  return json(Created, { ID: reply }, request.layout);
}

/** The oldest of these endpoints takes a bad body for its own failure. */
function asInternal(error: unknown): never {
  throw error instanceof BadRequest ? new RpcError(error.message) : error;
}

function refuseNamespaces(intention: Intention): void {
  for (const field of ['SourceNS', 'DestinationNS'] as const) {
    const name = intention[field];
    if (name === '' || name === 'default') continue;
    throw new BadRequest(`Bad request: Invalid ${field}(${name}): Namespaces is a Consul Enterprise feature`);
  }
}

async function byId(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  refuseNamespace(request);
  const id = request.rest;
  if (request.method === 'GET') {
    return orNotFound(async () => {
      if (id === '') throw new RpcError('Intention not found');
      const { reply } = await api.rpc.call('Intention.Get', { ...readOptions(request, api), IntentionID: id });
      return json(Intention, reply.Intentions![0]!, request.layout);
    });
  }
  const options = writeOptions(request, api);
  if (request.method === 'DELETE') {
    await api.rpc.call('Intention.Apply', { ...options, Op: 'delete', Intention: make(Intention, { ID: id }) });
    return yesNo(true, request.layout);
  }
  const intention = await decodeBody(request, Body, {}, 'Bad request: Request decode failed');
  refuseNamespaces(intention);
  await api.rpc.call('Intention.Apply', { ...options, Op: 'update', Intention: { ...intention, ID: id } });
  return json(Created, { ID: id }, request.layout);
}

async function orNotFound(answer: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
  try {
    return await answer();
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    if (error.message.includes('Intention not found')) return text(404, 'Intention not found');
    if (error.message.includes('UUID')) throw new BadRequest(`Bad request: ${error.message}`);
    throw error;
  }
}

/** One end of an intention, as `name` or `default/name`. */
function end(request: ApiRequest, parameter: 'source' | 'destination'): string {
  const given = request.query.get(parameter);
  if (given === '') throw new RpcError(`required query parameter '${parameter}' not set`);
  const { namespace, name } = qualified(given, parameter);
  if (namespace !== '' && namespace !== 'default') {
    const field = parameter === 'source' ? 'SourceNS' : 'DestinationNS';
    throw new RpcError(`Invalid ${field} ${JSON.stringify(namespace)}: Namespaces is a Consul Enterprise feature`);
  }
  return name;
}

function qualified(given: string, parameter: string): { readonly namespace: string; readonly name: string } {
  const parts = given.split('/');
  if (parts.length > 2) {
    throw new RpcError(`${parameter} ${JSON.stringify(given)} is invalid: input can contain at most one '/'`);
  }
  return parts.length === 2 ? { namespace: parts[0]!, name: parts[1]! } : { namespace: '', name: given };
}

async function exact(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  refuseNamespace(request);
  const SourceName = end(request, 'source');
  const DestinationName = end(request, 'destination');
  const ends = { SourceNS: 'default', SourceName, DestinationNS: 'default', DestinationName };
  if (request.method === 'GET') {
    return orNotFound(async () => {
      const { reply } = await api.rpc.call('Intention.Get', { ...readOptions(request, api), Exact: ends });
      return json(Intention, reply.Intentions![0]!, request.layout);
    });
  }
  const options = writeOptions(request, api);
  if (request.method === 'DELETE') {
    await api.rpc.call('Intention.Apply', { ...options, Op: 'delete', Intention: make(Intention, ends) });
    return yesNo(true, request.layout);
  }
  const intention = await decodeBody(request, Body, {}, 'Bad request: Request decode failed');
  const body = { ...intention, ...ends, ID: '' };
  await api.rpc.call('Intention.Apply', { ...options, Op: 'upsert', Intention: body });
  return yesNo(true, request.layout);
}

function match(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  refuseNamespace(request);
  const { query } = request;
  const options = readOptions(request, api);
  const by = query.get('by');
  if (by === '') throw new RpcError("required query parameter 'by' not set");
  if (by !== 'source' && by !== 'destination') {
    throw new RpcError("'by' parameter must be one of 'source' or 'destination'");
  }
  const names = query.all('name');
  if (names.length === 0) throw new RpcError("required query parameter 'name' not set");
  const Entries = names.map((name) => ({ Namespace: 'default', Name: qualified(name, 'name').name }));
  const args = { ...options, Match: { Type: by, Entries } };
  const view = valueView(map(slice(Intention)), (reply: IndexedIntentionMatches) =>
    dictOf((reply.Matches ?? []).map((found, i) => [names[i]!, found])),
  );
  return read(request, api, 'Intention.Match', args, (reply) => shownBy(request, view)(reply, false), matched);
}

async function check(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  refuseNamespace(request);
  const options = readOptions(request, api);
  const SourceName = end(request, 'source');
  const DestinationName = end(request, 'destination');
  const SourceType = request.query.get('source-type') || 'consul';
  const Check = { SourceNS: 'default', SourceName, DestinationNS: 'default', DestinationName, SourceType };
  const { reply } = await api.rpc.call('Intention.Check', { ...options, Check });
  return json(IntentionQueryCheckResponse, reply, request.layout);
}
