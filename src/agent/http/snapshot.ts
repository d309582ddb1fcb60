/** `/v1/snapshot`: the whole state out and in. */
import { empty, type HttpAnswer, metaHeaders } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { readOptions } from './query-options.ts';
import { discardRest, uploadOf } from './upload.ts';

export const snapshotRoutes: readonly Route[] = [{ path: '/v1/snapshot', methods: ['GET', 'PUT'], handler: snapshot }];

async function snapshot(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  const { Datacenter, Token, AllowStale = false } = readOptions(request, api);
  const question = { Datacenter, Token, AllowStale };
  if (request.method === 'PUT') {
    try {
      await api.agent.snapshots.restore(question, uploadOf(request.raw), request.signal);
    } finally {
      await discardRest(request.raw);
    }
    return empty(200);
  }
  const { meta, archive } = await api.agent.snapshots.save(question, request.signal);
  return { status: 200, headers: [...metaHeaders(meta), 'Content-Type', 'application/x-gzip'], body: archive };
}
