/** ACL.Login and Logout: a token for who an auth method vouches for, and its end. */
import { type ACLAuthMethod, ACLToken } from '../../../structs/acl.ts';
import { make } from '../../../structs/make.ts';
import { AuthMethodError } from '../../acl/auth-methods.ts';
import { interpolate, isBindName, isSelected } from '../../acl/binding.ts';
import type { Identity } from '../../acl/identify.ts';
import { JwtError } from '../../acl/jwt.ts';
import { errors, RpcError } from '../../errors.ts';
import { authMethodByName, listBindingRules, roleByName, tokenBySecret } from '../../state/acl-read.ts';
import { answer, type MethodTable, type ServerContext } from '../context.ts';
import { demandAcls, proposing, tokenOf } from './acl-common.ts';
import { writeToken } from './acl-tokens.ts';

type Bound = Pick<ACLToken, 'Roles' | 'ServiceIdentities' | 'NodeIdentities'>;

/** What the rules of a method make of somebody. Roles that are not there bind nobody. */
function bind({ store, config }: ServerContext, method: ACLAuthMethod, identity: Identity): Bound {
  const bound = { Roles: [], ServiceIdentities: [], NodeIdentities: [] } as {
    Roles: NonNullable<Bound['Roles']>;
    ServiceIdentities: NonNullable<Bound['ServiceIdentities']>;
    NodeIdentities: NonNullable<Bound['NodeIdentities']>;
  };
  for (const { Selector, BindType, BindName } of listBindingRules(store.state, method.Name)) {
    if (!isSelected(Selector, method.Type, identity.selectable)) continue;
    const name = interpolate(BindName, (variable) => identity.variables[variable] ?? '');
    if (!isBindName(BindType, name)) {
      throw new RpcError(`cannot compute "${BindType}" bind name for bind target: invalid bind name: ${name}`);
    }
    if (BindType === 'service') bound.ServiceIdentities.push({ ServiceName: name, Datacenters: null });
    else if (BindType === 'node') bound.NodeIdentities.push({ NodeName: name, Datacenter: config.datacenter });
    else {
      const role = roleByName(store.state, name);
      if (role !== undefined) bound.Roles.push({ ID: role.ID, Name: role.Name });
    }
  }
  return bound;
}

/** Keys in order, as everything that is written for comparison. */
const metaText = (meta: Readonly<Record<string, string>> | null | undefined): string => {
  const pairs = Object.entries(meta ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return pairs.length === 0 ? '' : `: ${JSON.stringify(Object.fromEntries(pairs))}`;
};

export const aclLoginMethods: MethodTable = {
  'ACL.Login': {
    kind: 'procedure',
    by: 'leader',
    async run(context, args, options) {
      demandAcls(context);
      if (!args.Auth) throw new RpcError('Invalid Login request: Missing auth parameters');
      const { AuthMethod, BearerToken, Meta } = args.Auth;
      const method = authMethodByName(context.store.state, AuthMethod);
      if (method === undefined) {
        const { message, status } = errors.aclNotFound();
        throw new RpcError(`${message}: auth method "${AuthMethod}" not found`, status);
      }
      let bound: Bound;
      try {
        bound = bind(context, method, await context.identifier.identify(method, BearerToken, options?.signal));
      } catch (error) {
        throw error instanceof JwtError || error instanceof AuthMethodError ? new RpcError(error.message) : error;
      }
      if (Object.values(bound).every((list) => list === null || list.length === 0)) throw errors.permissionDenied();
      const token = make(ACLToken, {
        Description: `token created via login${metaText(Meta)}`,
        Local: method.TokenLocality !== 'global',
        AuthMethod: method.Name,
        ExpirationTTL: method.MaxTokenTTL,
        ...bound,
      });
      return answer(await writeToken(context, token, true, true));
    },
  },
  'ACL.Logout': {
    kind: 'procedure',
    by: 'leader',
    async run(context, args) {
      demandAcls(context);
      const secret = tokenOf(args);
      const token = secret === '' ? undefined : tokenBySecret(context.store.state, secret);
      if (token === undefined) throw errors.aclNotFound();
      if (token.AuthMethod === '') throw errors.permissionDenied();
      await proposing('Failed to apply token delete request', () =>
        context.propose('aclTokenDelete', { TokenIDs: [token.AccessorID] }),
      );
      return answer(true);
    },
  },
};
