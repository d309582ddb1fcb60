/** Rights of the ACL system itself. Who asks with a secret is whom it belongs to. */
import type { Authorizer } from '../../acl/authorizer.ts';
import { anonymousSecret } from '../../acl/identities.ts';
import { fold } from '../../state/schema.ts';
import type { State } from '../../state/store.ts';
import { needs, type Rights } from './permit.ts';

const read = needs('acl', 'read');
const write = needs('acl', 'write');
const hidden = '<hidden>';

/** Secrets are for those who may change tokens. */
const redacted = <T extends { SecretID: string }>(authorizer: Authorizer, token: T): T =>
  authorizer.allows('acl', 'write') ? token : { ...token, SecretID: hidden };

/** Ids of what a token links to, through its roles as well. */
function linksOf({ tables }: State, secret: string): { readonly policies: Set<string>; readonly roles: Set<string> } {
  const token = tables.aclTokens.get(secret === '' ? anonymousSecret : secret);
  const roles = new Set((token?.Roles ?? []).map(({ ID }) => ID));
  const policies = new Set((token?.Policies ?? []).map(({ ID }) => ID));
  for (const id of roles) for (const { ID } of tables.aclRoles.get(fold(id))?.Policies ?? []) policies.add(ID);
  return { policies, roles };
}

export const aclRights: Rights<
  | 'ACL.Apply'
  | 'ACL.AuthMethodDelete'
  | 'ACL.AuthMethodList'
  | 'ACL.AuthMethodRead'
  | 'ACL.AuthMethodSet'
  | 'ACL.Authorize'
  | 'ACL.BindingRuleDelete'
  | 'ACL.BindingRuleList'
  | 'ACL.BindingRuleRead'
  | 'ACL.BindingRuleSet'
  | 'ACL.Bootstrap'
  | 'ACL.BootstrapTokens'
  | 'ACL.Get'
  | 'ACL.GetPolicy'
  | 'ACL.List'
  | 'ACL.Login'
  | 'ACL.Logout'
  | 'ACL.PolicyBatchRead'
  | 'ACL.PolicyDelete'
  | 'ACL.PolicyList'
  | 'ACL.PolicyRead'
  | 'ACL.PolicyResolve'
  | 'ACL.PolicySet'
  | 'ACL.ReplicationStatus'
  | 'ACL.RoleBatchRead'
  | 'ACL.RoleDelete'
  | 'ACL.RoleList'
  | 'ACL.RoleRead'
  | 'ACL.RoleResolve'
  | 'ACL.RoleSet'
  | 'ACL.TokenBatchRead'
  | 'ACL.TokenClone'
  | 'ACL.TokenDelete'
  | 'ACL.TokenList'
  | 'ACL.TokenRead'
  | 'ACL.TokenSet'
> = {
  'ACL.Apply': write,
  'ACL.AuthMethodDelete': write,
  'ACL.AuthMethodList': read,
  'ACL.AuthMethodRead': read,
  'ACL.AuthMethodSet': write,
  'ACL.Authorize': 'public',
  'ACL.BindingRuleDelete': write,
  'ACL.BindingRuleList': read,
  'ACL.BindingRuleRead': read,
  'ACL.BindingRuleSet': write,
  'ACL.Bootstrap': 'public',
  'ACL.BootstrapTokens': 'public',
  'ACL.Get': 'public',
  'ACL.GetPolicy': 'public',
  'ACL.List': write,
  'ACL.Login': 'public',
  'ACL.Logout': 'public',
  'ACL.PolicyBatchRead': read,
  'ACL.PolicyDelete': write,
  'ACL.PolicyList': read,
  'ACL.PolicyRead': read,
  // Agents ask for the rules of a token that they were shown.
  'ACL.PolicyResolve': {
    check(permit, { Token = '', PolicyIDs }) {
      const { policies } = linksOf(permit.state, Token);
      if (!(PolicyIDs ?? []).every((id) => policies.has(id))) permit.demand('acl', 'read');
    },
  },
  'ACL.PolicySet': write,
  'ACL.ReplicationStatus': 'public',
  'ACL.RoleBatchRead': read,
  'ACL.RoleDelete': write,
  'ACL.RoleList': read,
  'ACL.RoleRead': read,
  'ACL.RoleResolve': {
    check(permit, { Token = '', RoleIDs }) {
      const { roles } = linksOf(permit.state, Token);
      if (!(RoleIDs ?? []).every((id) => roles.has(id))) permit.demand('acl', 'read');
    },
  },
  'ACL.RoleSet': write,
  'ACL.TokenBatchRead': {
    ...read,
    filter(authorizer, reply) {
      const Tokens = reply.Tokens?.map((token) => redacted(authorizer, token)) ?? null;
      return { ...reply, Tokens, Redacted: !authorizer.allows('acl', 'write') };
    },
  },
  'ACL.TokenClone': write,
  'ACL.TokenDelete': write,
  'ACL.TokenList': {
    ...read,
    filter: (authorizer, reply) => ({
      ...reply,
      Tokens: reply.Tokens?.map((token) => redacted(authorizer, token)) ?? null,
    }),
  },
  'ACL.TokenRead': {
    open: ({ TokenIDType }) => TokenIDType === 'secret',
    check: (permit) => permit.demand('acl', 'read'),
    filter(authorizer, reply) {
      if (reply.Token === null || authorizer.allows('acl', 'write')) return reply;
      return { ...reply, Token: redacted(authorizer, reply.Token), Redacted: true };
    },
  },
  'ACL.TokenSet': write,
};
