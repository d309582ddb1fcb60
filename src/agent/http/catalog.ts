/** `/v1/catalog/`: nodes and services as they are registered. */
import type { MaybePromise } from '../../lib/runtime.ts';
import {
  DeregisterRequest,
  GatewayService,
  type IndexedGatewayServices,
  type IndexedNodeServiceList,
  type IndexedNodeServices,
  type IndexedNodes,
  type IndexedServiceNodes,
  type IndexedServices,
  Node,
  NodeServiceList,
  NodeServices,
  RegisterRequest,
  ServiceNode,
} from '../../structs/catalog.ts';
import { map, ptr, slice, str } from '../../structs/schema.ts';
import { BadRequest } from '../errors.ts';
import { type HttpAnswer, json, yesNo } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { decodeBody } from './decode-body.ts';
import { nodeServiceListShown, nodeServicesShown, serviceNodesShown } from './no-nil.ts';
import { nodeMetaFilters, querySource, readOptions, refuseNamespace, serviceQuestion } from './query-options.ts';
import { cacheHeaders, read, shownBy } from './read.ts';
import { listView, valueView } from './view.ts';

export const catalogRoutes: readonly Route[] = [
  { path: '/v1/catalog/register', methods: ['PUT'], handler: register },
  { path: '/v1/catalog/deregister', methods: ['PUT'], handler: deregister },
  { path: '/v1/catalog/datacenters', methods: ['GET'], handler: datacenters },
  { path: '/v1/catalog/nodes', methods: ['GET'], handler: nodes },
  { path: '/v1/catalog/services', methods: ['GET'], handler: services },
  { path: '/v1/catalog/service/', methods: ['GET'], handler: (request, api) => serviceNodes(request, api, false) },
  { path: '/v1/catalog/connect/', methods: ['GET'], handler: (request, api) => serviceNodes(request, api, true) },
  { path: '/v1/catalog/node/', methods: ['GET'], handler: nodeServices },
  { path: '/v1/catalog/gateway-services/', methods: ['GET'], handler: gatewayServices },
  { path: '/v1/catalog/node-services/', methods: ['GET'], handler: nodeServiceList },
];

/** What all reads of catalog and health have in common. */
export const discovery = { tellsConsistency: true, metaOnError: true } as const;

async function register(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  refuseNamespace(request);
  const args = await decodeBody(request, RegisterRequest);
  // The body names the datacenter here, a parameter is not heard.
  if (args.Datacenter === '') args.Datacenter = api.config.datacenter;
  args.Token = request.token || args.Token || api.tokens.user;
  await api.rpc.call('Catalog.Register', args);
  return yesNo(true, request.layout);
}

async function deregister(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  refuseNamespace(request);
  const args = await decodeBody(request, DeregisterRequest, { unknownFields: 'ignore' });
  if (args.Datacenter === '') args.Datacenter = api.config.datacenter;
  args.Token = request.token || args.Token || api.tokens.user;
  await api.rpc.call('Catalog.Deregister', args);
  return yesNo(true, request.layout);
}

async function datacenters(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  const options = readOptions(request, api);
  const { Token } = options;
  if (options.UseCache === true) {
    const { answer, hit, ageMs } = await api.cache.get('Catalog.ListDatacenters', { Token }, options);
    const shown = json(slice(str), answer.reply ?? [], request.layout);
    return { ...shown, headers: [...shown.headers, ...cacheHeaders(hit, ageMs)] };
  }
  const { reply } = await api.rpc.call('Catalog.ListDatacenters', { Token });
  return json(slice(str), reply ?? [], request.layout);
}

const nodesView = listView(Node, (reply: IndexedNodes) => reply.Nodes);

function nodes(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  const args = {
    ...readOptions(request, api),
    Source: querySource(request, api),
    NodeMetaFilters: nodeMetaFilters(request),
  };
  return read(request, api, 'Catalog.ListNodes', args, shownBy(request, nodesView), discovery);
}

const servicesView = valueView(map(slice(str)), (reply: IndexedServices) => reply.Services ?? {});

function services(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  refuseNamespace(request);
  const args = { ...readOptions(request, api), NodeMetaFilters: nodeMetaFilters(request) };
  return read(request, api, 'Catalog.ListServices', args, shownBy(request, servicesView), discovery);
}

const serviceNodesView = listView(ServiceNode, (reply: IndexedServiceNodes) => serviceNodesShown(reply.ServiceNodes));

function serviceNodes(request: ApiRequest, api: Api, connect: boolean): MaybePromise<HttpAnswer> {
  refuseNamespace(request);
  const args = { ...serviceQuestion(request, api), Connect: connect };
  return read(request, api, 'Catalog.ServiceNodes', args, shownBy(request, serviceNodesView), discovery);
}

const nodeServicesView = valueView(ptr(NodeServices), (reply: IndexedNodeServices) =>
  nodeServicesShown(reply.NodeServices),
);

function nodeServices(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  refuseNamespace(request);
  const options = readOptions(request, api);
  if (request.rest === '') throw new BadRequest('Missing node name');
  const args = { ...options, Node: request.rest };
  return read(request, api, 'Catalog.NodeServices', args, shownBy(request, nodeServicesView), discovery);
}

const nodeServiceListView = valueView(NodeServiceList, (reply: IndexedNodeServiceList) =>
  nodeServiceListShown(reply.NodeServices),
);

function nodeServiceList(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  refuseNamespace(request);
  const options = readOptions(request, api);
  if (request.rest === '') throw new BadRequest('Missing node name');
  const args = { ...options, Node: request.rest };
  return read(request, api, 'Catalog.NodeServiceList', args, shownBy(request, nodeServiceListView), discovery);
}

const gatewayServicesView = listView(GatewayService, (reply: IndexedGatewayServices) => reply.Services, null);

function gatewayServices(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  refuseNamespace(request);
  const options = readOptions(request, api);
  if (request.rest === '') throw new BadRequest('Missing gateway name');
  const args = { ...options, ServiceName: request.rest };
  return read(request, api, 'Catalog.GatewayServices', args, shownBy(request, gatewayServicesView), discovery);
}
