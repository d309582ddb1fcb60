/** The agent's own endpoints ask here what a request may do; everything else is asked by the servers. */
import type { MaybePromise } from '../../lib/runtime.ts';
import type { HealthCheck } from '../../structs/catalog.ts';
import type { Access, Authorizer, Resource } from '../acl/authorizer.ts';
import { unrestricted } from '../acl/authorizer.ts';
import { RpcError } from '../errors.ts';
import type { HttpAnswer } from './answer.ts';
import type { Api } from './api.ts';
import type { ApiRequest } from './api-request.ts';

/** The token of a request, or the one that stands for requests without. */
export const tokenOf = (request: ApiRequest, api: Api): string => request.token || api.tokens.user;

export const authorizerOf = (request: ApiRequest, api: Api): MaybePromise<Authorizer> =>
  api.acl === null ? unrestricted : api.acl.authorizer(tokenOf(request, api));

/** @throws RpcError 403 */
export function demand(
  { acl }: Pick<Api, 'acl'>,
  authorizer: Authorizer,
  resource: Resource,
  access: Access,
  name = '',
  detail = '',
): void {
  if (acl === null || authorizer.allows(resource, access, name)) return;
  throw acl.denials.refusal(authorizer, resource, access, name, detail);
}

type Guard = (authorizer: Authorizer, request: ApiRequest, api: Api) => void;

const onThisAgent =
  (access: Access): Guard =>
  (authorizer, _request, api) =>
    demand(api, authorizer, 'agent', access, api.config.nodeName);

/** Of what is registered here, services belong to whom their rules say, the rest to the node. */
function demandService(authorizer: Authorizer, api: Api, id: string): void {
  const service = api.local.state.service(id)?.service.Service;
  if (service === undefined) throw new RpcError(`Unknown service "${id}"`);
  demand(api, authorizer, 'service', 'write', service, `Missing service:write on ${service}`);
}

export function demandCheck(api: Api, authorizer: Authorizer, { ServiceName, Node }: HealthCheck): void {
  if (ServiceName !== '')
    demand(api, authorizer, 'service', 'write', ServiceName, `Missing service:write on ${ServiceName}`);
  else demand(api, authorizer, 'node', 'write', Node, `Missing node:write on ${Node}`);
}

const onService: Guard = (authorizer, { rest }, api) => demandService(authorizer, api, rest);
const onCheck: Guard = (authorizer, { rest }, api) => {
  const check = api.local.state.check(rest)?.check;
  if (check === undefined) throw new RpcError(`Unknown check "${rest}"`);
  demandCheck(api, authorizer, check);
};

/** By the path of the route. What needs the body, or only shows less, asks for itself. */
const guards: Readonly<Record<string, Guard>> = {
  '/v1/agent/self': onThisAgent('read'),
  '/v1/agent/host': (authorizer, _request, api) => demand(api, authorizer, 'operator', 'read'),
  '/v1/agent/metrics': onThisAgent('read'),
  '/v1/agent/monitor': onThisAgent('read'),
  '/v1/agent/watches': onThisAgent('read'),
  '/v1/agent/reload': onThisAgent('write'),
  '/v1/agent/join/': onThisAgent('write'),
  '/v1/agent/leave': onThisAgent('write'),
  '/v1/agent/force-leave/': (authorizer, _request, api) => demand(api, authorizer, 'operator', 'write'),
  '/v1/agent/token/': onThisAgent('write'),
  '/v1/agent/maintenance': (authorizer, _request, api) => demand(api, authorizer, 'node', 'write', api.config.nodeName),
  '/v1/agent/service/': (authorizer, { rest }, api) => {
    const service = api.local.state.service(rest)?.service.Service;
    if (service !== undefined) demand(api, authorizer, 'service', 'read', service);
  },
  '/v1/agent/service/deregister/': onService,
  '/v1/agent/service/maintenance/': onService,
  '/v1/agent/health/service/id/': (authorizer, { rest }, api) => {
    const service = api.local.state.service(rest)?.service.Service;
    if (service !== undefined) demand(api, authorizer, 'service', 'read', service);
  },
  '/v1/agent/health/service/name/': (authorizer, { rest }, api) => demand(api, authorizer, 'service', 'read', rest),
  '/v1/agent/connect/ca/leaf/': (authorizer, { rest }, api) => demand(api, authorizer, 'service', 'write', rest),
  '/v1/agent/check/deregister/': onCheck,
  '/v1/agent/check/pass/': onCheck,
  '/v1/agent/check/warn/': onCheck,
  '/v1/agent/check/fail/': onCheck,
  '/v1/agent/check/update/': onCheck,
};

export const isGuarded = (path: string): boolean => Object.hasOwn(guards, path);

/** Lets the handler answer if the request may; without ACLs, at no cost. */
export function guarded(
  path: string,
  handler: (request: ApiRequest, api: Api) => MaybePromise<HttpAnswer>,
): (request: ApiRequest, api: Api) => MaybePromise<HttpAnswer> {
  const guard = isGuarded(path) ? guards[path] : undefined;
  if (guard === undefined) return handler;
  return (request, api) => {
    if (api.acl === null) return handler(request, api);
    const proceed = (authorizer: Authorizer): MaybePromise<HttpAnswer> => {
      guard(authorizer, request, api);
      return handler(request, api);
    };
    const authorizer = authorizerOf(request, api);
    return authorizer instanceof Promise ? authorizer.then(proceed) : proceed(authorizer);
  };
}
