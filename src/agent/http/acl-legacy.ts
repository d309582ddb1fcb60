/** `/v1/acl/` as it was before 1.4: create, update, destroy, info, clone, list, and the translation of old rules. */
import type { MaybePromise } from '../../lib/runtime.ts';
import { ACL, type ACLToken, type IndexedACLs } from '../../structs/acl.ts';
import { decodeJson } from '../../structs/json-decode.ts';
import { make } from '../../structs/make.ts';
import { jsonStruct, str, struct } from '../../structs/schema.ts';
import { RulesError } from '../acl/rules.ts';
import { translateRules } from '../acl/translate.ts';
import { BadRequest, errors, RpcError } from '../errors.ts';
import { bad, demandAcls, metaOnError } from './acl.ts';
import { authorizerOf, demand } from './acl-guard.ts';
import { type HttpAnswer, json, metaHeaders, text, yesNo } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { refusing } from './decode-body.ts';
import { readOptions, writeOptions } from './query-options.ts';
import { read, shownBy } from './read.ts';
import { listView } from './view.ts';

export const aclLegacyRoutes: readonly Route[] = [
  { path: '/v1/acl/create', methods: ['PUT'], handler: create },
  { path: '/v1/acl/update', methods: ['PUT'], handler: update },
  { path: '/v1/acl/destroy/', methods: ['PUT'], handler: destroy },
  { path: '/v1/acl/info/', methods: ['GET'], handler: info },
  { path: '/v1/acl/clone/', methods: ['PUT'], handler: clone },
  { path: '/v1/acl/list', methods: ['GET'], handler: list },
  { path: '/v1/acl/rules/translate', methods: ['POST'], handler: translate },
  { path: '/v1/acl/rules/translate/', methods: ['GET'], handler: translateToken },
];

const Id = struct('AclId', { ID: str });
/** A description is taken as well: old guides send one beside the name. */
const AclBody = jsonStruct(struct('ACL', { ...ACL.type.fields, Description: str }), { goType: 'structs.ACL' });

const decode = (body: Uint8Array): ACL => {
  if (body.length === 0) return make(ACL, { Type: 'client' });
  const { Description: _, ...acl } = refusing('Request decode failed', () => decodeJson(AclBody, body));
  return { ...acl, Type: acl.Type || 'client' };
};

async function create(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  demandAcls(api);
  return set(request, api, decode(await request.readBody()));
}

async function update(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  demandAcls(api);
  const acl = decode(await request.readBody());
  if (acl.ID === '') throw new BadRequest('ACL ID must be set');
  return set(request, api, acl);
}

async function set(request: ApiRequest, api: Api, acl: ACL): Promise<HttpAnswer> {
  const { reply } = await api.rpc.call('ACL.Apply', { ...writeOptions(request, api), Op: 'set', ACL: acl });
  return json(Id, { ID: reply }, request.layout);
}

function demandId({ rest }: ApiRequest): string {
  if (rest === '') throw new BadRequest('Missing ACL');
  return rest;
}

async function destroy(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  demandAcls(api);
  const ID = demandId(request);
  await api.rpc.call('ACL.Apply', { ...writeOptions(request, api), Op: 'delete', ACL: make(ACL, { ID }) });
  return yesNo(true, 'compact');
}

const aclsView = listView(ACL, (reply: IndexedACLs) => reply.ACLs);

function info(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  demandAcls(api);
  const args = { ...readOptions(request, api), ACL: demandId(request) };
  return read(request, api, 'ACL.Get', args, shownBy(request, aclsView), metaOnError);
}

function list(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  demandAcls(api);
  return read(request, api, 'ACL.List', readOptions(request, api), shownBy(request, aclsView), metaOnError);
}

async function clone(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  demandAcls(api);
  const { reply, meta } = await api.rpc.call('ACL.Get', { ...readOptions(request, api), ACL: demandId(request) });
  const acl = reply.ACLs?.[0];
  const headers = metaHeaders(meta);
  if (acl === undefined) return text(403, errors.permissionDenied().message, headers);
  const answer = await set(request, api, { ...acl, ID: '', CreateIndex: 0, ModifyIndex: 0 });
  return { ...answer, headers: [...headers, ...answer.headers] };
}

function translated(rules: string): string {
  try {
    return translateRules(rules);
  } catch (error) {
    throw error instanceof RulesError ? bad(error.message) : error;
  }
}

async function translate(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  demandAcls(api);
  demand(api, await authorizerOf(request, api), 'acl', 'read');
  const body = await request.readBody();
  return text(200, translated(body.toString()));
}

async function translateToken(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  demandAcls(api);
  if (request.rest === '') throw bad('Missing token ID');
  const args = { ...readOptions(request, api), TokenID: request.rest, TokenIDType: 'accessor' };
  const { reply, meta } = await api.rpc.call('ACL.TokenRead', args);
  const headers = metaHeaders(meta);
  const token: ACLToken | null = reply.Token;
  if (token === null) return text(403, errors.aclNotFound().message, headers);
  if (token.Rules === '') {
    const { message, status } = new RpcError('The specified token does not have any rules set');
    return text(status, message, headers);
  }
  return text(200, translated(token.Rules), headers);
}
