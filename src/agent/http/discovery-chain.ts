/** `/v1/discovery-chain/`: how requests to a service are routed, split and resolved. */
import type { MaybePromise } from '../../lib/runtime.ts';
import { MeshGatewayConfig } from '../../structs/catalog.ts';
import { CompiledDiscoveryChain, type DiscoveryChainResponse } from '../../structs/discovery-chain.ts';
import { decodeMap, MapDecodeError } from '../../structs/map-decode.ts';
import { dur, type Infer, ptr, str, struct } from '../../structs/schema.ts';
import { BadRequest } from '../errors.ts';
import type { HttpAnswer } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { untypedBody } from './config.ts';
import { type ReadOptions, readOptions, refuseNamespace } from './query-options.ts';
import { read, shownBy } from './read.ts';
import { valueView } from './view.ts';

export const discoveryChainRoutes: readonly Route[] = [
  { path: '/v1/discovery-chain/', methods: ['GET', 'POST'], handler: chain },
];

/** Body of a POST. */
const Overrides = struct('Overrides', {
  OverrideMeshGateway: MeshGatewayConfig,
  OverrideProtocol: str,
  OverrideConnectTimeout: dur,
});

const chainView = valueView(
  struct('Chain', { Chain: ptr(CompiledDiscoveryChain) }),
  (reply: DiscoveryChainResponse) => ({
    Chain: reply.Chain,
  }),
);

const traits = { tellsConsistency: true, metaOnError: true, caches: true } as const;

function chain(request: ApiRequest, api: Api): MaybePromise<HttpAnswer> {
  refuseNamespace(request);
  const options = readOptions(request, api);
  if (request.rest === '') throw new BadRequest('Bad request: Missing chain name');
  const args = { ...options, Name: request.rest, EvaluateInDatacenter: request.query.get('compile-dc') };
  if (request.method === 'GET') return show(request, api, args);
  return overrides(request).then((given) => show(request, api, { ...args, ...given }));
}

interface ChainArgs extends ReadOptions {
  readonly Name: string;
}

const show = (request: ApiRequest, api: Api, args: ChainArgs): MaybePromise<HttpAnswer> =>
  read(request, api, 'DiscoveryChain.Get', args, shownBy(request, chainView), traits);

const modes = ['', 'none', 'local', 'remote'];

async function overrides(request: ApiRequest): Promise<Infer<typeof Overrides>> {
  const document = await untypedBody(request);
  try {
    const { value } = decodeMap(Overrides, document);
    if (!modes.includes(value.OverrideMeshGateway.Mode)) {
      throw new BadRequest('Invalid OverrideMeshGateway.Mode parameter');
    }
    return value;
  } catch (error) {
    if (error instanceof MapDecodeError) throw new BadRequest(`Bad request: Request decoding failed: ${error.message}`);
    throw error;
  }
}
