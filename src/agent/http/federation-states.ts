/** `/v1/internal/federation-state(s)`: by which gateways the datacenters can be reached. */
import type { MaybePromise } from '../../lib/runtime.ts';
import { CheckServiceNode } from '../../structs/catalog.ts';
import {
  type DatacenterIndexedCheckServiceNodes,
  FederationState,
  FederationStateResponse,
  type IndexedFederationStates,
} from '../../structs/federation.ts';
import { map, slice } from '../../structs/schema.ts';
import { BadRequest } from '../errors.ts';
import { empty, type HttpAnswer } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { readOptions } from './query-options.ts';
import { read, shownBy } from './read.ts';
import { listView, valueView } from './view.ts';

export const federationStateRoutes: readonly Route[] = [
  { path: '/v1/internal/federation-states', methods: ['GET'], handler: states },
  { path: '/v1/internal/federation-states/mesh-gateways', methods: ['GET'], handler: gateways },
  { path: '/v1/internal/federation-state/', methods: ['GET'], handler: state },
];

const traits = { metaOnError: true } as const;

const statesView = listView(FederationState, (reply: IndexedFederationStates) => reply.States);
const gatewaysView = valueView(
  map(slice(CheckServiceNode)),
  (reply: DatacenterIndexedCheckServiceNodes) => reply.DatacenterNodes,
);
/** With the figures of the answer, which elsewhere are headers alone. */
const stateView = valueView(FederationStateResponse, (reply: FederationStateResponse) => reply);

function states(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  const args = readOptions(request, api);
  return read(request, api, 'FederationState.List', args, shownBy(request, statesView), traits);
}

function gateways(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  const args = readOptions(request, api);
  return read(request, api, 'FederationState.ListMeshGateways', args, shownBy(request, gatewaysView), traits);
}

async function state(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  if (request.rest === '') throw new BadRequest('Bad request: Missing datacenter name');
  const args = { ...readOptions(request, api), TargetDatacenter: request.rest };
  const show = shownBy(request, stateView);
  let isThere = true;
  const answer = await read(
    request,
    api,
    'FederationState.Get',
    args,
    (reply) => {
      isThere = reply.State !== null;
      return show(reply, false);
    },
    traits,
  );
  return isThere ? answer : empty(404);
}
