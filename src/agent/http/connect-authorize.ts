/** `/v1/agent/connect/authorize`: whether a client with a certificate may talk to a service. */

import { parseIdentity } from '../../structs/identity.ts';
import { type Intention, IntentionQueryMatch } from '../../structs/intention.ts';
import { make } from '../../structs/make.ts';
import { bool, jsonStruct, str, struct } from '../../structs/schema.ts';
import { BadRequest } from '../errors.ts';
import { authorizerOf, demand, tokenOf } from './acl-guard.ts';
import { type HttpAnswer, json } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { decodeBody } from './decode-body.ts';
import { refuseNamespace } from './query-options.ts';
import { cacheHeaders } from './read.ts';

export const connectAuthorizeRoutes: readonly Route[] = [
  { path: '/v1/agent/connect/authorize', methods: ['POST'], handler: authorize },
];

const AuthorizeRequest = jsonStruct(
  struct('ConnectAuthorizeRequest', { Target: str, ClientCertURI: str, ClientCertSerial: str }),
  { goType: 'structs.ConnectAuthorizeRequest' },
);
const Verdict = struct('Verdict', { Authorized: bool, Reason: str });

async function authorize(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  refuseNamespace(request);
  const { Target, ClientCertURI } = await decodeBody(
    request,
    AuthorizeRequest,
    {},
    'Bad request: Request decode failed',
  );
  if (Target === '') throw new BadRequest('Bad request: Target service must be specified');
  const source = serviceOf(ClientCertURI);
  demand(api, await authorizerOf(request, api), 'service', 'write', Target);
  const { datacenter, acl } = api.config;
  const Match = make(IntentionQueryMatch, {
    Type: 'destination',
    Entries: [{ Namespace: 'default', Name: Target }],
  });
  // In this order it is kept apart from what `intentions/match` keeps, as in Consul.
  const subject = { Match, Datacenter: datacenter, Token: tokenOf(request, api) };
  const { answer, hit, ageMs } = await api.cache.get('Intention.Match', subject, {});
  const found = answer.reply.Matches?.[0]?.find(({ SourceName }) => SourceName === source || SourceName === '*');
  const verdict = found === undefined ? byDefault(acl) : byIntention(found);
  const shown = json(Verdict, verdict, request.layout);
  return { ...shown, headers: [...shown.headers, ...cacheHeaders(hit, ageMs)] };
}

/** The service that a certificate is for. Throws BadRequest for one of something else. */
function serviceOf(uri: string): string {
  const identity = parseIdentity(uri);
  if (identity === null) throw new BadRequest('Bad request: ClientCertURI not a valid Connect identifier');
  if (identity.kind === 'service') return identity.service;
  throw new BadRequest('Bad request: ClientCertURI not a valid Service identifier');
}

interface Verdict {
  readonly Authorized: boolean;
  readonly Reason: string;
}

const byDefault = ({ enabled, defaultPolicy }: Api['config']['acl']): Verdict =>
  enabled
    ? { Authorized: defaultPolicy === 'allow', Reason: 'Default behavior configured by ACLs' }
    : { Authorized: true, Reason: 'ACLs disabled, access is allowed by default' };

/** Permissions by request cannot be judged from a connection alone: they do not let it through. */
function byIntention(found: Intention): Verdict {
  const layer = (found.Permissions ?? []).length > 0 ? 'L7' : 'L4';
  const ends = `${found.SourceNS}/${found.SourceName} => ${found.DestinationNS}/${found.DestinationName}`;
  const rule = layer === 'L7' ? 'Permissions: [...]' : `Action: ${found.Action.toUpperCase()}`;
  return {
    Authorized: layer === 'L4' && found.Action === 'allow',
    Reason: `Matched ${layer} intention: ${ends} (Precedence: ${found.Precedence}, ${rule})`,
  };
}
