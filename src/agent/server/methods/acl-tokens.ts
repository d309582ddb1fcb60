/** ACL.Token*: secrets and what they link to. */

import { formatDuration, nsPerMs } from '../../../lib/duration.ts';
import { ACLToken, type ACLTokenListStub } from '../../../structs/acl.ts';
import { expiryOf } from '../../../structs/acl-expiry.ts';
import { tokenHash } from '../../../structs/acl-hash.ts';
import { make, zeroTime } from '../../../structs/make.ts';
import { anonymousId, reservedIds } from '../../acl/identities.ts';
import { errors, RpcError } from '../../errors.ts';
import {
  isUuid,
  listTokens,
  policyById,
  roleById,
  roleByName,
  tokenByAccessor,
  tokenBySecret,
  tokensIndex,
  watchTokens,
} from '../../state/acl-read.ts';
import { fold } from '../../state/schema.ts';
import type { State } from '../../state/store.ts';
import { answer, type MethodTable, noMeta, type ServerContext } from '../context.ts';
import {
  demandAcls,
  found,
  linksById,
  nodeIdentities,
  policyLinks,
  proposing,
  serviceIdentities,
  tokenOf,
} from './acl-common.ts';

const minTtlMs = 60_000;
const maxTtlMs = 24 * 3600_000;

const stub = (token: ACLToken): ACLTokenListStub => ({
  AccessorID: token.AccessorID,
  SecretID: token.SecretID,
  Description: token.Description,
  Policies: token.Policies,
  Roles: token.Roles,
  ServiceIdentities: token.ServiceIdentities,
  NodeIdentities: token.NodeIdentities,
  Local: token.Local,
  AuthMethod: token.AuthMethod,
  ExpirationTime: token.ExpirationTime,
  CreateTime: token.CreateTime,
  Hash: token.Hash,
  CreateIndex: token.CreateIndex,
  ModifyIndex: token.ModifyIndex,
  Legacy: token.Rules !== '' || (token.Type !== '' && token.AccessorID === ''),
});

const wallMs = ({ runtime }: ServerContext): number => runtime.clock.wallMs();
const isOver = (context: ServerContext, token: ACLToken): boolean => expiryOf(token) <= wallMs(context);

/** Ids that callers chose, or drawn until they are free. */
function identify(context: ServerContext, token: ACLToken): Pick<ACLToken, 'AccessorID' | 'SecretID'> {
  const { state } = context.store;
  const draw = (isTaken: (id: string) => boolean): string => {
    for (;;) {
      const id = context.runtime.random.uuid();
      if (!isTaken(id)) return id;
    }
  };
  let { AccessorID, SecretID } = token;
  if (AccessorID === '') AccessorID = draw((id) => tokenByAccessor(state, id) !== undefined);
  else {
    const known = found(() => tokenByAccessor(state, AccessorID), 'Failed acl token lookup by accessor: ');
    if (known !== undefined) throw new RpcError('Invalid Token: AccessorID is already in use');
  }
  if (SecretID === '') SecretID = draw((id) => tokenBySecret(state, id) !== undefined);
  else {
    if (!isUuid(SecretID)) throw new RpcError('Invalid Token: SecretID is not a valid UUID');
    if (tokenBySecret(state, SecretID) !== undefined) throw new RpcError('Invalid Token: SecretID is already in use');
  }
  if (AccessorID.startsWith(reservedIds) || SecretID.startsWith(reservedIds)) {
    throw new RpcError(`Invalid Token: UUIDs with the prefix "${reservedIds}" are reserved`);
  }
  return { AccessorID, SecretID };
}

/** When a new token ends, as RFC 3339 text; null for never. */
function expirationOf({ ExpirationTime, ExpirationTTL }: ACLToken, nowMs: number): string | null {
  const text = (ms: number): string => formatDuration(Math.round(ms * nsPerMs));
  if (ExpirationTTL < 0) {
    throw new RpcError(`Token Expiration TTL '${formatDuration(ExpirationTTL)}' should be > 0`);
  }
  const fixed = ExpirationTime !== null && ExpirationTime !== zeroTime ? ExpirationTime : null;
  if (ExpirationTTL === 0 && fixed === null) return null;
  if (ExpirationTTL !== 0 && fixed !== null) {
    throw new RpcError('Token Expiration TTL and Expiration Time cannot both be set');
  }
  const endMs = fixed === null ? nowMs + ExpirationTTL / nsPerMs : Date.parse(fixed);
  const leftMs = endMs - nowMs;
  if (leftMs < 0) throw new RpcError('ExpirationTime cannot be before CreateTime');
  if (leftMs > maxTtlMs) {
    throw new RpcError(`ExpirationTime cannot be more than ${text(maxTtlMs)} in the future (was ${text(leftMs)})`);
  }
  if (leftMs < minTtlMs) {
    throw new RpcError(`ExpirationTime cannot be less than ${text(minTtlMs)} in the future (was ${text(leftMs)})`);
  }
  return fixed ?? new Date(endMs).toISOString();
}

function begin(context: ServerContext, token: ACLToken, fromLogin: boolean): ACLToken {
  const ids = identify(context, token);
  if (!fromLogin && token.AuthMethod !== '') throw new RpcError('AuthMethod field is disallowed outside of Login');
  const nowMs = wallMs(context);
  return {
    ...token,
    ...ids,
    CreateTime: new Date(nowMs).toISOString(),
    ExpirationTime: expirationOf(token, nowMs),
    ExpirationTTL: 0,
  };
}

/** What of a token may change, on top of what it is. */
function change(context: ServerContext, token: ACLToken): ACLToken {
  const { AccessorID } = token;
  const { state } = context.store;
  const existing = found(() => tokenByAccessor(state, AccessorID), 'Failed acl token lookup by accessor: ');
  if (existing === undefined || isOver(context, existing)) throw new RpcError(`Cannot find token "${AccessorID}"`);
  if (token.SecretID !== '' && token.SecretID !== existing.SecretID) {
    throw new RpcError('Changing a tokens SecretID is not permitted');
  }
  if (token.Local !== existing.Local) throw new RpcError(`cannot toggle local mode of ${AccessorID}`);
  if (token.AuthMethod !== '' && token.AuthMethod !== existing.AuthMethod) {
    throw new RpcError(`Cannot change AuthMethod of ${AccessorID}`);
  }
  const otherEnd = token.ExpirationTime !== null && Date.parse(token.ExpirationTime) !== expiryOf(existing);
  if (token.ExpirationTTL !== 0 || otherEnd) throw new RpcError(`Cannot change expiration time of ${AccessorID}`);
  return {
    ...token,
    SecretID: existing.SecretID,
    AuthMethod: existing.AuthMethod,
    ExpirationTime: existing.ExpirationTime,
    ExpirationTTL: 0,
    CreateTime: existing.CreateTime,
  };
}

function linked(state: State, token: ACLToken): ACLToken {
  const owner = { kind: 'token', local: token.Local } as const;
  const Policies = policyLinks(state, token.Policies);
  for (const { ID } of Policies ?? []) {
    if (found(() => policyById(state, ID)) === undefined) throw new RpcError(`No such ACL policy with ID "${ID}"`);
  }
  const Roles = linksById(token.Roles, 'role', (name) => roleByName(state, name));
  for (const { ID } of Roles ?? []) {
    if (found(() => roleById(state, ID)) === undefined) throw new RpcError(`No such ACL role with ID "${ID}"`);
  }
  return {
    ...token,
    Policies,
    Roles,
    ServiceIdentities: serviceIdentities(token.ServiceIdentities, owner),
    NodeIdentities: nodeIdentities(token.NodeIdentities, owner),
  };
}

/** Creates or changes a token; gives it as it is shown. `fromLogin`: for an auth method, and only with some right. */
export async function writeToken(
  context: ServerContext,
  token: ACLToken,
  create: boolean,
  fromLogin = false,
): Promise<ACLToken> {
  const isNew = create || token.AccessorID === '';
  const prepared = linked(context.store.state, isNew ? begin(context, token, fromLogin) : change(context, token));
  if (prepared.Rules !== '') throw new RpcError('Rules cannot be specified for this token');
  if (prepared.Type !== '') throw new RpcError('Type cannot be specified for this token');
  const stored = { ...prepared, Hash: tokenHash(prepared) };
  await proposing('Failed to apply token write request', () =>
    context.propose('aclTokenSet', {
      Tokens: [stored],
      CAS: false,
      AllowMissingLinks: false,
      ProhibitUnprivileged: fromLogin,
      FromReplication: false,
    }),
  );
  return tokenByAccessor(context.store.state, stored.AccessorID) ?? stored;
}

export const aclTokenMethods: MethodTable = {
  'ACL.TokenRead': {
    kind: 'state',
    key: (args) => `${args.TokenIDType ?? ''}\0${args.TokenID ?? ''}`,
    read(state, watch, args) {
      watchTokens(watch);
      const id = args.TokenID ?? '';
      const token = args.TokenIDType === 'secret' ? tokenBySecret(state, id) : found(() => tokenByAccessor(state, id));
      const reply = { Token: token ?? null, Redacted: false, SourceDatacenter: '', ...noMeta };
      return { index: tokensIndex(state), reply };
    },
  },
  'ACL.TokenList': {
    kind: 'state',
    key: (args) => JSON.stringify([args.IncludeLocal, args.IncludeGlobal, args.Policy, args.Role, args.AuthMethod]),
    sizeBytes: (reply) => (reply.Tokens ?? []).length * 200,
    read(state, watch, args) {
      watchTokens(watch);
      const filter = { policy: args.Policy ?? '', role: args.Role ?? '', authMethod: args.AuthMethod ?? '' };
      const both = args.IncludeLocal === args.IncludeGlobal;
      const tokens = found(() => listTokens(state, filter)).filter(
        ({ Local }) => both || Local === (args.IncludeLocal ?? false),
      );
      return { index: tokensIndex(state), reply: { Tokens: tokens.map(stub), ...noMeta } };
    },
  },
  'ACL.TokenBatchRead': {
    kind: 'state',
    key: (args) => (args.AccessorIDs ?? []).join('\0'),
    read(state, watch, args) {
      watchTokens(watch);
      const tokens = (args.AccessorIDs ?? []).flatMap((id) => state.tables.aclTokens.first('accessor', fold(id)) ?? []);
      return { index: tokensIndex(state), reply: { Tokens: tokens, Redacted: false, Removed: false, ...noMeta } };
    },
  },
  'ACL.TokenSet': {
    kind: 'procedure',
    by: 'leader',
    async run(context, args) {
      demandAcls(context);
      return answer(await writeToken(context, make(ACLToken, args.ACLToken), args.Create ?? false));
    },
  },
  'ACL.TokenClone': {
    kind: 'procedure',
    by: 'leader',
    async run(context, args) {
      demandAcls(context);
      const asked = make(ACLToken, args.ACLToken);
      const token = found(
        () => tokenByAccessor(context.store.state, asked.AccessorID),
        'Failed acl token lookup by accessor: ',
      );
      if (token === undefined || isOver(context, token)) throw errors.aclNotFound();
      if (token.Rules !== '') throw new RpcError('Cannot clone a legacy ACL with this endpoint');
      if (token.AuthMethod !== '') throw new RpcError('Cannot clone a token created from an auth method');
      const clone = make(ACLToken, {
        Description: asked.Description === '' ? token.Description : asked.Description,
        Policies: token.Policies,
        Roles: token.Roles,
        ServiceIdentities: token.ServiceIdentities,
        NodeIdentities: token.NodeIdentities,
        Local: token.Local,
        ExpirationTime: token.ExpirationTime,
      });
      return answer(await writeToken(context, clone, true));
    },
  },
  'ACL.TokenDelete': {
    kind: 'procedure',
    by: 'leader',
    async run(context, args) {
      demandAcls(context);
      const id = args.TokenID ?? '';
      if (!isUuid(id)) throw new RpcError('Accessor ID is missing or an invalid UUID');
      if (id === anonymousId) throw new RpcError('Delete operation not permitted on the anonymous token');
      const token = tokenByAccessor(context.store.state, id);
      if (token === undefined) return answer('');
      if (token.SecretID === tokenOf(args)) {
        throw new RpcError("Deletion of the request's authorization token is not permitted");
      }
      await proposing('Failed to apply token delete request', () =>
        context.propose('aclTokenDelete', { TokenIDs: [token.AccessorID] }),
      );
      return answer(id);
    },
  },
};
