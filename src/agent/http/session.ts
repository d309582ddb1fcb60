/** `/v1/session/`: sessions, the holders of locks. */
import type { MaybePromise } from '../../lib/runtime.ts';
import { slice, str, struct } from '../../structs/schema.ts';
import { type IndexedSessions, Session } from '../../structs/session.ts';
import { BadRequest } from '../errors.ts';
import { type HttpAnswer, json, text, yesNo } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { readOptions, refuseNamespace, writeOptions } from './query-options.ts';
import { read, shownBy } from './read.ts';
import { decodeSession } from './session-body.ts';
import { listView } from './view.ts';

export const sessionRoutes: readonly Route[] = [
  { path: '/v1/session/create', methods: ['PUT'], handler: create },
  { path: '/v1/session/destroy/', methods: ['PUT'], handler: destroy },
  { path: '/v1/session/renew/', methods: ['PUT'], handler: renew },
  { path: '/v1/session/info/', methods: ['GET'], handler: info },
  { path: '/v1/session/node/', methods: ['GET'], handler: ofNode },
  { path: '/v1/session/list', methods: ['GET'], handler: list },
];

const Created = struct('SessionCreated', { ID: str });
const metaOnError = { metaOnError: true } as const;

async function create(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  refuseNamespace(request);
  const options = writeOptions(request, api);
  const session = decodeSession(await request.readBody(), api.config.nodeName);
  const { reply } = await api.rpc.call('Session.Apply', { ...options, Op: 'create', Session: session });
  return json(Created, { ID: reply }, request.layout);
}

async function destroy(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  refuseNamespace(request);
  if (request.rest === '') throw new BadRequest('Missing session');
  const session = { ...decodeSession(Buffer.alloc(0), ''), ID: request.rest };
  await api.rpc.call('Session.Apply', { ...writeOptions(request, api), Op: 'destroy', Session: session });
  return yesNo(true, request.layout);
}

async function renew(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  refuseNamespace(request);
  if (request.rest === '') throw new BadRequest('Missing session');
  const args = { ...writeOptions(request, api), SessionID: request.rest, Session: request.rest };
  const { reply } = await api.rpc.call('Session.Renew', args);
  if (reply.Sessions === null || reply.Sessions.length === 0) {
    return text(404, `Session id '${request.rest}' not found`);
  }
  return json(slice(Session), reply.Sessions, request.layout);
}

const sessionsView = listView(Session, (reply: IndexedSessions) => reply.Sessions);

function info(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  refuseNamespace(request);
  const options = readOptions(request, api);
  if (request.rest === '') throw new BadRequest('Missing session');
  const args = { ...options, SessionID: request.rest, Session: request.rest };
  return read(request, api, 'Session.Get', args, shownBy(request, sessionsView), metaOnError);
}

function list(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  refuseNamespace(request);
  return read(request, api, 'Session.List', readOptions(request, api), shownBy(request, sessionsView), metaOnError);
}

function ofNode(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  refuseNamespace(request);
  const options = readOptions(request, api);
  if (request.rest === '') throw new BadRequest('Missing node name');
  const args = { ...options, Node: request.rest };
  return read(request, api, 'Session.NodeSessions', args, shownBy(request, sessionsView), metaOnError);
}
