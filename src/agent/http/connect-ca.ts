/** `/v1/connect/ca` and `/v1/agent/connect/ca`: the roots of the mesh, the authority's configuration, certificates of services. */
import type { MaybePromise } from '../../lib/runtime.ts';
import { CAConfiguration, IndexedCARoots, IssuedCert } from '../../structs/connect.ts';
import { type Infer, struct } from '../../structs/schema.ts';
import { BadRequest, RpcError } from '../errors.ts';
import { empty, type HttpAnswer, json } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { decodeBody } from './decode-body.ts';
import { readOptions, writeOptions } from './query-options.ts';
import { cacheHeaders, read, shownBy } from './read.ts';
import { Rendered } from './rendered.ts';
import { valueView } from './view.ts';

export const connectCaRoutes: readonly Route[] = [
  { path: '/v1/connect/ca/roots', methods: ['GET'], handler: roots },
  {
    path: '/v1/connect/ca/configuration',
    methods: ['GET', 'PUT'],
    handler: (request, api) => (request.method === 'GET' ? configuration : configure)(request, api),
  },
  { path: '/v1/agent/connect/ca/roots', methods: ['GET'], handler: agentRoots },
  { path: '/v1/agent/connect/ca/leaf/', methods: ['GET'], handler: leaf },
];

const { ActiveRootID, TrustDomain, Roots } = IndexedCARoots.type.fields;
const ShownRoots = struct('CARoots', { ActiveRootID, TrustDomain, Roots });
const rootsView = valueView<IndexedCARoots, Infer<typeof ShownRoots>>(ShownRoots, (reply) => reply);

/** Whether there is a leader is not told here, as in Consul. */
const traits = { metaOnError: true, hidesLeader: true } as const;

const truths = ['1', 't', 'T', 'true', 'TRUE', 'True'];
const untruths = ['0', 'f', 'F', 'false', 'FALSE', 'False', ''];

function wantsPem({ query }: ApiRequest): boolean {
  const asked = query.get('pem');
  if (truths.includes(asked)) return true;
  if (untruths.includes(asked)) return false;
  throw new BadRequest("Bad request: The 'pem' query parameter must be a boolean value");
}

function roots(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  const options = readOptions(request, api);
  if (!wantsPem(request)) return read(request, api, 'ConnectCA.Roots', options, shownBy(request, rootsView), traits);
  const answer = api.rpc.call('ConnectCA.Roots', options);
  return answer instanceof Promise ? answer.then(({ reply }) => bundle(reply)) : bundle(answer.reply);
}

/** All that is trusted, as one PEM text. */
const bundle = ({ Roots: all }: IndexedCARoots): HttpAnswer => ({
  status: 200,
  headers: ['Content-Type', 'application/pem-certificate-chain'],
  body: Rendered.text(
    (all ?? []).flatMap(({ RootCert, IntermediateCerts }) => [RootCert, ...(IntermediateCerts ?? [])]).join(''),
  ),
});

async function configuration(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  const { reply } = await api.rpc.call('ConnectCA.ConfigurationGet', readOptions(request, api));
  return json(CAConfiguration, reply, request.layout);
}

async function configure(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  const options = writeOptions(request, api);
  const Config = await decodeBody(request, CAConfiguration, {}, 'Bad request: Request decode failed');
  try {
    await api.rpc.call('ConnectCA.ConfigurationSet', { ...options, Config });
  } catch (error) {
    if (error instanceof RpcError && error.message.includes('State is read-only')) {
      throw new BadRequest(`Bad request: ${error.message}`);
    }
    throw error;
  }
  return empty(200);
}

/** Kept by the agent, which follows them. */
function agentRoots(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  const options = { ...readOptions(request, api), UseCache: true };
  return read(request, api, 'ConnectCA.Roots', options, shownBy(request, rootsView), { hidesLeader: true });
}

async function leaf(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  const { Datacenter, Token, MinQueryIndex = 0, MaxQueryTime = 0, UseCache } = readOptions(request, api);
  const subject = { service: request.rest, datacenter: Datacenter, token: Token };
  const wait = { minIndex: MinQueryIndex, waitMs: MaxQueryTime / 1e6, signal: request.signal };
  const { cert, wasThere } = await api.leaves.get(subject, wait);
  const shown = json(IssuedCert, cert, request.layout);
  const index = ['X-Consul-Index', String(cert.ModifyIndex)];
  return { ...shown, headers: [...shown.headers, ...index, ...cacheHeaders(UseCache === true && wasThere, 0)] };
}
