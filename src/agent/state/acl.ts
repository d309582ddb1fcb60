/** Tables of the ACL system: what commands do to them. Rules are not interpreted here. */
import type {
  ACL,
  ACLAuthMethod,
  ACLBindingRule,
  ACLPolicy,
  ACLRole,
  ACLToken,
  ACLTokenBatchSetRequest,
} from '../../structs/acl.ts';
import { tokenHash } from '../../structs/acl-hash.ts';
import { zeroTime } from '../../structs/make.ts';
import { fold } from './schema.ts';
import { CommandError, type State, type Transaction } from './store.ts';

const bootstrapIndex = 'acl-token-bootstrap';

type Indexed = { readonly CreateIndex: number; readonly ModifyIndex: number };

/** The indexes of a row that replaces `old`. */
const renewed = (tx: Transaction, old: Indexed | undefined) => ({
  CreateIndex: old?.CreateIndex ?? tx.index,
  ModifyIndex: tx.index,
});

export function setTokens(tx: Transaction, batch: ACLTokenBatchSetRequest): void {
  for (const token of batch.Tokens ?? []) setToken(tx, token, batch);
}

type TokenOptions = Pick<ACLTokenBatchSetRequest, 'CAS' | 'AllowMissingLinks' | 'ProhibitUnprivileged'>;

function setToken(tx: Transaction, token: ACLToken, options: TokenOptions): void {
  if (token.SecretID === '') throw new CommandError('missing token secret');
  const old = getTokenByAccessor(tx, token.AccessorID) ?? tx.tables.aclTokens.get(token.SecretID);
  // A token of the batch that is not what its writer saw is passed over.
  if (options.CAS && (old?.ModifyIndex ?? 0) !== token.ModifyIndex) return;
  if (!options.AllowMissingLinks) demandLinks(tx, token);
  if (options.ProhibitUnprivileged && !hasPrivileges(token)) throw new CommandError('Token has no privileges');
  if (old !== undefined && old.SecretID !== token.SecretID) tx.remove('aclTokens', old.SecretID);
  tx.put('aclTokens', { ...token, ...renewed(tx, old) });
  tx.bump('acl-tokens');
}

const getTokenByAccessor = (state: State, id: string): ACLToken | undefined =>
  id === '' ? undefined : state.tables.aclTokens.first('accessor', fold(id));

const hasPrivileges = (token: ACLToken): boolean =>
  [token.Policies, token.Roles, token.ServiceIdentities, token.NodeIdentities].some((list) => (list ?? []).length > 0);

function demandLinks(tx: Transaction, of: Pick<ACLToken, 'Policies'> & Partial<Pick<ACLToken, 'Roles'>>): void {
  for (const { ID } of of.Policies ?? []) {
    if (tx.tables.aclPolicies.get(fold(ID)) === undefined) throw new CommandError(`No such policy with ID: ${ID}`);
  }
  for (const { ID } of of.Roles ?? []) {
    if (tx.tables.aclRoles.get(fold(ID)) === undefined) throw new CommandError(`No such role with ID: ${ID}`);
  }
}

export function deleteTokens(tx: Transaction, accessors: readonly string[]): void {
  for (const id of accessors) {
    const token = getTokenByAccessor(tx, id);
    if (token === undefined) continue;
    tx.remove('aclTokens', token.SecretID);
    tx.bump('acl-tokens');
  }
}

/** The first management token. Possible once, and again with the index of the time before. */
export function bootstrap(tx: Transaction, token: ACLToken, resetIndex: number): void {
  const done = tx.indexes.get(bootstrapIndex);
  if (done !== undefined && resetIndex === 0) throw new CommandError('ACL bootstrap no longer allowed');
  if (done !== undefined && resetIndex !== done) throw new CommandError('Invalid ACL bootstrap reset index');
  setToken(tx, token, { CAS: false, AllowMissingLinks: false, ProhibitUnprivileged: false });
  tx.bump(bootstrapIndex);
}

/** A command of the ACL system before 1.4: the ACL becomes a token without accessor. */
export function applyLegacy(tx: Transaction, op: string, acl: ACL): string | null {
  const old = tx.tables.aclTokens.get(acl.ID);
  switch (op) {
    case 'set':
    case 'force-set': {
      const token = { ...(old ?? legacyToken(acl)), Description: acl.Name, Type: acl.Type, Rules: acl.Rules };
      tx.put('aclTokens', { ...token, Hash: tokenHash(token), ...renewed(tx, old) });
      tx.bump('acl-tokens');
      return acl.ID;
    }
    case 'delete':
      if (old === undefined) return null;
      tx.remove('aclTokens', old.SecretID);
      tx.bump('acl-tokens');
      return null;
    default:
      throw new CommandError(`Invalid ACL operation '${op}'`);
  }
}

/** The token that a legacy ACL is. */
export const legacyToken = (acl: ACL): ACLToken => ({
  AccessorID: '',
  SecretID: acl.ID,
  Description: acl.Name,
  Policies: null,
  Roles: null,
  ServiceIdentities: null,
  NodeIdentities: null,
  Type: acl.Type,
  Rules: acl.Rules,
  Local: false,
  AuthMethod: '',
  ExpirationTime: null,
  ExpirationTTL: 0,
  CreateTime: zeroTime,
  Hash: null,
  CreateIndex: acl.CreateIndex,
  ModifyIndex: acl.ModifyIndex,
});

export function setPolicies(tx: Transaction, policies: readonly ACLPolicy[]): void {
  for (const policy of policies) {
    const namesake = tx.tables.aclPolicies.first('name', fold(policy.Name));
    if (namesake !== undefined && fold(namesake.ID) !== fold(policy.ID)) {
      throw new CommandError(`A policy with name "${policy.Name}" already exists`);
    }
    tx.put('aclPolicies', { ...policy, ...renewed(tx, tx.tables.aclPolicies.get(fold(policy.ID))) });
    tx.bump('acl-policies');
  }
}

export function deletePolicies(tx: Transaction, ids: readonly string[]): void {
  for (const id of ids) if (tx.remove('aclPolicies', fold(id)) !== undefined) tx.bump('acl-policies');
}

export function setRoles(tx: Transaction, roles: readonly ACLRole[], allowMissingLinks: boolean): void {
  for (const role of roles) {
    const namesake = tx.tables.aclRoles.first('name', fold(role.Name));
    if (namesake !== undefined && fold(namesake.ID) !== fold(role.ID)) {
      throw new CommandError(`A role with name "${role.Name}" already exists`);
    }
    if (!allowMissingLinks) demandLinks(tx, role);
    tx.put('aclRoles', { ...role, ...renewed(tx, tx.tables.aclRoles.get(fold(role.ID))) });
    tx.bump('acl-roles');
  }
}

export function deleteRoles(tx: Transaction, ids: readonly string[]): void {
  for (const id of ids) if (tx.remove('aclRoles', fold(id)) !== undefined) tx.bump('acl-roles');
}

export function setBindingRules(tx: Transaction, rules: readonly ACLBindingRule[]): void {
  for (const rule of rules) {
    if (tx.tables.aclAuthMethods.get(fold(rule.AuthMethod)) === undefined) {
      throw new CommandError(`failed inserting acl binding rule: auth method not found`);
    }
    tx.put('aclBindingRules', { ...rule, ...renewed(tx, tx.tables.aclBindingRules.get(fold(rule.ID))) });
    tx.bump('acl-binding-rules');
  }
}

export function deleteBindingRules(tx: Transaction, ids: readonly string[]): void {
  for (const id of ids) if (tx.remove('aclBindingRules', fold(id)) !== undefined) tx.bump('acl-binding-rules');
}

export function setAuthMethods(tx: Transaction, methods: readonly ACLAuthMethod[]): void {
  for (const method of methods) {
    tx.put('aclAuthMethods', { ...method, ...renewed(tx, tx.tables.aclAuthMethods.get(fold(method.Name))) });
    tx.bump('acl-auth-methods');
  }
}

/** What an auth method has given out goes with it. */
export function deleteAuthMethods(tx: Transaction, names: readonly string[]): void {
  for (const name of names) {
    if (tx.remove('aclAuthMethods', fold(name)) === undefined) continue;
    tx.bump('acl-auth-methods');
    deleteBindingRules(
      tx,
      tx.tables.aclBindingRules.by('authMethod', fold(name)).map((rule) => rule.ID),
    );
    deleteTokens(
      tx,
      tx.tables.aclTokens.by('authMethod', fold(name)).map((token) => token.AccessorID),
    );
  }
}
