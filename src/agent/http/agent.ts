/** `/v1/agent/`: this node itself, its members, its log and figures, and the switches to move it. */
import { slice } from '../../structs/schema.ts';
import { BadRequest, errors } from '../errors.ts';
import type { Coordinate } from '../gossip/serf/core/coordinate.ts';
import { parseLogLevel } from '../telemetry/log-level.ts';
import { acceptsGzip } from './accept-encoding.ts';
import { authorizerOf } from './acl-guard.ts';
import { empty, type HttpAnswer, json, plainJson, text } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { hostInfo } from './host-info.ts';
import { MemberJson, memberJson } from './member-json.ts';
import { Rendered } from './rendered.ts';

export const agentRoutes: readonly Route[] = [
  { path: '/v1/agent/self', methods: ['GET'], handler: self },
  { path: '/v1/agent/host', methods: ['GET'], handler: host },
  { path: '/v1/agent/members', methods: ['GET'], handler: members },
  { path: '/v1/agent/metrics', methods: ['GET'], handler: metrics },
  { path: '/v1/agent/monitor', methods: ['GET'], handler: monitor },
  { path: '/v1/agent/reload', methods: ['PUT'], handler: reload },
  { path: '/v1/agent/join/', methods: ['PUT'], handler: join },
  { path: '/v1/agent/leave', methods: ['PUT'], handler: leave },
  { path: '/v1/agent/force-leave/', methods: ['PUT'], handler: forceLeave },
];

function self(request: ApiRequest, { agent, config }: Api): HttpAnswer {
  const [member] = agent.members();
  return plainJson(
    {
      Config: {
        Datacenter: config.datacenter,
        PrimaryDatacenter: config.primaryDatacenter,
        NodeName: config.nodeName,
        NodeID: agent.nodeId,
        Revision: agent.revision,
        Server: config.server,
        Version: agent.version,
      },
      DebugConfig: agent.debugConfig(),
      Coord: config.disableCoordinates ? null : coordinateJson(agent.coordinate()),
      Member: member === undefined ? null : memberJson(member),
      Stats: agent.stats(),
      Meta: { ...config.nodeMeta, 'consul-network-segment': '' },
    },
    request.layout,
  );
}

const coordinateJson = ({ Vec, Error: error, Adjustment, Height }: Coordinate) => ({
  Vec,
  Error: error,
  Adjustment,
  Height,
});

async function host(request: ApiRequest, { config, agent }: Api): Promise<HttpAnswer> {
  return plainJson(await hostInfo(config.dataDir, agent.wallMs()), request.layout);
}

async function members(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  const { agent, config } = api;
  const wan = request.query.get('wan') !== '';
  const segment = request.query.get('segment');
  if (wan && segment !== '' && segment !== '_all') {
    throw new BadRequest('Cannot provide a segment with wan=true');
  }
  if (segment !== '' && segment !== '_all') throw errors.segmentsUnsupported();
  const authorizer = await authorizerOf(request, api);
  const all = wan ? agent.wanMembers() : agent.members();
  const pool = all.filter(({ name }) => authorizer.allows('node', 'read', name));
  // A client is in no WAN pool at all.
  const shown = wan && !config.server ? null : pool.map(memberJson);
  return json(slice(MemberJson), shown, request.layout);
}

const prometheusType = 'text/plain; version=0.0.4; charset=utf-8';

function metrics(request: ApiRequest, { agent }: Api): HttpAnswer {
  const wantsPrometheus =
    request.query.get('format') === 'prometheus' ||
    request
      .header('accept')
      .split(',')
      .some((type) => type.trim().startsWith('application/openmetrics-text'));
  if (!wantsPrometheus) return plainJson(agent.metricsJson(), request.layout);
  const body = agent.prometheusText();
  if (body === null) return text(415, 'Prometheus is not enabled since its retention time is not positive');
  return { status: 200, headers: ['Content-Type', prometheusType], body: Rendered.text(body) };
}

function monitor(request: ApiRequest, { agent }: Api): HttpAnswer {
  const name = request.query.get('loglevel') || 'INFO';
  const level = parseLogLevel(name);
  if (level === null) throw new BadRequest(`Bad request: Unknown log level: ${name}`);
  const lines = agent.logLines(level, request.query.has('logjson'), request.signal);
  // Go sniffs a type only where it sees the first bytes before the header is out.
  const type = acceptsGzip(request.header('accept-encoding')) ? ['Content-Type', 'text/plain; charset=utf-8'] : [];
  return { status: 200, headers: type, body: encoded(lines) };
}

async function* encoded(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const line of lines) yield Buffer.from(line);
}

async function reload(_request: ApiRequest, { agent }: Api): Promise<HttpAnswer> {
  await agent.reload();
  return empty(200);
}

async function join(request: ApiRequest, { agent }: Api): Promise<HttpAnswer> {
  await agent.join(request.rest, request.query.get('wan') === '1');
  return empty(200);
}

async function leave(_request: ApiRequest, { agent }: Api): Promise<HttpAnswer> {
  await agent.leave();
  return empty(200);
}

async function forceLeave(request: ApiRequest, { agent }: Api): Promise<HttpAnswer> {
  agent.forceLeave(request.rest, request.query.has('prune'));
  return empty(200);
}
