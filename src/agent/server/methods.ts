/** The methods this server answers, by name (rpc/signatures.ts has their types). One file an area in `methods/`. */
import type { Config } from '../config/config.ts';
import { errors } from '../errors.ts';
import type { MethodTable, Procedure } from './context.ts';
import { aclAuthMethodMethods } from './methods/acl-auth-methods.ts';
import { aclBootstrapMethods } from './methods/acl-bootstrap.ts';
import { aclLegacyMethods } from './methods/acl-legacy.ts';
import { aclLoginMethods } from './methods/acl-login.ts';
import { aclPolicyMethods } from './methods/acl-policies.ts';
import { aclRoleMethods } from './methods/acl-roles.ts';
import { aclTokenMethods } from './methods/acl-tokens.ts';
import { autoEncryptMethods } from './methods/auto-encrypt.ts';
import { catalogMethods } from './methods/catalog.ts';
import { configEntryMethods } from './methods/config-entry.ts';
import { connectCaMethods } from './methods/connect-ca.ts';
import { coordinateMethods } from './methods/coordinate.ts';
import { discoveryChainMethods } from './methods/discovery-chain.ts';
import { federationStateMethods } from './methods/federation-state.ts';
import { healthMethods } from './methods/health.ts';
import { intentionMethods } from './methods/intention.ts';
import { internalMethods } from './methods/internal.ts';
import { internalGossipMethods } from './methods/internal-gossip.ts';
import { kvMethods } from './methods/kv.ts';
import { operatorMethods } from './methods/operator.ts';
import { preparedQueryMethods } from './methods/prepared-query.ts';
import { sessionMethods } from './methods/session.ts';
import { statusMethods } from './methods/status.ts';
import { txnMethods } from './methods/txn.ts';

const methods: MethodTable = {
  ...aclAuthMethodMethods,
  ...aclBootstrapMethods,
  ...aclLegacyMethods,
  ...aclLoginMethods,
  ...aclPolicyMethods,
  ...aclRoleMethods,
  ...aclTokenMethods,
  ...catalogMethods,
  ...configEntryMethods,
  ...autoEncryptMethods,
  ...connectCaMethods,
  ...coordinateMethods,
  ...discoveryChainMethods,
  ...federationStateMethods,
  ...healthMethods,
  ...internalGossipMethods,
  ...intentionMethods,
  ...internalMethods,
  ...kvMethods,
  ...operatorMethods,
  ...preparedQueryMethods,
  ...sessionMethods,
  ...statusMethods,
  ...txnMethods,
};

/** What only works where the mesh is on. */
const meshMethods: MethodTable = { ...connectCaMethods, ...discoveryChainMethods, ...intentionMethods };

const refusal: Procedure<never> = {
  kind: 'procedure',
  by: 'anybody',
  run() {
    throw errors.connectDisabled();
  },
};

/** The methods of a server with this configuration. */
export function methodsFor({ connect }: Config): MethodTable {
  if (connect.enabled) return methods;
  return { ...methods, ...Object.fromEntries(Object.keys(meshMethods).map((name) => [name, refusal])) };
}

export type { MethodTable };
