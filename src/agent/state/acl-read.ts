/** Reads of the ACL tables. Links are shown as they are now: gone with what they linked to, with its present name. */

import type { ACLAuthMethod, ACLBindingRule, ACLPolicy, ACLRole, ACLToken } from '../../structs/acl.ts';
import { expiryOf } from '../../structs/acl-expiry.ts';
import { fold } from './schema.ts';
import { CommandError, maxIndex, type State } from './store.ts';
import type { WatchSet } from './watches.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
export const isUuid = (text: string): boolean => uuid.test(text);

/** Throws CommandError for what cannot be an id, with the text of Consul's index. */
function demandUuid(id: string, what: string): void {
  const failed = `failed ${what} lookup: index error:`;
  if (id.length !== 36) throw new CommandError(`${failed} UUID must be 36 characters`);
  if (!isUuid(id)) throw new CommandError(`${failed} Invalid UUID: ${id}`);
}

type Link = { ID: string; Name: string };

function currentLinks(
  links: readonly Link[] | null,
  find: (id: string) => { readonly Name: string } | undefined,
): Link[] | null {
  if (links === null) return null;
  let changed = false;
  const current = links.flatMap((link) => {
    const row = find(link.ID);
    if (row?.Name !== link.Name) changed = true;
    return row === undefined ? [] : [row.Name === link.Name ? link : { ID: link.ID, Name: row.Name }];
  });
  return changed ? current : (links as Link[]);
}

const withPolicies = <T extends { Policies: Link[] | null }>({ tables }: State, row: T): T => {
  const Policies = currentLinks(row.Policies, (id) => tables.aclPolicies.get(fold(id)));
  return Policies === row.Policies ? row : { ...row, Policies };
};

const shownToken = (state: State, token: ACLToken): ACLToken => {
  const shown = withPolicies(state, token);
  const Roles = currentLinks(shown.Roles, (id) => state.tables.aclRoles.get(fold(id)));
  return Roles === shown.Roles ? shown : { ...shown, Roles };
};

export const tokensIndex = (state: State): number => maxIndex(state, 'acl-tokens');
export const policiesIndex = (state: State): number => maxIndex(state, 'acl-policies');
export const rolesIndex = (state: State): number => maxIndex(state, 'acl-roles');

/** Everything that can change how a token is shown. */
export function watchTokens(watch: WatchSet): void {
  for (const table of ['acl-tokens', 'acl-policies', 'acl-roles']) watch.topic(table);
}

export function tokenByAccessor(state: State, accessor: string): ACLToken | undefined {
  demandUuid(accessor, 'acl token');
  const token = state.tables.aclTokens.first('accessor', fold(accessor));
  return token === undefined ? undefined : shownToken(state, token);
}

export function tokenBySecret(state: State, secret: string): ACLToken | undefined {
  const token = state.tables.aclTokens.get(secret);
  return token === undefined ? undefined : shownToken(state, token);
}

export interface TokenFilter {
  readonly policy: string;
  readonly role: string;
  readonly authMethod: string;
}

export function listTokens(state: State, { policy, role, authMethod }: TokenFilter): ACLToken[] {
  const { aclTokens } = state.tables;
  if ([policy, role, authMethod].filter((one) => one !== '').length > 1) {
    throw new CommandError('can only filter by one of policy, role, or methodName at a time');
  }
  const found =
    policy !== ''
      ? aclTokens.by('policy', fold(policy))
      : role !== ''
        ? aclTokens.by('role', fold(role))
        : authMethod !== ''
          ? aclTokens.by('authMethod', fold(authMethod))
          : // By their secrets, as the original lists them.
            aclTokens.rows.values();
  if (found.length > 1 && policy + role + authMethod !== '') found.sort(byAccessor);
  return found.map((token) => shownToken(state, token));
}

const byAccessor = (a: ACLToken, b: ACLToken): number => (a.AccessorID < b.AccessorID ? -1 : 1);

/** Tokens whose time is over, the oldest first. */
export function expiredTokens(state: State, nowMs: number, limit: number): ACLToken[] {
  const { aclTokens } = state.tables;
  const found: ACLToken[] = [];
  aclTokens.indexes['expires']?.scan('', (secret) => {
    const token = aclTokens.get(secret) as ACLToken;
    if (expiryOf(token) > nowMs) return false;
    return found.push(token) < limit;
  });
  return found;
}

/** Tokens of the system before 1.4, which had no accessors. */
export const tokensWithoutAccessor = (state: State): ACLToken[] => state.tables.aclTokens.by('withoutAccessor', '');

export function policyById(state: State, id: string): ACLPolicy | undefined {
  demandUuid(id, 'acl policy');
  return state.tables.aclPolicies.get(fold(id));
}

export const policyByName = (state: State, name: string): ACLPolicy | undefined =>
  state.tables.aclPolicies.first('name', fold(name));

/** By name. */
export const listPolicies = (state: State): ACLPolicy[] => state.tables.aclPolicies.byPrefix('name', '');

export function roleById(state: State, id: string): ACLRole | undefined {
  demandUuid(id, 'acl role');
  const role = state.tables.aclRoles.get(fold(id));
  return role === undefined ? undefined : withPolicies(state, role);
}

export function roleByName(state: State, name: string): ACLRole | undefined {
  const role = state.tables.aclRoles.first('name', fold(name));
  return role === undefined ? undefined : withPolicies(state, role);
}

/** By name; `policy`: only roles that link to the policy of this id. */
export function listRoles(state: State, policy: string): ACLRole[] {
  if (policy !== '') demandUuid(policy, 'acl role');
  const roles =
    policy === '' ? state.tables.aclRoles.byPrefix('name', '') : state.tables.aclRoles.by('policy', fold(policy));
  return roles.map((role) => withPolicies(state, role));
}

export const authMethodByName = (state: State, name: string): ACLAuthMethod | undefined =>
  state.tables.aclAuthMethods.get(fold(name));
export const listAuthMethods = (state: State): ACLAuthMethod[] => state.tables.aclAuthMethods.rows.values();

export function bindingRuleById(state: State, id: string): ACLBindingRule | undefined {
  demandUuid(id, 'acl binding rule');
  return state.tables.aclBindingRules.get(fold(id));
}

export const listBindingRules = (state: State, authMethod: string): ACLBindingRule[] =>
  authMethod === ''
    ? state.tables.aclBindingRules.rows.values()
    : state.tables.aclBindingRules.by('authMethod', fold(authMethod));

/** When the first management token was made; 0 while it was not. What a reset file has to say. */
export const bootstrapIndex = (state: State): number => state.indexes.get('acl-token-bootstrap') ?? 0;
