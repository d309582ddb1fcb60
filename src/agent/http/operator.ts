/** `/v1/operator/raft/`: the servers that hold the log. */
import { RaftConfigurationResponse } from '../../structs/operator.ts';
import { BadRequest } from '../errors.ts';
import { empty, type HttpAnswer, json } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { readOptions, writeOptions } from './query-options.ts';

export const operatorRoutes: readonly Route[] = [
  { path: '/v1/operator/raft/configuration', methods: ['GET'], handler: configuration },
  { path: '/v1/operator/raft/peer', methods: ['DELETE'], handler: removePeer },
];

async function configuration(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  const { reply } = await api.rpc.call('Operator.RaftGetConfiguration', readOptions(request, api));
  return json(RaftConfigurationResponse, reply, request.layout);
}

async function removePeer(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  const { query } = request;
  const args = writeOptions(request, api);
  const byId = query.has('id');
  const byAddress = query.has('address');
  if (!byId && !byAddress) {
    throw new BadRequest(
      "Bad request: Must specify either ?id with the server's ID or ?address with IP:port of peer to remove",
    );
  }
  if (byId && byAddress) throw new BadRequest('Bad request: Must specify only one of ?id or ?address');
  if (byId) await api.rpc.call('Operator.RaftRemovePeerByID', { ...args, ID: query.get('id') });
  else await api.rpc.call('Operator.RaftRemovePeerByAddress', { ...args, Address: query.get('address') });
  return empty(200);
}
