/** `/v1/agent/service(s)`: the services that this agent looks after. */
import { parseDuration } from '../../lib/duration.ts';
import type { Dict } from '../../structs/dict.ts';
import { dictOf } from '../../structs/dict.ts';
import { map } from '../../structs/schema.ts';
import type { Authorizer } from '../acl/authorizer.ts';
import { BadRequest, RpcError } from '../errors.ts';
import { filterMapBy } from '../filter.ts';
import { decodeService } from '../local/bodies.ts';
import type { ServiceRegistration } from '../local/definitions.ts';
import { setServiceMaintenance } from '../local/maintenance.ts';
import { authorizerOf, demand, tokenOf } from './acl-guard.ts';
import { AgentServiceJson, agentService, contentHash } from './agent-service-json.ts';
import { empty, type HttpAnswer, json, text } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { refusing } from './decode-body.ts';
import { maintenanceSwitch } from './maintenance.ts';
import { refuseNamespace } from './query-options.ts';

export const agentServiceRoutes: readonly Route[] = [
  { path: '/v1/agent/services', methods: ['GET'], handler: services },
  { path: '/v1/agent/service/', methods: ['GET'], handler: service },
  { path: '/v1/agent/service/register', methods: ['PUT'], handler: register },
  { path: '/v1/agent/service/deregister/', methods: ['PUT'], handler: deregister },
  { path: '/v1/agent/service/maintenance/', methods: ['PUT'], handler: maintenance },
];

async function services(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  refuseNamespace(request);
  const { local, config } = api;
  const authorizer = await authorizerOf(request, api);
  const visible = local.state.services().filter(({ service }) => authorizer.allows('service', 'read', service.Service));
  const all = visible.map((entry) => agentService(entry.service, config.datacenter));
  const known: Dict<AgentServiceJson> = dictOf(all.map((one) => [one.ID, one]));
  const shown = filterMapBy(AgentServiceJson, { Filter: request.query.get('filter') }, known);
  return json(map(AgentServiceJson), shown, request.layout);
}

const defaultWaitMs = 10 * 60_000;
const maxWaitMs = 10 * 60_000;

/** With `?hash=` of what the client knows, it waits for something else. */
async function service(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  refuseNamespace(request);
  const { local } = api;
  const known = request.query.get('hash');
  const waitMs = waitOf(request);
  let answer = shown(request, api);
  if (known === '' || answer.hash !== known) return answer.answer;
  const { signal } = request;
  const { clock } = local;
  const deadlineMs = clock.nowMs() + waitMs;
  while (answer.hash === known && !signal.aborted && clock.nowMs() < deadlineMs) {
    await changeOf(api, request.rest, deadlineMs - clock.nowMs(), signal);
    answer = shown(request, api);
  }
  return answer.answer;
}

function waitOf({ query }: ApiRequest): number {
  const wait = query.get('wait');
  if (wait === '') return defaultWaitMs;
  try {
    return Math.min(maxWaitMs, parseDuration(wait) / 1e6);
  } catch {
    throw new BadRequest('Invalid wait time');
  }
}

function shown({ rest, layout }: ApiRequest, { local, config }: Api): { hash: string; answer: HttpAnswer } {
  const entry = local.state.service(rest);
  if (entry === undefined) return { hash: '', answer: text(404, `unknown service ID: ${rest}`) };
  const value = agentService(entry.service, config.datacenter);
  const hash = contentHash(value);
  const answer = json(AgentServiceJson, { ...value, ContentHash: hash }, layout);
  return { hash, answer: { ...answer, headers: [...answer.headers, 'X-Consul-ContentHash', hash] } };
}

function changeOf({ local }: Api, id: string, waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      timer.cancel();
      unwatch();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = local.clock.after(waitMs, end);
    const unwatch = local.state.watchService(id, end);
    signal.addEventListener('abort', end, { once: true });
  });
}

async function register(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  refuseNamespace(request);
  const { local } = api;
  const body = await request.readBody();
  const definition = refusing('Request decode failed', () => decodeService(body));
  demandRegistration(await authorizerOf(request, api), api, local.registrationsOf(definition, ''));
  await local.registerService(definition, tokenOf(request, api), request.query.has('replace-existing-checks'));
  return empty(200);
}

/** The right to what is registered, and to what it takes the place of. */
function demandRegistration(authorizer: Authorizer, api: Api, all: readonly ServiceRegistration[]): void {
  const { local } = api;
  for (const { service } of all) {
    const existing = local.state.service(service.ID)?.service.Service;
    for (const name of existing === undefined ? [service.Service] : [service.Service, existing]) {
      demand(api, authorizer, 'service', 'write', name, `Missing service:write on ${name}`);
    }
  }
}

async function deregister(request: ApiRequest, { local, log }: Api): Promise<HttpAnswer> {
  refuseNamespace(request);
  if (request.rest === '') throw new RpcError('ServiceID missing');
  const known = await local.deregisterService(request.rest);
  if (!known) log.warn('Failed to deregister service: it is not registered here', { service: request.rest });
  return empty(200);
}

async function maintenance(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  refuseNamespace(request);
  if (request.rest === '') throw new BadRequest('Missing service ID');
  const enable = maintenanceSwitch(request);
  const token = tokenOf(request, api);
  await setServiceMaintenance(api.local, request.rest, enable, request.query.get('reason'), token);
  return empty(200);
}
