/** `/v1/acl/`: tokens, policies, roles, and the answers to who may do what. */
import type { MaybePromise } from '../../lib/runtime.ts';
import {
  ACLAuthorizationRequest,
  ACLAuthorizationResponse,
  ACLPolicy,
  ACLPolicyListStub,
  ACLReplicationStatus,
  ACLRole,
  ACLToken,
  ACLTokenListStub,
  type ACLTokenResponse,
} from '../../structs/acl.ts';
import { decodeJson } from '../../structs/json-decode.ts';
import { slice, str, struct } from '../../structs/schema.ts';
import { authorize } from '../acl/authorize.ts';
import { BadRequest, errors } from '../errors.ts';
import { decodePolicy, decodeRole, decodeToken } from './acl-bodies.ts';
import { authorizerOf } from './acl-guard.ts';
import { empty, type HttpAnswer, json, text, yesNo } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { refusing } from './decode-body.ts';
import { readOptions, refuseNamespace, writeOptions } from './query-options.ts';
import { read, type Shown, shownBy } from './read.ts';
import { listView, valueView } from './view.ts';

export const aclRoutes: readonly Route[] = [
  { path: '/v1/acl/bootstrap', methods: ['PUT'], handler: bootstrap },
  { path: '/v1/acl/replication', methods: ['GET'], handler: replication },
  { path: '/v1/acl/policies', methods: ['GET'], handler: policies },
  { path: '/v1/acl/policy', methods: ['PUT'], handler: createPolicy },
  { path: '/v1/acl/policy/', methods: ['GET', 'PUT', 'DELETE'], handler: policy },
  { path: '/v1/acl/policy/name/', methods: ['GET'], handler: policyByName },
  { path: '/v1/acl/roles', methods: ['GET'], handler: roles },
  { path: '/v1/acl/role', methods: ['PUT'], handler: createRole },
  { path: '/v1/acl/role/', methods: ['GET', 'PUT', 'DELETE'], handler: role },
  { path: '/v1/acl/role/name/', methods: ['GET'], handler: roleByName },
  { path: '/v1/acl/tokens', methods: ['GET'], handler: tokens },
  { path: '/v1/acl/token', methods: ['PUT'], handler: createToken },
  { path: '/v1/acl/token/self', methods: ['GET'], handler: ownToken },
  { path: '/v1/acl/token/', methods: ['GET', 'PUT', 'DELETE'], handler: token },
  { path: '/v1/internal/acl/authorize', methods: ['POST'], handler: authorizeAll },
];

export const metaOnError = { metaOnError: true } as const;

/** Everything here is refused while ACLs are off. */
export function demandAcls({ config }: Api): void {
  if (!config.acl.enabled) throw errors.aclDisabled();
}

/** A refusal that tells the index at which nothing was found. */
const notFoundText: Shown = text(403, errors.aclNotFound().message);

export const bad = (message: string): BadRequest => new BadRequest(`Bad request: ${message}`);

/** The id in the path stands for the one that a body may leave out. */
export function idOf(path: string, body: string, what: string): string {
  if (body !== '' && body !== path) throw bad(`${what} in URL and payload do not match`);
  return path;
}

const Bootstrapped = struct('Bootstrapped', { ID: str, ...ACLToken.type.fields });

async function bootstrap(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  demandAcls(api);
  const { reply } = await api.rpc.call('ACL.BootstrapTokens', { Datacenter: api.config.datacenter });
  return json(Bootstrapped, { ID: reply.SecretID, ...reply }, request.layout);
}

async function replication(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  demandAcls(api);
  const { reply } = await api.rpc.call('ACL.ReplicationStatus', writeOptions(request, api));
  return json(ACLReplicationStatus, reply, request.layout);
}

const policiesView = listView(ACLPolicyListStub, (reply: { Policies: ACLPolicyListStub[] | null }) => reply.Policies);
const policyView = valueView(ACLPolicy, (reply: { Policy: ACLPolicy | null }) => reply.Policy as ACLPolicy);

function policies(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  demandAcls(api);
  refuseNamespace(request);
  const args = readOptions(request, api);
  return read(request, api, 'ACL.PolicyList', args, shownBy(request, policiesView), metaOnError);
}

function readPolicy(request: ApiRequest, api: Api, by: { PolicyID?: string; PolicyName?: string }) {
  const args = { ...readOptions(request, api), ...by };
  const show = (reply: { Policy: ACLPolicy | null }, shared: boolean): Shown =>
    reply.Policy === null ? notFoundText : shownBy(request, policyView)(reply, shared);
  return read(request, api, 'ACL.PolicyRead', args, show, metaOnError);
}

function policyByName(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  demandAcls(api);
  if (request.rest === '') throw bad('Missing policy Name');
  return readPolicy(request, api, { PolicyName: request.rest });
}

async function policy(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  demandAcls(api);
  const { rest, method } = request;
  if (rest === '') throw bad('Missing policy ID');
  if (method === 'GET') return readPolicy(request, api, { PolicyID: rest });
  if (method === 'PUT') return writePolicy(request, api, rest);
  await api.rpc.call('ACL.PolicyDelete', { ...writeOptions(request, api), PolicyID: rest });
  return yesNo(true, 'compact');
}

async function createPolicy(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  demandAcls(api);
  return writePolicy(request, api, '');
}

async function writePolicy(request: ApiRequest, api: Api, id: string): Promise<HttpAnswer> {
  refuseNamespace(request);
  const body = decodePolicy(await request.readBody());
  if (id === '' && body.ID !== '') throw bad('Cannot specify the ID when creating a new policy');
  const Policy = { ...body, ID: id === '' ? '' : idOf(id, body.ID, 'Policy ID') };
  const { reply } = await api.rpc.call('ACL.PolicySet', { ...writeOptions(request, api), Policy });
  return json(ACLPolicy, reply, request.layout);
}

const rolesView = listView(ACLRole, (reply: { Roles: ACLRole[] | null }) => reply.Roles);
const roleView = valueView(ACLRole, (reply: { Role: ACLRole | null }) => reply.Role as ACLRole);

function roles(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  demandAcls(api);
  refuseNamespace(request);
  const args = { ...readOptions(request, api), Policy: request.query.get('policy') };
  return read(request, api, 'ACL.RoleList', args, shownBy(request, rolesView), metaOnError);
}

async function readRole(request: ApiRequest, api: Api, by: { RoleID?: string; RoleName?: string }) {
  const args = { ...readOptions(request, api), ...by };
  return orEmpty(request, api, 'ACL.RoleRead', args, (reply) => reply.Role, shownBy(request, roleView));
}

/** What is not there is answered with 404, and nothing said of indexes. */
export async function orEmpty<M extends 'ACL.RoleRead' | 'ACL.AuthMethodRead' | 'ACL.BindingRuleRead'>(
  request: ApiRequest,
  api: Api,
  method: M,
  args: Parameters<typeof read<M>>[3],
  select: (reply: Parameters<Parameters<typeof read<M>>[4]>[0]) => unknown,
  show: Parameters<typeof read<M>>[4],
): Promise<HttpAnswer> {
  let isThere = true;
  const answer = await read(
    request,
    api,
    method,
    args,
    (reply, shared) => {
      isThere = select(reply) !== null;
      return isThere ? show(reply, shared) : { status: 404, headers: [], body: null };
    },
    metaOnError,
  );
  return isThere ? answer : empty(404);
}

function roleByName(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  demandAcls(api);
  if (request.rest === '') throw bad('Missing role Name');
  return readRole(request, api, { RoleName: request.rest });
}

async function role(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  demandAcls(api);
  const { rest, method } = request;
  if (rest === '') throw bad('Missing role ID');
  if (method === 'GET') return readRole(request, api, { RoleID: rest });
  if (method === 'PUT') return writeRole(request, api, rest);
  await api.rpc.call('ACL.RoleDelete', { ...writeOptions(request, api), RoleID: rest });
  return yesNo(true, 'compact');
}

async function createRole(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  demandAcls(api);
  return writeRole(request, api, '');
}

async function writeRole(request: ApiRequest, api: Api, id: string): Promise<HttpAnswer> {
  refuseNamespace(request);
  const body = decodeRole(await request.readBody());
  const Role = { ...body, ID: idOf(id, body.ID, 'Role ID') };
  const { reply } = await api.rpc.call('ACL.RoleSet', { ...writeOptions(request, api), Role });
  return json(ACLRole, reply, request.layout);
}

const tokensView = listView(ACLTokenListStub, (reply: { Tokens: ACLTokenListStub[] | null }) => reply.Tokens);
const tokenView = valueView(ACLToken, (reply: ACLTokenResponse) => reply.Token as ACLToken);

function tokens(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  demandAcls(api);
  refuseNamespace(request);
  const { query } = request;
  const args = {
    ...readOptions(request, api),
    IncludeLocal: true,
    IncludeGlobal: true,
    Policy: query.get('policy'),
    Role: query.get('role'),
    AuthMethod: query.get('authmethod'),
  };
  return read(request, api, 'ACL.TokenList', args, shownBy(request, tokensView), metaOnError);
}

function readToken(request: ApiRequest, api: Api, by: { TokenID: string; TokenIDType: string }) {
  const args = { ...readOptions(request, api), ...by };
  const show = (reply: ACLTokenResponse, shared: boolean): Shown =>
    reply.Token === null ? notFoundText : shownBy(request, tokenView)(reply, shared);
  return read(request, api, 'ACL.TokenRead', args, show, metaOnError);
}

/** The token that asks, by its secret: no right is needed to know oneself. */
function ownToken(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  demandAcls(api);
  const { Token } = readOptions(request, api);
  return readToken(request, api, { TokenID: Token, TokenIDType: 'secret' });
}

async function token(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  demandAcls(api);
  const { rest, method } = request;
  if (rest === '') throw bad('Missing token ID');
  if (rest.endsWith('/clone') && method === 'PUT') return cloneToken(request, api, rest.slice(0, -'/clone'.length));
  if (method === 'GET') return readToken(request, api, { TokenID: rest, TokenIDType: 'accessor' });
  if (method === 'PUT') return writeToken(request, api, rest);
  await api.rpc.call('ACL.TokenDelete', { ...writeOptions(request, api), TokenID: rest });
  return yesNo(true, 'compact');
}

async function createToken(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  demandAcls(api);
  return writeToken(request, api, '');
}

async function writeToken(request: ApiRequest, api: Api, id: string): Promise<HttpAnswer> {
  refuseNamespace(request);
  const body = decodeToken(await request.readBody());
  const AccessorID = id === '' ? body.AccessorID : idOf(id, body.AccessorID, 'Token Accessor ID');
  const args = { ...writeOptions(request, api), ACLToken: { ...body, AccessorID }, Create: id === '' };
  const { reply } = await api.rpc.call('ACL.TokenSet', args);
  return json(ACLToken, reply, request.layout);
}

async function cloneToken(request: ApiRequest, api: Api, id: string): Promise<HttpAnswer> {
  const body = decodeToken(await request.readBody());
  const args = { ...writeOptions(request, api), ACLToken: { ...body, AccessorID: id } };
  const { reply } = await api.rpc.call('ACL.TokenClone', args);
  return json(ACLToken, reply, request.layout);
}

const maxAuthorizations = 64;

async function authorizeAll(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  demandAcls(api);
  const { Datacenter, Token } = writeOptions(request, api);
  const body = await request.readBody();
  const asked = refusing('Bad request: Failed to decode request body', () =>
    decodeJson(slice(ACLAuthorizationRequest), body, { unknownFields: 'ignore' }),
  );
  const Requests = asked ?? [];
  if (Requests.length > maxAuthorizations) {
    throw bad(`Refusing to process more than ${maxAuthorizations} authorizations at once`);
  }
  if (Requests.length === 0) return json(slice(ACLAuthorizationResponse), [], request.layout);
  if (Datacenter === api.config.datacenter) {
    const allowed = authorize(await authorizerOf(request, api), Requests);
    return json(slice(ACLAuthorizationResponse), allowed, request.layout);
  }
  const { reply } = await api.rpc.call('ACL.Authorize', { Datacenter, Token, Requests });
  return json(slice(ACLAuthorizationResponse), reply, request.layout);
}
