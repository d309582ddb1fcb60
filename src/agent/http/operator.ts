/** `/v1/operator/raft/`: the servers that hold the log, and who of them leads. */
import { RaftConfigurationResponse } from '../../structs/operator.ts';
import { bool, struct } from '../../structs/schema.ts';
import { BadRequest } from '../errors.ts';
import { empty, type HttpAnswer, json } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { readOptions, writeOptions } from './query-options.ts';

export const operatorRoutes: readonly Route[] = [
  { path: '/v1/operator/raft/configuration', methods: ['GET'], handler: configuration },
  { path: '/v1/operator/raft/peer', methods: ['DELETE'], handler: removePeer },
  { path: '/v1/operator/raft/transfer-leader', methods: ['POST'], handler: transferLeader },
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

const Transferred = struct('TransferLeaderResponse', { Success: bool });

/** As later versions of Consul have it. */
async function transferLeader(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  await api.rpc.call('Operator.RaftTransferLeader', { ...writeOptions(request, api), ID: request.query.get('id') });
  return json(Transferred, { Success: true }, request.layout);
}
