/** `/v1/operator/keyring`: the keys of the gossip pools. */

import { NumberError, parseBool, parseInteger } from '../../lib/go-number.ts';
import { type KeyringResponse, KeyringResponse as KeyringResponseSchema } from '../../structs/internal.ts';
import { decodeJson } from '../../structs/json-decode.ts';
import { slice, str, struct } from '../../structs/schema.ts';
import { BadRequest, RpcError } from '../errors.ts';
import { multiError } from '../gossip/consul-pool.ts';
import { tokenOf } from './acl-guard.ts';
import { empty, type HttpAnswer, json } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { refusing } from './decode-body.ts';

export const keyringRoutes: readonly Route[] = [
  { path: '/v1/operator/keyring', methods: ['GET', 'POST', 'PUT', 'DELETE'], handler: keyring },
];

const operations: Readonly<Record<string, string>> = { GET: 'list', POST: 'install', PUT: 'use', DELETE: 'remove' };
const KeyBody = struct('keyringArgs', { Key: str });
const maxRelayFactor = 5;

async function keyring(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  const Operation = operations[request.method] ?? 'list';
  const RelayFactor = relayFactor(request.query.get('relay-factor'));
  const LocalOnly = localOnly(request.query.get('local-only'));
  let Key = '';
  if (Operation !== 'list') {
    const body = await request.readBody();
    ({ Key } = refusing('Bad request: Request decode failed', () =>
      decodeJson(KeyBody, body, { unknownFields: 'ignore' }),
    ));
    if (LocalOnly) {
      throw new BadRequest('Bad request: Invalid use of local-only: local-only can only be set for list requests');
    }
  }
  if (!api.config.server) throw new RpcError('keyring operations must run against a server node');
  const args = {
    Operation,
    Key,
    RelayFactor,
    LocalOnly,
    Token: tokenOf(request, api),
    Datacenter: api.config.datacenter,
  };
  const { reply } = await api.rpc.call('Internal.KeyringOperation', args);
  const responses = reply.Responses ?? [];
  refuseFailures(responses);
  return Operation === 'list' ? json(slice(KeyringResponseSchema), responses, request.layout) : empty(200);
}

/** One line for each pool that complained, and one for each of its nodes. */
function refuseFailures(responses: readonly KeyringResponse[]): void {
  const reasons: string[] = [];
  for (const { Error: error, WAN, Datacenter, Messages } of responses) {
    if (error === '') continue;
    reasons.push(`${WAN ? 'WAN' : `${Datacenter} (LAN)`} error: ${error}`);
    for (const [node, message] of Object.entries(Messages ?? {})) reasons.push(`${node}: ${message}`);
  }
  if (reasons.length > 0) throw new RpcError(multiError(reasons));
}

function relayFactor(text: string): number {
  if (text === '') return 0;
  try {
    const factor = parseInteger(text);
    if (factor >= 0 && factor <= maxRelayFactor) return factor;
  } catch (error) {
    if (!(error instanceof NumberError)) throw error;
    throw new BadRequest(`Bad request: Error parsing relay factor: ${error.message}`);
  }
  throw new BadRequest(`Bad request: Invalid relay-factor: Relay factor must be in range: [0, ${maxRelayFactor}]`);
}

function localOnly(text: string): boolean {
  if (text === '') return false;
  const value = parseBool(text);
  if (value !== undefined) return value;
  throw new BadRequest(
    `Bad request: Error parsing local-only: strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`,
  );
}
