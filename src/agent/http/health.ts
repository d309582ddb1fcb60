/** `/v1/health/`: checks, and the instances of services with them. */

import { parseBool } from '../../lib/go-number.ts';
import type { MaybePromise } from '../../lib/runtime.ts';
import {
  CheckServiceNode,
  HealthCheck,
  type IndexedCheckServiceNodes,
  type IndexedHealthChecks,
} from '../../structs/catalog.ts';
import { BadRequest } from '../errors.ts';
import { type HttpAnswer, plainText } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { discovery } from './catalog.ts';
import { checksShown, instancesShown } from './no-nil.ts';
import { nodeMetaFilters, querySource, readOptions, refuseNamespace, serviceQuestion } from './query-options.ts';
import { read, type Shown, shownBy } from './read.ts';
import { Rendered } from './rendered.ts';
import { listView } from './view.ts';

export const healthRoutes: readonly Route[] = [
  { path: '/v1/health/node/', methods: ['GET'], handler: node },
  { path: '/v1/health/checks/', methods: ['GET'], handler: checks },
  { path: '/v1/health/state/', methods: ['GET'], handler: state },
  { path: '/v1/health/service/', methods: ['GET'], handler: (request, api) => instances(request, api, 'service') },
  { path: '/v1/health/connect/', methods: ['GET'], handler: (request, api) => instances(request, api, 'connect') },
  { path: '/v1/health/ingress/', methods: ['GET'], handler: (request, api) => instances(request, api, 'ingress') },
];

const checksView = listView(HealthCheck, (reply: IndexedHealthChecks) => checksShown(reply.HealthChecks));

function node(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  refuseNamespace(request);
  const options = readOptions(request, api);
  if (request.rest === '') throw new BadRequest('Missing node name');
  const args = { ...options, Node: request.rest };
  return read(request, api, 'Health.NodeChecks', args, shownBy(request, checksView), discovery);
}

function checks(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  refuseNamespace(request);
  const options = readOptions(request, api);
  if (request.rest === '') throw new BadRequest('Missing service name');
  const args = {
    ...options,
    ServiceName: request.rest,
    Source: querySource(request, api),
    NodeMetaFilters: nodeMetaFilters(request),
  };
  return read(request, api, 'Health.ServiceChecks', args, shownBy(request, checksView), discovery);
}

function state(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  refuseNamespace(request);
  const options = readOptions(request, api);
  if (request.rest === '') throw new BadRequest('Missing check state');
  const args = {
    ...options,
    State: request.rest,
    Source: querySource(request, api),
    NodeMetaFilters: nodeMetaFilters(request),
  };
  return read(request, api, 'Health.ChecksInState', args, shownBy(request, checksView), discovery);
}

const instancesView = listView(CheckServiceNode, (reply: IndexedCheckServiceNodes) => instancesShown(reply.Nodes));
const passingView = listView(CheckServiceNode, (reply: IndexedCheckServiceNodes) =>
  instancesShown(reply.Nodes).filter(({ Checks }) => Checks!.every(({ Status }) => Status === 'passing')),
);

function instances(request: ApiRequest, api: Api, kind: 'service' | 'connect' | 'ingress'): MaybePromise<HttpAnswer> {
  refuseNamespace(request);
  const args = { ...serviceQuestion(request, api), Connect: kind === 'connect', Ingress: kind === 'ingress' };
  const passing = onlyPassing(request);
  // A wrong value is only noticed when there is something to filter.
  const show = passing === undefined ? () => refusedPassing : shownBy(request, passing ? passingView : instancesView);
  return read(request, api, 'Health.ServiceNodes', args, show, { tellsConsistency: true, streams: true });
}

const refusedPassing: Shown = {
  status: 400,
  headers: plainText,
  body: Rendered.text('Invalid value for ?passing'),
};

/** `?passing` alone means yes; undefined for what is neither yes nor no. */
function onlyPassing(request: ApiRequest): boolean | undefined {
  if (!request.query.has('passing')) return false;
  const value = request.query.get('passing');
  return value === '' ? true : parseBool(value);
}
