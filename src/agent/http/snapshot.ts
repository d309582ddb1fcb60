/** `/v1/snapshot`: the whole state out and in. */
import { errors } from '../errors.ts';
import { empty, type HttpAnswer, metaHeaders } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { readOptions } from './query-options.ts';

export const snapshotRoutes: readonly Route[] = [{ path: '/v1/snapshot', methods: ['GET', 'PUT'], handler: snapshot }];

async function snapshot(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  const { Datacenter } = readOptions(request, api);
  if (Datacenter !== api.config.datacenter) throw errors.noPathToDatacenter();
  if (request.method === 'PUT') {
    await api.agent.restoreSnapshot(request.raw, request.signal);
    return empty(200);
  }
  const { meta, archive } = await api.agent.saveSnapshot(request.signal);
  const headers = metaHeaders({
    Index: meta.index,
    KnownLeader: true,
    LastContact: 0,
    Backend: 0,
    ConsistencyLevel: '',
    NotModified: false,
  });
  return { status: 200, headers: [...headers, 'Content-Type', 'application/x-gzip'], body: archive };
}
