/** What every command of the log does to the store. The type byte chooses the line; results as in wire/raft, section 6. */
import { byteOrder } from '../../../lib/btree/byte-order.ts';
import type { Command, CommandBody, CommandName } from '../../../structs/commands.ts';
import type { KVSRequest } from '../../../structs/kv.ts';
import {
  applyLegacy,
  bootstrap,
  deleteAuthMethods,
  deleteBindingRules,
  deletePolicies,
  deleteRoles,
  deleteTokens,
  setAuthMethods,
  setBindingRules,
  setPolicies,
  setRoles,
  setTokens,
} from '../../state/acl.ts';
import {
  casConfigEntry,
  deleteConfigEntry,
  deleteLegacyIntention,
  deleteLegacyIntentions,
  mutateIntention,
  setConfigEntry,
  setLegacyIntention,
} from '../../state/config-entry.ts';
import { applyCA } from '../../state/connect-ca.ts';
import {
  casKey,
  deleteKey,
  deleteKeyCas,
  deleteTree,
  lockKey,
  reapTombstones,
  setKey,
  toKvWrite,
  unlockKey,
} from '../../state/kv.ts';
import {
  casAutopilot,
  deleteFederationState,
  deleteMetadata,
  setAutopilot,
  setFederationState,
  setMetadata,
  updateCoordinates,
} from '../../state/operator.ts';
import { deletePreparedQuery, setPreparedQuery } from '../../state/prepared-query.ts';
import { deregister, register } from '../../state/registration.ts';
import { type ConfigEntryRow, configEntryName } from '../../state/schema.ts';
import { createSession, destroySession } from '../../state/session.ts';
import { CommandError, type Store, type Transaction } from '../../state/store.ts';
import { applyTransaction } from '../../state/txn.ts';

type Handlers = { readonly [Name in CommandName]?: (tx: Transaction, body: CommandBody<Name>) => unknown };

function applyKv(tx: Transaction, { Op, DirEnt }: KVSRequest): boolean | null {
  const key = byteOrder(DirEnt.Key);
  switch (Op) {
    case 'set':
      setKey(tx, toKvWrite(key, DirEnt));
      return null;
    case 'delete':
      deleteKey(tx, key);
      return null;
    case 'delete-cas':
      return deleteKeyCas(tx, key, DirEnt.ModifyIndex);
    case 'delete-tree':
      deleteTree(tx, key);
      return null;
    case 'cas':
      return casKey(tx, toKvWrite(key, DirEnt)) !== null;
    case 'lock':
      return lockKey(tx, toKvWrite(key, DirEnt)) !== null;
    case 'unlock':
      return unlockKey(tx, toKvWrite(key, DirEnt)) !== null;
    default:
      throw new CommandError(`Invalid KVS operation '${Op}'`);
  }
}

/** The result of a command that has nothing to tell. */
const nil = (_done: unknown): null => null;
const given = <T>(value: T | null, what: string): T => {
  if (value === null) throw new CommandError(`missing ${what}`);
  return value;
};

const handlers: Handlers = {
  register: (tx, body) => nil(register(tx, body)),
  deregister: (tx, body) => nil(deregister(tx, body)),
  session(tx, { Op, Session }) {
    if (Op === 'create') {
      createSession(tx, Session);
      return Session.ID;
    }
    if (Op === 'destroy') return nil(destroySession(tx, Session.ID));
    throw new CommandError(`Invalid session operation '${Op}'`);
  },
  legacyAcl: (tx, { Op, ACL }) => applyLegacy(tx, Op, ACL),
  tombstone(tx, { Op, ReapIndex }) {
    if (Op !== 'reap') throw new CommandError(`Invalid Tombstone operation '${Op}'`);
    return nil(reapTombstones(tx, ReapIndex));
  },
  coordinateBatch: (tx, body) => nil(updateCoordinates(tx, body ?? [])),
  preparedQuery(tx, { Op, Query }) {
    const query = given(Query, 'query');
    if (Op === 'create' || Op === 'update') return nil(setPreparedQuery(tx, query));
    if (Op === 'delete') return nil(deletePreparedQuery(tx, query.ID));
    throw new CommandError(`Invalid PreparedQuery operation '${Op}'`);
  },
  autopilot: (tx, { CAS, Config }) => (CAS ? casAutopilot(tx, Config) : nil(setAutopilot(tx, Config))),
  aclBootstrap: (tx, { Token, ResetIndex }) => nil(bootstrap(tx, Token, ResetIndex)),
  intention(tx, { Op, Intention, Mutation }) {
    if (Mutation !== null) return nil(mutateIntention(tx, Op, Mutation));
    if (Op === 'delete-all') return nil(deleteLegacyIntentions(tx));
    const intention = given(Intention, 'intention');
    if (Op === 'create' || Op === 'update') return nil(setLegacyIntention(tx, intention));
    if (Op === 'delete') return nil(deleteLegacyIntention(tx, intention.ID));
    throw new CommandError(`Invalid Intention operation '${Op}'`);
  },
  connectCA: (tx, body) => applyCA(tx, body),
  aclTokenSet: (tx, body) => nil(setTokens(tx, body)),
  aclTokenDelete: (tx, body) => nil(deleteTokens(tx, body.TokenIDs ?? [])),
  aclPolicySet: (tx, body) => nil(setPolicies(tx, body.Policies ?? [])),
  aclPolicyDelete: (tx, body) => nil(deletePolicies(tx, body.PolicyIDs ?? [])),
  connectCALeaf(tx, { Op }) {
    if (Op !== 'increment-index') throw new CommandError(`Invalid CA Leaf operation '${Op}'`);
    tx.bump('connect-ca-leaf-certs');
    return tx.index;
  },
  configEntry(tx, { Op, Entry }) {
    const entry = given(Entry as ConfigEntryRow | null, 'config entry');
    if (Op === 'upsert-cas') return casConfigEntry(tx, entry);
    if (Op === 'delete') return nil(deleteConfigEntry(tx, entry.Kind, configEntryName(entry)));
    if (Op !== 'upsert') throw new CommandError(`invalid config entry operation type: ${Op}`);
    setConfigEntry(tx, entry);
    return true;
  },
  aclRoleSet: (tx, body) => nil(setRoles(tx, body.Roles ?? [], body.AllowMissingLinks)),
  aclRoleDelete: (tx, body) => nil(deleteRoles(tx, body.RoleIDs ?? [])),
  aclBindingRuleSet: (tx, body) => nil(setBindingRules(tx, body.BindingRules ?? [])),
  aclBindingRuleDelete: (tx, body) => nil(deleteBindingRules(tx, body.BindingRuleIDs ?? [])),
  aclAuthMethodSet: (tx, body) => nil(setAuthMethods(tx, body.AuthMethods ?? [])),
  aclAuthMethodDelete: (tx, body) => nil(deleteAuthMethods(tx, body.AuthMethodNames ?? [])),
  federationState(tx, { Op, State }) {
    const state = given(State, 'federation state');
    if (Op === 'delete') return nil(deleteFederationState(tx, state.Datacenter));
    if (Op !== 'upsert') throw new CommandError(`invalid federation state operation type: ${Op}`);
    setFederationState(tx, state);
    return true;
  },
  systemMetadata(tx, { Op, Entry }) {
    const entry = given(Entry, 'system metadata');
    if (Op === 'delete') return nil(deleteMetadata(tx, entry.Key));
    if (Op !== 'upsert') throw new CommandError(`invalid system metadata operation type: ${Op}`);
    setMetadata(tx, entry);
    return true;
  },
};

/** Applies one command; an expected failure is the result, anything else thrown is a broken invariant. */
export function applyCommand(store: Store, index: number, command: Command): unknown {
  if (command.name === 'txn') return applyTransaction(store, index, command.body.Ops ?? []);
  try {
    if (command.name === 'kv') return store.write(index, (tx) => applyKv(tx, command.body));
    const handler = handlers[command.name] as (tx: Transaction, body: unknown) => unknown;
    return store.write(index, (tx) => handler(tx, command.body));
  } catch (error) {
    if (error instanceof CommandError) return error;
    throw error;
  }
}
