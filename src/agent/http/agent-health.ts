/** `/v1/agent/health/service/`: how a local service is, in the status of the answer, for load balancers and the like. */
import type { HealthCheck } from '../../structs/catalog.ts';
import { any, type Infer, ptr, slice, str, struct } from '../../structs/schema.ts';
import { RpcError } from '../errors.ts';
import { nodeMaintenanceId, serviceMaintenanceId } from '../local/maintenance.ts';
import type { LocalService } from '../local/state.ts';
import { AgentServiceJson, agentService } from './agent-service-json.ts';
import { type HttpAnswer, json, plainJson } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { refuseNamespace } from './query-options.ts';
import { Rendered } from './rendered.ts';

export const agentHealthRoutes: readonly Route[] = [
  { path: '/v1/agent/health/service/id/', methods: ['GET'], handler: byId },
  { path: '/v1/agent/health/service/name/', methods: ['GET'], handler: byName },
];

type Health = 'passing' | 'warning' | 'critical' | 'maintenance';

/** From best to worst. */
const order: readonly Health[] = ['passing', 'warning', 'critical', 'maintenance'];
const statusOf: Record<Health, number> = { passing: 200, warning: 429, critical: 503, maintenance: 503 };

const ServiceHealth = struct('AgentServiceChecksInfo', {
  AggregatedStatus: str,
  Service: ptr(AgentServiceJson),
  Checks: slice(any),
});
type ServiceHealth = Infer<typeof ServiceHealth>;

const wantsText = (request: ApiRequest): boolean =>
  request.query.get('format') === 'text' ||
  (request.query.get('format') === '' && request.header('accept').startsWith('text/plain'));

const reasoned = (answer: HttpAnswer, status: number, reason: string): HttpAnswer => ({
  ...answer,
  status,
  headers: [...answer.headers, 'X-Consul-Reason', reason],
});

const textAnswer = (text: string): HttpAnswer => ({
  status: 200,
  headers: ['Content-Type', 'text/plain'],
  body: Rendered.text(text),
});

function byId(request: ApiRequest, api: Api): HttpAnswer {
  refuseNamespace(request);
  const { rest, layout } = request;
  if (rest === '') throw new RpcError('Bad request: Missing serviceID');
  const entry = api.local.state.service(rest);
  if (entry === undefined) {
    const reason = `ServiceId ${rest} not found`;
    const nobody: ServiceHealth = { AggregatedStatus: 'critical', Service: null, Checks: null };
    const answer = wantsText(request) ? plainJson(reason, layout) : json(ServiceHealth, nobody, layout);
    return reasoned(answer, 404, reason);
  }
  const { health, shown } = healthOf(entry, api);
  const answer = wantsText(request) ? textAnswer(health) : json(ServiceHealth, shown, layout);
  return reasoned(answer, statusOf[health], health);
}

function byName(request: ApiRequest, api: Api): HttpAnswer {
  refuseNamespace(request);
  const { rest, layout } = request;
  if (rest === '') throw new RpcError('Bad request: Missing service Name');
  const all = api.local.state
    .services()
    .filter(({ service }) => service.Service === rest)
    .map((entry) => healthOf(entry, api));
  const worst = order[Math.max(...all.map(({ health }) => order.indexOf(health)))];
  const reason = worst ?? `ServiceName ${rest} Not Found`;
  const shown = all.map((one) => one.shown);
  const answer = wantsText(request) ? textAnswer(reason) : json(slice(ServiceHealth), shown, layout);
  return reasoned(answer, worst === undefined ? 404 : statusOf[worst], reason);
}

/** The checks of the service and those of the node count. */
function healthOf({ service }: LocalService, { local, config }: Api): { health: Health; shown: ServiceHealth } {
  const maintenance = new Set([nodeMaintenanceId, serviceMaintenanceId(service.ID)]);
  const checks = local.state.checksFor(service.ID).map(({ check }) => check);
  let worst = 0;
  for (const { CheckID, Status } of checks) {
    worst = Math.max(worst, order.indexOf(maintenance.has(CheckID) ? 'maintenance' : (Status as Health)));
  }
  const health = order[worst]!;
  const shown = {
    AggregatedStatus: health,
    Service: agentService(service, config.datacenter),
    Checks: checks.map(checkJson),
  };
  return { health, shown };
}

/** A check in the shape of Consul's API client, whose definition is empty and yet complete. */
const checkJson = ({ Node, CheckID, Name, Status, Notes, Output, ServiceID, ServiceName }: HealthCheck) => ({
  ...{ Node, CheckID, Name, Status, Notes, Output, ServiceID, ServiceName },
  ServiceTags: null,
  Type: '',
  Definition: {
    Interval: '0s',
    Timeout: '0s',
    DeregisterCriticalServiceAfter: '0s',
    HTTP: '',
    Header: null,
    Method: '',
    Body: '',
    TLSServerName: '',
    TLSSkipVerify: false,
    TCP: '',
  },
  CreateIndex: 0,
  ModifyIndex: 0,
});
