/** `/v1/acl/auth-method(s)`, `binding-rule(s)`, `login` and `logout`. */
import type { MaybePromise } from '../../lib/runtime.ts';
import { ACLAuthMethod, ACLAuthMethodListStub, ACLBindingRule, ACLLoginParams, ACLToken } from '../../structs/acl.ts';
import { decodeJson } from '../../structs/json-decode.ts';
import { jsonStruct } from '../../structs/schema.ts';
import { bad, demandAcls, idOf, metaOnError, orEmpty } from './acl.ts';
import { decodeAcl } from './acl-bodies.ts';
import { type HttpAnswer, json, yesNo } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { refusing } from './decode-body.ts';
import { readOptions, refuseNamespace, writeOptions } from './query-options.ts';
import { read, shownBy } from './read.ts';
import { listView, valueView } from './view.ts';

export const aclAuthRoutes: readonly Route[] = [
  { path: '/v1/acl/auth-methods', methods: ['GET'], handler: authMethods },
  { path: '/v1/acl/auth-method', methods: ['PUT'], handler: createAuthMethod },
  { path: '/v1/acl/auth-method/', methods: ['GET', 'PUT', 'DELETE'], handler: authMethod },
  { path: '/v1/acl/binding-rules', methods: ['GET'], handler: bindingRules },
  { path: '/v1/acl/binding-rule', methods: ['PUT'], handler: createBindingRule },
  { path: '/v1/acl/binding-rule/', methods: ['GET', 'PUT', 'DELETE'], handler: bindingRule },
  { path: '/v1/acl/login', methods: ['POST'], handler: login },
  { path: '/v1/acl/logout', methods: ['POST'], handler: logout },
];

const AuthMethodBody = jsonStruct(ACLAuthMethod, { goType: 'structs.ACLAuthMethod', unmarshaler: 'strict' });
const methodsView = listView(
  ACLAuthMethodListStub,
  (reply: { AuthMethods: ACLAuthMethodListStub[] | null }) => reply.AuthMethods,
);
const methodView = valueView(
  ACLAuthMethod,
  (reply: { AuthMethod: ACLAuthMethod | null }) => reply.AuthMethod as ACLAuthMethod,
);

function authMethods(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  demandAcls(api);
  refuseNamespace(request);
  const args = readOptions(request, api);
  return read(request, api, 'ACL.AuthMethodList', args, shownBy(request, methodsView), metaOnError);
}

async function createAuthMethod(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  demandAcls(api);
  return writeAuthMethod(request, api, '');
}

async function authMethod(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  demandAcls(api);
  const { rest, method } = request;
  if (rest === '') throw bad('Missing auth method name');
  if (method === 'GET') {
    const args = { ...readOptions(request, api), AuthMethodName: rest };
    return orEmpty(request, api, 'ACL.AuthMethodRead', args, (reply) => reply.AuthMethod, shownBy(request, methodView));
  }
  if (method === 'PUT') return writeAuthMethod(request, api, rest);
  await api.rpc.call('ACL.AuthMethodDelete', { ...writeOptions(request, api), AuthMethodName: rest });
  return yesNo(true, 'compact');
}

async function writeAuthMethod(request: ApiRequest, api: Api, name: string): Promise<HttpAnswer> {
  refuseNamespace(request);
  const body = decodeAcl(AuthMethodBody, await request.readBody(), 'AuthMethod');
  const AuthMethod = { ...body, Name: name === '' ? body.Name : idOf(name, body.Name, 'AuthMethod Name') };
  const { reply } = await api.rpc.call('ACL.AuthMethodSet', { ...writeOptions(request, api), AuthMethod });
  return json(ACLAuthMethod, reply, request.layout);
}

const rulesView = listView(ACLBindingRule, (reply: { BindingRules: ACLBindingRule[] | null }) => reply.BindingRules);
const ruleView = valueView(
  ACLBindingRule,
  (reply: { BindingRule: ACLBindingRule | null }) => reply.BindingRule as ACLBindingRule,
);

function bindingRules(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  demandAcls(api);
  refuseNamespace(request);
  const args = { ...readOptions(request, api), AuthMethod: request.query.get('authmethod') };
  return read(request, api, 'ACL.BindingRuleList', args, shownBy(request, rulesView), metaOnError);
}

async function createBindingRule(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  demandAcls(api);
  return writeBindingRule(request, api, '');
}

async function bindingRule(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  demandAcls(api);
  const { rest, method } = request;
  if (rest === '') throw bad('Missing binding rule ID');
  if (method === 'GET') {
    const args = { ...readOptions(request, api), BindingRuleID: rest };
    return orEmpty(request, api, 'ACL.BindingRuleRead', args, (reply) => reply.BindingRule, shownBy(request, ruleView));
  }
  if (method === 'PUT') return writeBindingRule(request, api, rest);
  await api.rpc.call('ACL.BindingRuleDelete', { ...writeOptions(request, api), BindingRuleID: rest });
  return yesNo(true, 'compact');
}

async function writeBindingRule(request: ApiRequest, api: Api, id: string): Promise<HttpAnswer> {
  refuseNamespace(request);
  const body = decodeAcl(ACLBindingRule, await request.readBody(), 'BindingRule');
  const BindingRule = { ...body, ID: idOf(id, body.ID, 'BindingRule ID') };
  const { reply } = await api.rpc.call('ACL.BindingRuleSet', { ...writeOptions(request, api), BindingRule });
  return json(ACLBindingRule, reply, request.layout);
}

async function login(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  demandAcls(api);
  refuseNamespace(request);
  const body = await request.readBody();
  const Auth = refusing('Bad request: Failed to decode request body', () => decodeJson(ACLLoginParams, body));
  // Who logs in has no token yet, or not one that counts here.
  const { reply } = await api.rpc.call('ACL.Login', { ...writeOptions(request, api), Token: '', Auth });
  return json(ACLToken, reply, request.layout);
}

async function logout(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  demandAcls(api);
  await api.rpc.call('ACL.Logout', { ...writeOptions(request, api), Token: request.token });
  return yesNo(true, 'compact');
}
