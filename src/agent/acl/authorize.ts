/** Decisions asked for by name, as the UI and tools do. */
import type { ACLAuthorizationRequest, ACLAuthorizationResponse } from '../../structs/acl.ts';
import { BadRequest } from '../errors.ts';
import type { Access, Authorizer, Resource } from './authorizer.ts';

/** What can be asked of what. */
const accesses: { readonly [R in Resource]?: readonly Access[] } = {
  acl: ['read', 'write'],
  agent: ['read', 'write'],
  event: ['read', 'write'],
  intention: ['read', 'write'],
  key: ['read', 'list', 'write', 'write-prefix'],
  keyring: ['read', 'write'],
  node: ['read', 'write'],
  operator: ['read', 'write'],
  query: ['read', 'write'],
  service: ['read', 'write'],
  session: ['read', 'write'],
};

/** @throws BadRequest for what cannot be asked */
export const authorize = (
  authorizer: Authorizer,
  requests: readonly ACLAuthorizationRequest[],
): ACLAuthorizationResponse[] =>
  requests.map((request) => {
    demandAskable(request);
    const { Resource, Segment, Access } = request;
    return { ...request, Allow: authorizer.allows(Resource as Resource, Access as Access, Segment) };
  });

/** @throws BadRequest for what cannot be asked */
export function demandAskable({ Resource, Access }: ACLAuthorizationRequest): void {
  const known = Object.hasOwn(accesses, Resource) ? accesses[Resource as Resource] : undefined;
  if (known === undefined) throw new BadRequest(`Bad request: Invalid ACL resource requested: "${Resource}"`);
  if (!(known as readonly string[]).includes(Access)) {
    throw new BadRequest(`Bad request: Invalid access level for ${Resource} resource: ${Access}`);
  }
}
