/** `/v1/agent/check(s)`: the checks that this agent runs. */
import { HealthCheck } from '../../structs/catalog.ts';
import { dictOf } from '../../structs/dict.ts';
import { jsonStruct, map, str, struct } from '../../structs/schema.ts';
import { isStatus, type Status } from '../checks/definition.ts';
import { BadRequest, RpcError } from '../errors.ts';
import { filterMapBy, refuseNoExpression } from '../filter.ts';
import { decodeCheck } from '../local/bodies.ts';
import { authorizerOf, demandCheck, tokenOf } from './acl-guard.ts';
import { empty, type HttpAnswer, json } from './answer.ts';
import type { Api, Handler, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { decodeBody, refusing } from './decode-body.ts';
import { refuseNamespace } from './query-options.ts';

export const agentCheckRoutes: readonly Route[] = [
  { path: '/v1/agent/checks', methods: ['GET'], handler: checks },
  { path: '/v1/agent/check/register', methods: ['PUT'], handler: register },
  { path: '/v1/agent/check/deregister/', methods: ['PUT'], handler: deregister },
  { path: '/v1/agent/check/pass/', methods: ['PUT'], handler: heartbeat('passing') },
  { path: '/v1/agent/check/warn/', methods: ['PUT'], handler: heartbeat('warning') },
  { path: '/v1/agent/check/fail/', methods: ['PUT'], handler: heartbeat('critical') },
  { path: '/v1/agent/check/update/', methods: ['PUT'], handler: update },
];

async function checks(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  refuseNamespace(request);
  const authorizer = await authorizerOf(request, api);
  const visible = api.local.state.checks().filter(({ check: { ServiceName, Node } }) => {
    return ServiceName === ''
      ? authorizer.allows('node', 'read', Node)
      : authorizer.allows('service', 'read', ServiceName);
  });
  const all = visible.map(({ check }) => ({ ...check, ServiceTags: check.ServiceTags ?? [] }));
  const filter = { Filter: request.query.get('filter') };
  refuseNoExpression(filter);
  const known = dictOf(all.map((one) => [one.CheckID, one]));
  // Consul looks at what is selected only where there is something to select from.
  const shown = all.length === 0 ? known : filterMapBy(HealthCheck, filter, known);
  return json(map(HealthCheck), shown, request.layout);
}

async function register(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  refuseNamespace(request);
  const { local } = api;
  const body = await request.readBody();
  const definition = refusing('Request decode failed', () => decodeCheck(body));
  const { check } = local.checkRegistrationOf(definition, '', 'api');
  const existing = local.state.check(check.CheckID)?.check;
  const authorizer = await authorizerOf(request, api);
  for (const one of existing === undefined ? [check] : [check, existing]) demandCheck(api, authorizer, one);
  await local.registerCheck(definition, tokenOf(request, api));
  return empty(200);
}

async function deregister(request: ApiRequest, { local, log }: Api): Promise<HttpAnswer> {
  refuseNamespace(request);
  if (request.rest === '') throw new RpcError('CheckID missing');
  const known = await local.deregisterCheck(request.rest);
  if (!known) log.warn('Failed to deregister check: it is not registered here', { check: request.rest });
  return empty(200);
}

function heartbeat(status: Status): Handler {
  return async (request, { local }) => {
    refuseNamespace(request);
    await local.updateTtl(request.rest, status, request.query.get('note'));
    return empty(200);
  };
}

const CheckUpdate = jsonStruct(struct('checkUpdate', { Status: str, Output: str }), { goType: 'agent.checkUpdate' });

async function update(request: ApiRequest, { local }: Api): Promise<HttpAnswer> {
  refuseNamespace(request);
  const { Status: status, Output } = await decodeBody(request, CheckUpdate);
  if (!isStatus(status)) throw new BadRequest(`Invalid check status: '${status}'`);
  await local.updateTtl(request.rest, status, Output);
  return empty(200);
}
