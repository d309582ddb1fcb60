/** `/v1/internal/ui/`: what dashboards read. */
import type { MaybePromise } from '../../lib/runtime.ts';
import type { CheckServiceNode, GatewayService } from '../../structs/catalog.ts';
import { type IndexedIntentions, Intention } from '../../structs/intention.ts';
import type { Infer } from '../../structs/schema.ts';
import {
  type IndexedNodeDump,
  type IndexedNodesWithGateways,
  type IndexedServiceDump,
  type IndexedServiceTopology,
  NodeInfo,
} from '../../structs/ui.ts';
import { BadRequest } from '../errors.ts';
import type { HttpAnswer } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { metricsProxy } from './metrics-proxy.ts';
import { readOptions, refuseNamespace } from './query-options.ts';
import { read, shownBy } from './read.ts';
import {
  ListedService,
  type Neighbour,
  type ServiceSummary,
  ServiceSummary as Summary,
  summarize,
  Topology,
} from './service-summary.ts';
import { listView, valueView } from './view.ts';

const base = '/v1/internal/ui';

export const internalUiRoutes: readonly Route[] = [
  { path: `${base}/nodes`, methods: ['GET'], handler: nodes },
  { path: `${base}/node/`, methods: ['GET'], handler: node },
  { path: `${base}/services`, methods: ['GET'], handler: services },
  { path: `${base}/gateway-services-nodes/`, methods: ['GET'], handler: gatewayServices },
  { path: `${base}/gateway-intentions/`, methods: ['GET'], handler: gatewayIntentions },
  { path: `${base}/service-topology/`, methods: ['GET'], handler: topology },
  { path: `${base}/metrics-proxy/`, methods: ['GET'], handler: metricsProxy },
];

const traits = { metaOnError: true } as const;

const infoShown = (info: NodeInfo): NodeInfo => ({
  ...info,
  Services: info.Services ?? [],
  Checks: info.Checks ?? [],
});
const nodesView = listView(NodeInfo, (reply: IndexedNodeDump) => (reply.Dump ?? []).map(infoShown));

function nodes(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  refuseNamespace(request);
  return read(request, api, 'Internal.NodeDump', readOptions(request, api), shownBy(request, nodesView), traits);
}

const nodeView = valueView(NodeInfo, (reply: IndexedNodeDump) => infoShown(reply.Dump![0]!));

function node(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  refuseNamespace(request);
  const options = readOptions(request, api);
  const Node = named(request, 'node');
  const show = shownBy(request, nodeView);
  const shown = read(
    request,
    api,
    'Internal.NodeInfo',
    { ...options, Node },
    (reply, shared) =>
      reply.Dump === null || reply.Dump.length === 0 ? { status: 404, headers: [], body: null } : show(reply, shared),
    traits,
  );
  // What is not there has no index.
  const bare = (answer: HttpAnswer): HttpAnswer => (answer.status === 404 ? { ...answer, headers: [] } : answer);
  return shown instanceof Promise ? shown.then(bare) : bare(shown);
}

function named(request: ApiRequest, what: string): string {
  if (request.rest === '') throw new BadRequest(`Missing ${what} name`);
  return request.rest;
}

function services(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  refuseNamespace(request);
  const options = readOptions(request, api);
  const view = listView(ListedService, (reply: IndexedNodesWithGateways) => {
    const gateways = reply.Gateways ?? [];
    const behind = new Set(gateways.map(({ Service }) => Service.Name));
    const found = summarize(reply.Nodes ?? [], gateways, options.Datacenter);
    return found.services.map((one) => ({
      ...one,
      ConnectedWithProxy: found.proxied.has(one.Name),
      ConnectedWithGateway: behind.has(one.Name),
    }));
  });
  const show = shownBy(request, view);
  return read(request, api, 'Internal.ServiceDump', options, (reply) => show(reply, false), traits);
}

function gatewayServices(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  refuseNamespace(request);
  const options = readOptions(request, api);
  const args = { ...options, ServiceName: named(request, 'gateway') };
  const addresses = ({ GatewayKind, Service, Hosts, Port }: GatewayService): string[] => {
    if (GatewayKind !== 'ingress-gateway') return [];
    const hosts = Hosts === null || Hosts.length === 0 ? [ingressHost(api, Service.Name, options.Datacenter)] : Hosts;
    return hosts.map((host) => `${host}:${Port}`);
  };
  const view = listView(
    Summary,
    (reply: IndexedServiceDump) => summarize(reply.Dump ?? [], [], options.Datacenter, addresses).services,
  );
  const show = shownBy(request, view);
  return read(request, api, 'Internal.GatewayServiceDump', args, (reply) => show(reply, false), traits);
}

const ingressHost = ({ config }: Api, service: string, datacenter: string): string =>
  `${service}.ingress.${datacenter}.${config.domain.replace(/^\.|\.$/g, '')}`;

const intentionsView = listView(Intention, (reply: IndexedIntentions) => reply.Intentions);

function gatewayIntentions(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  refuseNamespace(request);
  const options = readOptions(request, api);
  const Entries = [{ Namespace: 'default', Name: named(request, 'gateway') }];
  const args = { ...options, Match: { Type: 'destination', Entries } };
  return read(request, api, 'Internal.GatewayIntentions', args, shownBy(request, intentionsView), traits);
}

const kinds = ['', 'ingress-gateway'];

function topology(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  refuseNamespace(request);
  const options = readOptions(request, api);
  const ServiceName = named(request, 'service');
  if (!request.query.has('kind')) throw new BadRequest('Missing service kind');
  const ServiceKind = request.query.get('kind');
  if (!kinds.includes(ServiceKind)) throw new BadRequest(`Unsupported service kind ${JSON.stringify(ServiceKind)}`);
  const view = valueView(Topology, (reply: IndexedServiceTopology) => shownTopology(reply, options.Datacenter));
  const show = shownBy(request, view);
  const args = { ...options, ServiceName, ServiceKind };
  return read(request, api, 'Internal.ServiceTopology', args, (reply) => show(reply, false), traits);
}

function shownTopology(reply: IndexedServiceTopology, datacenter: string): Infer<typeof Topology> {
  const found = reply.ServiceTopology!;
  const neighbours = (
    dump: CheckServiceNode[] | null,
    sources: Record<string, string> | null,
    decisions: typeof found.UpstreamDecisions,
  ): Infer<typeof Neighbour>[] =>
    summarize(dump ?? [], [], datacenter)
      // Proxies only count for what they stand before.
      .services.filter(({ Name }) => sources?.[Name] !== undefined)
      .map((one: ServiceSummary) => ({ ...one, Source: sources![one.Name]!, Intention: decisions![one.Name]! }));
  return {
    Protocol: found.MetricsProtocol,
    TransparentProxy: found.TransparentProxy,
    Upstreams: neighbours(found.Upstreams, found.UpstreamSources, found.UpstreamDecisions),
    Downstreams: neighbours(found.Downstreams, found.DownstreamSources, found.DownstreamDecisions),
    FilteredByACLs: reply.FilteredByACLs,
  };
}
