/** `/v1/agent/token/`: the tokens that the agent itself uses. */
import { str, struct } from '../../structs/schema.ts';
import type { AgentTokenKind } from '../acl/agent-tokens.ts';
import { BadRequest, errors } from '../errors.ts';
import { empty, type HttpAnswer, text } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { decodeBody } from './decode-body.ts';

export const agentTokenRoutes: readonly Route[] = [{ path: '/v1/agent/token/', methods: ['PUT'], handler: setToken }];

/** The names before 1.4 are still taken. */
const kinds: Readonly<Record<string, AgentTokenKind>> = {
  default: 'default',
  acl_token: 'default',
  agent: 'agent',
  acl_agent_token: 'agent',
  agent_master: 'agentMaster',
  acl_agent_master_token: 'agentMaster',
  replication: 'replication',
  acl_replication_token: 'replication',
};

const AgentToken = struct('AgentToken', { Token: str });

async function setToken(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  if (api.acl === null) throw errors.aclDisabled();
  const { Token } = await decodeBody(request, AgentToken, { unknownFields: 'ignore' });
  const kind = Object.hasOwn(kinds, request.rest) ? kinds[request.rest] : undefined;
  if (kind === undefined) return text(404, `Token "${request.rest}" is unknown`);
  try {
    api.tokens.set(kind, Token);
  } catch (error) {
    throw new BadRequest(`Failed to persist tokens - ${(error as Error).message}`, 500);
  }
  api.log.info("Updated agent's ACL token", { token: request.rest });
  return empty(200);
}
