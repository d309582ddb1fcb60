/** `/v1/internal/acl/explain` (ours): what a token may do, and why. Everybody may ask about the token they ask with. */
import { ACLAuthorizationRequest, type ACLPolicy, type ACLRole, type ACLToken } from '../../structs/acl.ts';
import { decodeJson } from '../../structs/json-decode.ts';
import { slice, str, struct } from '../../structs/schema.ts';
import { demandAskable } from '../acl/authorize.ts';
import type { Access, Resource } from '../acl/authorizer.ts';
import { Explanation, explain } from '../acl/explain.ts';
import { authorizerOf as authorizerOfToken, type Links, sourcesOf } from '../acl/grants.ts';
import { errors } from '../errors.ts';
import { bad, demandAcls } from './acl.ts';
import { authorizerOf } from './acl-guard.ts';
import { type HttpAnswer, json } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { refusing } from './decode-body.ts';
import { writeOptions } from './query-options.ts';

export const aclExplainRoutes: readonly Route[] = [
  { path: '/v1/internal/acl/explain', methods: ['POST'], handler: explainAll },
];

const Explained = struct('Explained', { AccessorID: str, Description: str, Decisions: slice(Explanation) });
const maxQuestions = 64;

/** `?accessor=` asks about another token, for those who may read tokens. */
async function explainAll(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  demandAcls(api);
  const body = await request.readBody();
  const asked =
    refusing('Bad request: Failed to decode request body', () =>
      decodeJson(slice(ACLAuthorizationRequest), body, { unknownFields: 'ignore' }),
    ) ?? [];
  if (asked.length > maxQuestions) throw bad(`Refusing to explain more than ${maxQuestions} decisions at once`);
  for (const one of asked) demandAskable(one);
  const accessor = request.query.get('accessor');
  const token = await tokenOf(request, api, accessor);
  const { datacenter, acl } = api.config;
  const links = token === null ? nothing : await linksOf(token, request, api);
  const authorizer =
    accessor === '' || token === null
      ? await authorizerOf(request, api)
      : authorizerOfToken(token, links, { datacenter, fallback: acl.defaultPolicy });
  const sources = token === null ? [] : sourcesOf(token, links, datacenter);
  const Decisions = asked.map(({ Resource, Access, Segment }) =>
    explain(authorizer, sources, Resource as Resource, Access as Access, Segment),
  );
  const { AccessorID, Description } = token ?? { AccessorID: '', Description: '' };
  return json(Explained, { AccessorID, Description, Decisions }, request.layout);
}

/** Null for tokens that are in no table, as the agent's master token. */
async function tokenOf(request: ApiRequest, api: Api, accessor: string): Promise<ACLToken | null> {
  const options = writeOptions(request, api);
  if (accessor !== '') {
    const question = { ...options, TokenID: accessor, TokenIDType: 'accessor' };
    const { Token } = (await api.rpc.call('ACL.TokenRead', question)).reply;
    if (Token === null) throw errors.aclNotFound();
    return Token;
  }
  const question = { ...options, TokenID: options.Token || 'anonymous', TokenIDType: 'secret' };
  return (await api.rpc.call('ACL.TokenRead', question)).reply.Token;
}

const nothing: Links = { policy: () => undefined, role: () => undefined };

async function linksOf(token: ACLToken, request: ApiRequest, api: Api): Promise<Links> {
  const options = { ...writeOptions(request, api), AllowStale: true };
  const RoleIDs = (token.Roles ?? []).map(({ ID }) => ID);
  const roles: ACLRole[] =
    RoleIDs.length === 0 ? [] : ((await api.rpc.call('ACL.RoleResolve', { ...options, RoleIDs })).reply.Roles ?? []);
  const PolicyIDs = [...new Set([token, ...roles].flatMap(({ Policies }) => (Policies ?? []).map(({ ID }) => ID)))];
  const policies: ACLPolicy[] =
    PolicyIDs.length === 0
      ? []
      : ((await api.rpc.call('ACL.PolicyResolve', { ...options, PolicyIDs })).reply.Policies ?? []);
  return {
    policy: (id) => policies.find(({ ID }) => ID === id),
    role: (id) => roles.find(({ ID }) => ID === id),
  };
}
