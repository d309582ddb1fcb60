/** ACL.Policy*: named sets of rules. */
import { ACLPolicy, type ACLPolicyListStub } from '../../../structs/acl.ts';
import { policyHash } from '../../../structs/acl-hash.ts';
import { make } from '../../../structs/make.ts';
import { globalManagementId } from '../../acl/identities.ts';
import { parseRules, RulesError } from '../../acl/rules.ts';
import { RpcError } from '../../errors.ts';
import { isUuid, listPolicies, policiesIndex, policyById, policyByName } from '../../state/acl-read.ts';
import { fold } from '../../state/schema.ts';
import type { State } from '../../state/store.ts';
import { answer, type MethodTable, noMeta, type ServerContext } from '../context.ts';
import { demandAcls, found, isAclName, proposing } from './acl-common.ts';

const stub = (policy: ACLPolicy): ACLPolicyListStub => ({
  ID: policy.ID,
  Name: policy.Name,
  Description: policy.Description,
  Datacenters: policy.Datacenters,
  Hash: policy.Hash,
  CreateIndex: policy.CreateIndex,
  ModifyIndex: policy.ModifyIndex,
});

/** The policy as it will be stored. Throws RpcError for what must not be. */
function prepare(context: ServerContext, policy: ACLPolicy): ACLPolicy {
  const { state } = context.store;
  if (policy.Name === '') throw new RpcError('Invalid Policy: no Name is set');
  if (!isAclName(policy.Name, 128)) {
    throw new RpcError("Invalid Policy: invalid Name. Only alphanumeric characters, '-' and '_' are allowed");
  }
  const namesake = policyByName(state, policy.Name);
  let { ID } = policy;
  if (ID === '') {
    if (namesake !== undefined) {
      throw new RpcError(`Invalid Policy: A Policy with Name "${policy.Name}" already exists`);
    }
    ID = context.runtime.random.uuid();
  } else {
    if (!isUuid(ID)) throw new RpcError('Policy ID invalid UUID');
    const existing = found(() => policyById(state, ID));
    if (existing === undefined) throw new RpcError(`cannot find policy ${ID}`);
    if (namesake !== undefined && fold(namesake.ID) !== fold(ID)) {
      throw new RpcError(`Invalid Policy: A policy with name "${policy.Name}" already exists`);
    }
    if (ID === globalManagementId) demandUnchanged(existing, policy);
  }
  demandRules(policy.Rules);
  const stored = { ...policy, ID, Syntax: 0 };
  return { ...stored, Hash: policyHash(stored) };
}

function demandUnchanged(existing: ACLPolicy, policy: ACLPolicy): void {
  if ((policy.Datacenters ?? []).length > 0) {
    throw new RpcError('Changing the Datacenters of the builtin global-management policy is not permitted');
  }
  if (policy.Rules !== existing.Rules) {
    throw new RpcError('Changing the Rules for the builtin global-management policy is not permitted');
  }
}

export function demandRules(rules: string): void {
  try {
    parseRules(rules);
  } catch (error) {
    throw error instanceof RulesError ? new RpcError(error.message) : error;
  }
}

const byIds = (state: State, ids: readonly string[] | null): ACLPolicy[] =>
  (ids ?? []).flatMap((id) => state.tables.aclPolicies.get(fold(id)) ?? []);

export const aclPolicyMethods: MethodTable = {
  'ACL.PolicyRead': {
    kind: 'state',
    key: (args) => `${args.PolicyID ?? ''}\0${args.PolicyName ?? ''}`,
    read(state, watch, args) {
      watch.topic('acl-policies');
      const id = args.PolicyID ?? '';
      const policy = id === '' ? policyByName(state, args.PolicyName ?? '') : found(() => policyById(state, id));
      return { index: policiesIndex(state), reply: { Policy: policy ?? null, ...noMeta } };
    },
  },
  'ACL.PolicyList': {
    kind: 'state',
    key: () => '',
    read(state, watch) {
      watch.topic('acl-policies');
      return { index: policiesIndex(state), reply: { Policies: listPolicies(state).map(stub), ...noMeta } };
    },
  },
  'ACL.PolicyBatchRead': {
    kind: 'state',
    key: (args) => (args.PolicyIDs ?? []).join('\0'),
    read(state, watch, args) {
      watch.topic('acl-policies');
      return { index: policiesIndex(state), reply: { Policies: byIds(state, args.PolicyIDs ?? null), ...noMeta } };
    },
  },
  'ACL.PolicyResolve': {
    kind: 'procedure',
    by: 'anybody',
    run(context, args) {
      demandAcls(context);
      const { state } = context.store;
      return answer({ Policies: byIds(state, args.PolicyIDs ?? null), ...noMeta });
    },
  },
  'ACL.PolicySet': {
    kind: 'procedure',
    by: 'leader',
    async run(context, args) {
      demandAcls(context);
      const policy = prepare(context, make(ACLPolicy, args.Policy));
      await proposing('Failed to apply policy upsert request', () =>
        context.propose('aclPolicySet', { Policies: [policy] }),
      );
      return answer(policyById(context.store.state, policy.ID) ?? policy);
    },
  },
  'ACL.PolicyDelete': {
    kind: 'procedure',
    by: 'leader',
    async run(context, args) {
      demandAcls(context);
      const id = args.PolicyID ?? '';
      const policy = found(() => policyById(context.store.state, id));
      if (policy === undefined) return answer('');
      if (policy.ID === globalManagementId) {
        throw new RpcError('Delete operation not permitted on the builtin global-management policy');
      }
      await proposing('Failed to apply policy delete request', () =>
        context.propose('aclPolicyDelete', { PolicyIDs: [policy.ID] }),
      );
      return answer(policy.Name);
    },
  },
};
