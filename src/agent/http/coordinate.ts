/** `/v1/coordinate/`: where nodes and datacenters are in the network. */
import type { MaybePromise } from '../../lib/runtime.ts';
import {
  Coordinate,
  CoordinateUpdateRequest,
  DatacenterMap,
  type IndexedCoordinates,
} from '../../structs/coordinate.ts';
import { slice } from '../../structs/schema.ts';
import { BadRequest } from '../errors.ts';
import { empty, type HttpAnswer, json } from './answer.ts';
import type { Api, Handler, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { decodeBody } from './decode-body.ts';
import { readOptions, writeOptions } from './query-options.ts';
import { read, type Shown, shownBy } from './read.ts';
import { listView } from './view.ts';

/** With coordinates switched off there is nothing to ask for. */
const enabled =
  (handler: Handler): Handler =>
  (request, api) => {
    if (api.config.disableCoordinates) throw new BadRequest('Coordinate support disabled', 401);
    return handler(request, api);
  };

export const coordinateRoutes: readonly Route[] = [
  { path: '/v1/coordinate/datacenters', methods: ['GET'], handler: enabled(datacenters) },
  { path: '/v1/coordinate/nodes', methods: ['GET'], handler: enabled(nodes) },
  { path: '/v1/coordinate/node/', methods: ['GET'], handler: enabled(node) },
  { path: '/v1/coordinate/update', methods: ['PUT'], handler: enabled(update) },
];

const metaOnError = { metaOnError: true } as const;

async function datacenters(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  const { reply } = await api.rpc.call('Coordinate.ListDatacenters', {});
  return json(slice(DatacenterMap), reply ?? [], request.layout);
}

const view = listView(Coordinate, (reply: IndexedCoordinates) => reply.Coordinates);

/** Only what belongs to the segment that was asked for, if one was. */
function ofSegment(request: ApiRequest, reply: IndexedCoordinates): IndexedCoordinates {
  if (!request.query.has('segment')) return reply;
  const segment = request.query.get('segment');
  return { ...reply, Coordinates: (reply.Coordinates ?? []).filter((one) => one.Segment === segment) };
}

function nodes(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  const show = shownBy(request, view);
  const shown = (reply: IndexedCoordinates, shared: boolean): Shown => {
    const part = ofSegment(request, reply);
    return show(part, shared && part === reply);
  };
  return read(request, api, 'Coordinate.ListNodes', readOptions(request, api), shown, metaOnError);
}

async function node(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  const args = { ...readOptions(request, api), Node: request.rest };
  const show = shownBy(request, view);
  let found = false;
  const shown = (reply: IndexedCoordinates): Shown => {
    const part = ofSegment(request, reply);
    found = (part.Coordinates ?? []).length > 0;
    return show(part, false);
  };
  const answer = await read(request, api, 'Coordinate.Node', args, shown);
  // Nothing at all is told of a node without coordinates.
  return found ? answer : empty(404);
}

async function update(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  const args = await decodeBody(request, CoordinateUpdateRequest);
  await api.rpc.call('Coordinate.Update', { ...args, ...writeOptions(request, api) });
  return empty(200);
}
