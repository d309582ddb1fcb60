/** ACL.Apply, Get and List: the ACL system before 1.4, whose ACLs are tokens with rules of their own. */
import { ACL, type ACLToken } from '../../../structs/acl.ts';
import { make } from '../../../structs/make.ts';
import { anonymousSecret } from '../../acl/identities.ts';
import { parseRules, RulesError } from '../../acl/rules.ts';
import { errors, RpcError } from '../../errors.ts';
import { tokensIndex } from '../../state/acl-read.ts';
import { answer, type MethodTable, noMeta, type ServerContext } from '../context.ts';
import { demandAcls, proposing, tokenOf } from './acl-common.ts';

/** Names that once stood for built-in rights. */
const roots: readonly string[] = ['allow', 'deny', 'manage'];

/** Tokens of the present system have no type, apart from those that manage everything. */
const isLegacy = (token: ACLToken): boolean => token.Type !== '';

const toAcl = (token: ACLToken): ACL => ({
  ID: token.SecretID,
  Name: token.Description,
  Type: token.Type,
  Rules: token.Rules,
  CreateIndex: token.CreateIndex,
  ModifyIndex: token.ModifyIndex,
});

function demandPermitted(message: string, refused: boolean): void {
  if (refused) throw new RpcError(`${errors.permissionDenied().message}: ${message}`, 403);
}

function prepare(context: ServerContext, acl: ACL): ACL {
  if (acl.Type !== 'client' && acl.Type !== 'management') throw new RpcError('Invalid ACL Type');
  const { aclTokens } = context.store.state.tables;
  let { ID } = acl;
  while (ID === '') {
    const id = context.runtime.random.uuid();
    if (aclTokens.get(id) === undefined) ID = id;
  }
  demandPermitted('Cannot modify root ACL', roots.includes(ID));
  const existing = aclTokens.get(ID);
  if (existing !== undefined && !isLegacy(existing)) {
    throw new RpcError('Cannot use legacy endpoint to modify a non-legacy token');
  }
  try {
    parseRules(acl.Rules, 'legacy');
  } catch (error) {
    if (error instanceof RulesError) throw new RpcError(`ACL rule compilation failed: ${error.message}`);
    throw error;
  }
  return { ...acl, ID };
}

export const aclLegacyMethods: MethodTable = {
  'ACL.Apply': {
    kind: 'procedure',
    by: 'leader',
    async run(context, args) {
      demandAcls(context);
      const op = args.Op ?? '';
      let acl = make(ACL, args.ACL);
      if (op === 'set') acl = prepare(context, acl);
      else if (op === 'delete') {
        if (acl.ID === '') throw new RpcError('Missing ACL ID');
        demandPermitted('Cannot delete anonymous token', acl.ID === anonymousSecret);
      } else throw new RpcError('Invalid ACL Operation');
      await proposing('Failed to apply ACL', () =>
        context.propose('legacyAcl', { Datacenter: args.Datacenter ?? '', Op: op, ACL: acl, Token: tokenOf(args) }),
      );
      return answer(acl.ID);
    },
  },
  'ACL.Get': {
    kind: 'state',
    key: (args) => args.ACL ?? '',
    read(state, watch, args) {
      watch.topic('acl-tokens');
      const token = state.tables.aclTokens.get(args.ACL ?? '');
      const acls = token !== undefined && isLegacy(token) ? [toAcl(token)] : [];
      return { index: tokensIndex(state), reply: { ACLs: acls, ...noMeta } };
    },
  },
  'ACL.List': {
    kind: 'state',
    key: () => '',
    read(state, watch) {
      watch.topic('acl-tokens');
      const acls = state.tables.aclTokens.rows.values().filter(isLegacy).map(toAcl);
      return { index: tokensIndex(state), reply: { ACLs: acls, ...noMeta } };
    },
  },
};
