/** ACL.AuthMethod* and ACL.BindingRule*: whom else's word is taken for who somebody is, and what that makes them. */

import { FilterError } from '../../../lib/bexpr/index.ts';
import { formatDuration, nsPerMs } from '../../../lib/duration.ts';
import { ACLAuthMethod, type ACLAuthMethodListStub, ACLBindingRule } from '../../../structs/acl.ts';
import { make } from '../../../structs/make.ts';
import { AuthMethodError, authMethodTypes, demandConfig, variablesOf } from '../../acl/auth-methods.ts';
import { demandSelector, interpolate, isBindName } from '../../acl/binding.ts';
import { RpcError } from '../../errors.ts';
import { authMethodByName, bindingRuleById, listAuthMethods, listBindingRules } from '../../state/acl-read.ts';
import { maxIndex, type State } from '../../state/store.ts';
import { answer, type MethodTable, noMeta, type ServerContext } from '../context.ts';
import { demandAcls, found, isAclName, proposing } from './acl-common.ts';

const minTtlNs = 60_000 * nsPerMs;
const maxTtlNs = 24 * 3600_000 * nsPerMs;

const stub = (method: ACLAuthMethod): ACLAuthMethodListStub => ({
  Name: method.Name,
  Type: method.Type,
  DisplayName: method.DisplayName,
  Description: method.Description,
  MaxTokenTTL: method.MaxTokenTTL,
  TokenLocality: method.TokenLocality,
  CreateIndex: method.CreateIndex,
  ModifyIndex: method.ModifyIndex,
});

const invalid = (why: string): RpcError => new RpcError(`Invalid Auth Method: ${why}`);

async function prepareMethod(context: ServerContext, method: ACLAuthMethod): Promise<ACLAuthMethod> {
  const { store, config, identifier } = context;
  if (method.Name === '') throw invalid('no Name is set');
  if (!isAclName(method.Name, 128)) {
    throw invalid("invalid Name. Only alphanumeric characters, '-' and '_' are allowed");
  }
  const existing = authMethodByName(store.state, method.Name);
  const Type = method.Type || (existing?.Type ?? '');
  if (existing !== undefined && Type !== existing.Type) {
    throw new RpcError('the Type field of an Auth Method is immutable');
  }
  if (!authMethodTypes.includes(Type)) throw invalid(`Type should be one of: [${authMethodTypes.join(' ')}]`);
  const { MaxTokenTTL: ttlNs, TokenLocality } = method;
  if (ttlNs !== 0 && ttlNs > maxTtlNs) {
    throw new RpcError(`MaxTokenTTL ${formatDuration(ttlNs)} cannot be more than ${formatDuration(maxTtlNs)}`);
  }
  if (ttlNs !== 0 && ttlNs < minTtlNs) {
    throw new RpcError(`MaxTokenTTL ${formatDuration(ttlNs)} cannot be less than ${formatDuration(minTtlNs)}`);
  }
  if (!['', 'local', 'global'].includes(TokenLocality)) {
    throw invalid("TokenLocality should be one of 'local' or 'global'");
  }
  if (TokenLocality === 'global' && config.primaryDatacenter !== config.datacenter) {
    throw invalid("TokenLocality 'global' can only be used in the primary datacenter");
  }
  const stored = { ...method, Type };
  try {
    const source = demandConfig(stored);
    if (source !== null) await identifier.keySets.check(source);
  } catch (error) {
    throw error instanceof AuthMethodError ? invalid(error.message) : error;
  }
  return stored;
}

const wrongRule = (why: string): RpcError => new RpcError(`Invalid Binding Rule: ${why}`);

function prepareRule({ store, runtime }: ServerContext, rule: ACLBindingRule): ACLBindingRule {
  const { state } = store;
  let { ID, AuthMethod } = rule;
  if (ID === '') ID = runtime.random.uuid();
  else {
    const existing = found(() => bindingRuleById(state, ID));
    if (existing === undefined) throw new RpcError(`cannot find binding rule ${ID}`);
    if (AuthMethod === '') ({ AuthMethod } = existing);
    else if (AuthMethod !== existing.AuthMethod) {
      throw new RpcError('the AuthMethod field of an Binding Rule is immutable');
    }
  }
  if (AuthMethod === '') throw wrongRule('no AuthMethod is set');
  const method = authMethodByName(state, AuthMethod);
  if (method === undefined) throw new RpcError(`cannot find auth method with name "${AuthMethod}"`);
  try {
    demandSelector(rule.Selector, method.Type);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    throw new RpcError(`invalid Binding Rule: Selector is invalid: ${error.message}`);
  }
  if (rule.BindType === '') throw wrongRule('no BindType is set');
  if (!['service', 'node', 'role'].includes(rule.BindType)) throw wrongRule(`unknown BindType "${rule.BindType}"`);
  if (rule.BindName === '') throw wrongRule('no BindName is set');
  demandBindName(rule, variablesOf(method));
  return { ...rule, ID, AuthMethod };
}

function demandBindName({ BindType, BindName }: ACLBindingRule, variables: readonly string[]): void {
  let example: string;
  try {
    example = interpolate(BindName, (variable) => (variables.includes(variable) ? 'fake' : undefined));
  } catch (error) {
    throw error instanceof AuthMethodError ? wrongRule(`invalid BindName: ${error.message}`) : error;
  }
  if (!isBindName(BindType, example)) throw wrongRule('invalid BindName');
}

const methodsIndex = (state: State): number => maxIndex(state, 'acl-auth-methods');
const rulesIndex = (state: State): number => maxIndex(state, 'acl-binding-rules');

export const aclAuthMethodMethods: MethodTable = {
  'ACL.AuthMethodRead': {
    kind: 'state',
    key: (args) => args.AuthMethodName ?? '',
    read(state, watch, args) {
      watch.topic('acl-auth-methods');
      const AuthMethod = authMethodByName(state, args.AuthMethodName ?? '') ?? null;
      return { index: methodsIndex(state), reply: { AuthMethod, ...noMeta } };
    },
  },
  'ACL.AuthMethodList': {
    kind: 'state',
    key: () => '',
    read(state, watch) {
      watch.topic('acl-auth-methods');
      return { index: methodsIndex(state), reply: { AuthMethods: listAuthMethods(state).map(stub), ...noMeta } };
    },
  },
  'ACL.AuthMethodSet': {
    kind: 'procedure',
    by: 'leader',
    async run(context, args) {
      demandAcls(context);
      const method = await prepareMethod(context, make(ACLAuthMethod, args.AuthMethod));
      await proposing('Failed to apply auth method upsert request', () =>
        context.propose('aclAuthMethodSet', { AuthMethods: [method] }),
      );
      return answer(authMethodByName(context.store.state, method.Name) ?? method);
    },
  },
  'ACL.AuthMethodDelete': {
    kind: 'procedure',
    by: 'leader',
    async run(context, args) {
      demandAcls(context);
      const method = authMethodByName(context.store.state, args.AuthMethodName ?? '');
      if (method === undefined) return answer(true);
      await proposing('Failed to apply auth method delete request', () =>
        context.propose('aclAuthMethodDelete', { AuthMethodNames: [method.Name] }),
      );
      return answer(true);
    },
  },
  'ACL.BindingRuleRead': {
    kind: 'state',
    key: (args) => args.BindingRuleID ?? '',
    read(state, watch, args) {
      watch.topic('acl-binding-rules');
      const BindingRule = found(() => bindingRuleById(state, args.BindingRuleID ?? '')) ?? null;
      return { index: rulesIndex(state), reply: { BindingRule, ...noMeta } };
    },
  },
  'ACL.BindingRuleList': {
    kind: 'state',
    key: (args) => args.AuthMethod ?? '',
    read(state, watch, args) {
      watch.topic('acl-binding-rules');
      const BindingRules = listBindingRules(state, args.AuthMethod ?? '');
      return { index: rulesIndex(state), reply: { BindingRules, ...noMeta } };
    },
  },
  'ACL.BindingRuleSet': {
    kind: 'procedure',
    by: 'leader',
    async run(context, args) {
      demandAcls(context);
      const rule = prepareRule(context, make(ACLBindingRule, args.BindingRule));
      await proposing('Failed to apply binding rule upsert request', () =>
        context.propose('aclBindingRuleSet', { BindingRules: [rule] }),
      );
      return answer(bindingRuleById(context.store.state, rule.ID) ?? rule);
    },
  },
  'ACL.BindingRuleDelete': {
    kind: 'procedure',
    by: 'leader',
    async run(context, args) {
      demandAcls(context);
      const rule = found(() => bindingRuleById(context.store.state, args.BindingRuleID ?? ''));
      if (rule === undefined) return answer(true);
      await proposing('Failed to apply binding rule delete request', () =>
        context.propose('aclBindingRuleDelete', { BindingRuleIDs: [rule.ID] }),
      );
      return answer(true);
    },
  },
};
