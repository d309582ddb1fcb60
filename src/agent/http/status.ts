/** `/v1/status/`: leader and peers of the Raft cluster. */
import { slice, str } from '../../structs/schema.ts';
import { type HttpAnswer, json } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { writeOptions } from './query-options.ts';

export const statusRoutes: readonly Route[] = [
  { path: '/v1/status/leader', methods: ['GET'], handler: leader },
  { path: '/v1/status/peers', methods: ['GET'], handler: peers },
];

async function leader(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  const { reply } = await api.rpc.call('Status.Leader', writeOptions(request, api));
  return json(str, reply, request.layout);
}

async function peers(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  const { reply } = await api.rpc.call('Status.Peers', writeOptions(request, api));
  return json(slice(str), reply, request.layout);
}
