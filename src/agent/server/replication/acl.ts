/** Policies, roles and global tokens of the primary, kept here as well. */

import type { ACLPolicy, ACLPolicyListStub, ACLRole, ACLToken, ACLTokenListStub } from '../../../structs/acl.ts';
import { expiryOf } from '../../../structs/acl-expiry.ts';
import { globalManagementId } from '../../acl/identities.ts';
import { RpcError } from '../../errors.ts';
import { fold } from '../../state/schema.ts';
import type { ServerContext } from '../context.ts';
import { type Ask, changesOf } from './ask.ts';
import type { Replicated } from './replicator.ts';

type Hashed = { readonly Hash: Uint8Array | null };
const sameHash = (a: Hashed, b: Hashed): boolean =>
  a.Hash !== null && b.Hash !== null && Buffer.compare(a.Hash, b.Hash) === 0;

/** In one command, and in one question for what has changed. */
const batchSize = 128;

async function inBatches<T>(all: readonly T[], signal: AbortSignal, run: (batch: T[]) => Promise<unknown>) {
  for (let at = 0; at < all.length; at += batchSize) {
    signal.throwIfAborted();
    await run(all.slice(at, at + batchSize));
  }
}

export function replicatedPolicies(
  { store, propose }: ServerContext,
  ask: Ask,
): Replicated<ACLPolicyListStub, ACLPolicy> {
  return {
    name: 'policies',
    fetch: changesOf(ask, 'ACL.PolicyList', {}, ({ Policies }) => Policies),
    local: () => store.state.tables.aclPolicies.rows.values(),
    keyOf: ({ ID }) => fold(ID),
    isSame: sameHash,
    async apply(removed, changed, signal) {
      const ids = removed.map(({ ID }) => ID).filter((id) => id !== globalManagementId);
      await inBatches(ids, signal, (PolicyIDs) => propose('aclPolicyDelete', { PolicyIDs }));
      await inBatches(changed, signal, async (stubs) => {
        const { reply } = await ask('ACL.PolicyBatchRead', { PolicyIDs: stubs.map(({ ID }) => ID) }, signal);
        const { Policies } = reply;
        if ((Policies ?? []).length > 0) await propose('aclPolicySet', { Policies });
      });
    },
  };
}

export function replicatedRoles({ store, propose }: ServerContext, ask: Ask): Replicated<ACLRole, ACLRole> {
  return {
    name: 'roles',
    fetch: changesOf(ask, 'ACL.RoleList', {}, ({ Roles }) => Roles),
    local: () => store.state.tables.aclRoles.rows.values(),
    keyOf: ({ ID }) => fold(ID),
    isSame: sameHash,
    async apply(removed, changed, signal) {
      const ids = removed.map(({ ID }) => ID);
      await inBatches(ids, signal, (RoleIDs) => propose('aclRoleDelete', { RoleIDs }));
      // The policies may come later than the roles that link to them.
      await inBatches(changed, signal, (Roles) => propose('aclRoleSet', { Roles, AllowMissingLinks: true }));
    },
  };
}

/** Tokens that are local, or from before there were accessors, stay where they are. */
const travels = ({ Local, AccessorID }: Pick<ACLToken, 'Local' | 'AccessorID'>): boolean => !Local && AccessorID !== '';

export function replicatedTokens(
  { store, propose, runtime }: ServerContext,
  ask: Ask,
): Replicated<ACLTokenListStub, ACLToken> {
  const list = changesOf(ask, 'ACL.TokenList', { IncludeGlobal: true, IncludeLocal: false }, ({ Tokens }) => Tokens);
  return {
    name: 'tokens',
    async fetch(minIndex, signal) {
      const { index, items } = await list(minIndex, signal);
      const nowMs = runtime.clock.wallMs();
      return { index, items: items.filter((token) => travels(token) && expiryOf(token) > nowMs) };
    },
    local: () => store.state.tables.aclTokens.rows.values().filter(travels),
    keyOf: ({ AccessorID }) => fold(AccessorID),
    isSame: sameHash,
    async apply(removed, changed, signal) {
      const ids = removed.map(({ AccessorID }) => AccessorID);
      await inBatches(ids, signal, (TokenIDs) => propose('aclTokenDelete', { TokenIDs }));
      await inBatches(changed, signal, async (stubs) => {
        const AccessorIDs = stubs.map(({ AccessorID }) => AccessorID);
        const { Tokens, Redacted } = (await ask('ACL.TokenBatchRead', { AccessorIDs }, signal)).reply;
        if (Redacted) {
          throw new RpcError('can only replicate tokens with the right acl:write: the secrets are hidden');
        }
        if ((Tokens ?? []).length === 0) return;
        await propose('aclTokenSet', {
          Tokens,
          CAS: false,
          AllowMissingLinks: true,
          ProhibitUnprivileged: false,
          FromReplication: true,
        });
      });
    },
  };
}
