/** Query strings and the options that reads take from them. */

import { BadRequest } from '../../../src/agent/errors.ts';
import type { Api } from '../../../src/agent/http/api.ts';
import { ApiRequest } from '../../../src/agent/http/api-request.ts';
import { nodeMetaFilters, querySource, readOptions, refuseNamespace } from '../../../src/agent/http/query-options.ts';
import { QueryString } from '../../../src/agent/http/query-string.ts';
import { WaitingRequests } from '../../../src/agent/http/waiting-requests.ts';
import { queryCorpus, queryWords } from '../corpus.ts';
import { holds, type Target, unlessRefused } from '../target.ts';

/** What the parameters' readers look at. */
const api = {
  config: { datacenter: 'dc1', nodeName: 'n1', http: { useCache: true }, discoveryMaxStaleMs: 10 },
  tokens: { user: '' },
} as unknown as Api;

export function queryTarget(): Target {
  return {
    corpus: queryCorpus.map((text) => Buffer.from(text)),
    words: queryWords,
    run(input) {
      const raw = Buffer.from(input).toString('latin1');
      const query = QueryString.parse(raw);
      if (query === null) return;
      const again = QueryString.parse(query.encode());
      holds(again !== null && again.encode() === query.encode(), 'an encoded query reads back as itself');
      const request = requestWith(query);
      unlessRefused(() => readOptions(request, api), BadRequest);
      unlessRefused(() => refuseNamespace(request), BadRequest);
      nodeMetaFilters(request);
      querySource(request, api);
    },
  };
}

function requestWith(query: QueryString): ApiRequest {
  const raw = { method: 'GET', headers: { 'cache-control': query.get('cache-control') } };
  const target = { path: '/v1/catalog/nodes', query: '' };
  return new ApiRequest(raw as never, {} as never, target, query, '/v1/catalog/', false, new WaitingRequests(() => 0));
}
