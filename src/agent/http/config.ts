/** `/v1/config`: entries of centralised configuration. */

import { JsonError } from '../../lib/go-json/index.ts';
import { parseFirst } from '../../lib/go-json/parse.ts';
import { NumberError, parseUint } from '../../lib/go-number.ts';
import { messageOf } from '../../lib/message-of.ts';
import type { MaybePromise } from '../../lib/runtime.ts';
import { type ConfigEntryResponse, entrySchema, type IndexedConfigEntries } from '../../structs/config-entry.ts';
import { decodeConfigEntry } from '../../structs/config-entry-decode.ts';
import { renderText } from '../../structs/json.ts';
import { plainJson } from '../../structs/json-decode.ts';
import { make } from '../../structs/make.ts';
import { any, type Schema, struct } from '../../structs/schema.ts';
import { BadRequest, RpcError } from '../errors.ts';
import { type HttpAnswer, json, plainText, yesNo } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { readOptions, refuseNamespace, writeOptions } from './query-options.ts';
import { read, type Shown, shownBy } from './read.ts';
import { Rendered } from './rendered.ts';
import { listView, type View, valueView } from './view.ts';

export const configRoutes: readonly Route[] = [
  { path: '/v1/config', methods: ['PUT'], handler: write },
  { path: '/v1/config/', methods: ['GET', 'DELETE'], handler: entry },
];

/** A body that is untyped JSON, for endpoints that read it weakly. */
export async function untypedBody(request: ApiRequest): Promise<unknown> {
  const body = await request.readBody();
  try {
    return plainJson(parseFirst(body));
  } catch (error) {
    if (error instanceof JsonError) throw new BadRequest(`Bad request: Request decoding failed: ${error.message}`);
    throw error;
  }
}

async function write(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  refuseNamespace(request);
  const options = writeOptions(request, api);
  const document = await untypedBody(request);
  let Entry: Record<string, unknown>;
  try {
    Entry = decodeConfigEntry(document);
  } catch (error) {
    throw new BadRequest(`Bad request: Request decoding failed: ${messageOf(error)}`);
  }
  const cas = request.query.get('cas');
  if (cas !== '') {
    try {
      Entry['ModifyIndex'] = Number(parseUint(cas));
    } catch (error) {
      if (error instanceof NumberError) throw new RpcError(error.message);
      throw error;
    }
  }
  const { reply } = await api.rpc.call('ConfigEntry.Apply', {
    ...options,
    // Entries belong to the primary datacenter, whatever `dc` says.
    Datacenter: api.config.datacenter,
    Op: cas === '' ? 'upsert' : 'upsert-cas',
    Entry,
  });
  return yesNo(reply, request.layout);
}

function entry(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  refuseNamespace(request);
  const slash = request.rest.indexOf('/');
  const Kind = slash < 0 ? request.rest : request.rest.slice(0, slash);
  const name = slash < 0 ? null : request.rest.slice(slash + 1);
  return request.method === 'DELETE' ? remove(request, api, Kind, name) : show(request, api, Kind, name);
}

function show(request: ApiRequest, api: Api, Kind: string, Name: string | null): MaybePromise<HttpAnswer> {
  const options = readOptions(request, api);
  if (Name === null) {
    return read(request, api, 'ConfigEntry.List', { ...options, Kind }, shownBy(request, viewsOf(Kind).list));
  }
  const present = shownBy(request, viewsOf(Kind).one);
  const args = { ...options, Kind, Name };
  // Who waits for an entry that goes away is given it once more, under the new index.
  const before =
    options.MinQueryIndex === undefined ? null : api.rpc.call('ConfigEntry.Get', { ...args, MinQueryIndex: 0 });
  const show = (last: ConfigEntryResponse | null): MaybePromise<HttpAnswer> =>
    read(request, api, 'ConfigEntry.Get', args, (reply, shared) => {
      if (reply.Entry !== null) return present(reply, shared);
      return last === null || last.Entry === null ? notFound(Kind, Name) : present(last, false);
    });
  if (before === null) return show(null);
  return before instanceof Promise ? before.then(({ reply }) => show(reply)) : show(before.reply);
}

const notFound = (kind: string, name: string): Shown => ({
  status: 404,
  headers: plainText,
  body: Rendered.text(`Config entry not found for ${JSON.stringify(kind)} / ${JSON.stringify(name)}`),
});

interface KindViews {
  readonly one: View<ConfigEntryResponse>;
  readonly list: View<IndexedConfigEntries>;
}
const views = new Map<string, KindViews>();

function viewsOf(kind: string): KindViews {
  let known = views.get(kind);
  if (known === undefined) {
    const schema = entrySchema(kind);
    known = {
      one: valueView(schema ?? any, (reply) => reply.Entry),
      list:
        schema === undefined
          ? listView(any, (reply) => (reply.Entries ?? []).map(untyped))
          : listView(schema, (reply) => reply.Entries),
    };
    // Only kinds that there are, and '' for all of them, get this far.
    if (schema !== undefined || kind === '') views.set(kind, known);
  }
  return known;
}

/** An entry as it is shown, for lists of several kinds. */
const untyped = (one: unknown): unknown =>
  JSON.parse(renderText(entrySchema((one as { Kind: string }).Kind) as Schema<unknown>, one, 'compact'));

const Nothing = struct('Nothing', {});

async function remove(request: ApiRequest, api: Api, Kind: string, Name: string | null): Promise<HttpAnswer> {
  if (Name === null || Name === '') throw new BadRequest('Must provide both a kind and name to delete', 404);
  const schema = entrySchema(Kind);
  if (schema === undefined) throw new BadRequest(`invalid config entry kind: ${Kind}`);
  const Entry = make(schema as Schema<Record<string, unknown>>, { Kind, ...(Kind === 'mesh' ? {} : { Name }) });
  await api.rpc.call('ConfigEntry.Delete', { ...writeOptions(request, api), Datacenter: api.config.datacenter, Entry });
  return json(Nothing, {}, request.layout);
}
