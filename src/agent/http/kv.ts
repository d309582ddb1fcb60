/** `/v1/kv/`: read, list, write and delete keys. */

import { NumberError, parseUint } from '../../lib/go-number.ts';
import type { MaybePromise } from '../../lib/runtime.ts';
import type { KVSRequest } from '../../structs/kv.ts';
import { DirEntry, type IndexedDirEntries, type IndexedKeyList } from '../../structs/kv.ts';
import { make } from '../../structs/make.ts';
import { str } from '../../structs/schema.ts';
import { BadRequest, RpcError } from '../errors.ts';
import { type HttpAnswer, yesNo } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { readOptions, refuseNamespace, writeOptions } from './query-options.ts';
import { read, type Shown, shownBy } from './read.ts';
import { Rendered } from './rendered.ts';
import { listView } from './view.ts';

export const kvRoutes: readonly Route[] = [{ path: '/v1/kv/', methods: ['GET', 'PUT', 'DELETE'], handler: kv }];

function kv(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  refuseNamespace(request);
  if (request.method === 'PUT') return put(request, api);
  if (request.method === 'DELETE') return remove(request, api);
  if (request.query.has('keys')) return keys(request, api);
  return get(request, api);
}

const notFound: Shown = { status: 404, headers: [], body: null };

const entriesView = listView(DirEntry, (reply: IndexedDirEntries) => reply.Entries);
const keysView = listView(str, (reply: IndexedKeyList) => reply.Keys);

/** A browser must not run what somebody stored. */
const rawHeaders = [
  'Content-Type',
  'text/plain',
  'X-Content-Type-Options',
  'nosniff',
  'Content-Security-Policy',
  'sandbox',
];
const noBytes = new Uint8Array();

function get(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  const args = { ...readOptions(request, api), Key: request.rest };
  const recurse = request.query.has('recurse');
  if (!recurse && request.rest === '') throw new BadRequest('Missing key name');
  const show = (reply: IndexedDirEntries, shared: boolean): Shown => {
    const entry = reply.Entries?.[0];
    if (entry === undefined) return notFound;
    if (!recurse && request.query.has('raw')) {
      const value = entry.Value ?? noBytes;
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      return { status: 200, headers: rawHeaders, body: new Rendered(bytes) };
    }
    return shownBy(request, entriesView)(reply, shared);
  };
  return read(request, api, recurse ? 'KVS.List' : 'KVS.Get', args, show);
}

function keys(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  const args = { ...readOptions(request, api), Prefix: request.rest, Seperator: request.query.get('separator') };
  const show = (reply: IndexedKeyList, shared: boolean): Shown => {
    const none = reply.Keys === null || reply.Keys.length === 0;
    // The root always exists.
    return none && request.rest !== '' ? notFound : shownBy(request, keysView)(reply, shared);
  };
  return read(request, api, 'KVS.ListKeys', args, show);
}

function put(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  const { query } = request;
  refuseConflict(request, ['cas', 'acquire', 'release']);
  if (request.rest === '') throw new BadRequest('Missing key name');
  const entry = make(DirEntry, { Key: request.rest });
  let op = 'set';
  if (query.has('flags')) entry.Flags = uint(query.get('flags'));
  if (query.has('cas')) {
    entry.ModifyIndex = Number(uint(query.get('cas')));
    op = 'cas';
  }
  if (query.has('acquire')) {
    entry.Session = query.get('acquire');
    op = 'lock';
  }
  if (query.has('release')) {
    entry.Session = query.get('release');
    op = 'unlock';
  }
  return request.readBody(api.config.limits.kvMaxValueSize, 'kv_max_value_size').then((body) => {
    entry.Value = body.length === 0 ? null : body;
    return apply(request, api, { ...writeOptions(request, api), Op: op, DirEnt: entry });
  });
}

function remove(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  const { query } = request;
  refuseConflict(request, ['recurse', 'cas']);
  const recurse = query.has('recurse');
  if (!recurse && request.rest === '') throw new BadRequest('Missing key name');
  const entry = make(DirEntry, { Key: request.rest });
  if (query.has('cas')) entry.ModifyIndex = Number(uint(query.get('cas')));
  const op = recurse ? 'delete-tree' : query.has('cas') ? 'delete-cas' : 'delete';
  return apply(request, api, { ...writeOptions(request, api), Op: op, DirEnt: entry });
}

/** Conditional writes tell whether they were done; the others were if there is no error. */
function apply(
  request: ApiRequest,
  api: Api,
  args: Pick<KVSRequest, 'Op'> & Partial<KVSRequest>,
): MaybePromise<HttpAnswer> {
  const isConditional = args.Op !== 'set' && args.Op !== 'delete' && args.Op !== 'delete-tree';
  const show = ({ reply }: { readonly reply: boolean }): HttpAnswer => yesNo(reply || !isConditional, request.layout);
  const answer = api.rpc.call('KVS.Apply', args);
  return answer instanceof Promise ? answer.then(show) : show(answer);
}

/** At most one of these may be given. */
function refuseConflict(request: ApiRequest, names: readonly string[]): void {
  const given = names.filter((name) => request.query.has(name));
  if (given.length > 1) throw new BadRequest(`Conflicting flags: ${request.query.encode()}`);
}

function uint(text: string): number | bigint {
  try {
    return parseUint(text);
  } catch (error) {
    if (error instanceof NumberError) throw new RpcError(error.message, 500, { cause: error });
    throw error;
  }
}
