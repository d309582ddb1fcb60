/**
 * What every RPC method needs, in one table: a method without a line here does not compile. Dispatch asks it on every call,
 * and nothing else decides.
 */
import { RpcError } from '../../errors.ts';
import type { MethodName } from '../../rpc/signatures.ts';
import { aclRights } from './acl.ts';
import { catalogRights } from './catalog.ts';
import { kvRights } from './kv.ts';
import { meshRights } from './mesh.ts';
import { needs, type Rights } from './permit.ts';

const autopilotRead = needs('operator', 'read', 'Missing operator:read permissions');
const autopilotWrite = needs('operator', 'write', 'Missing operator:write permissions');
const operatorRead = needs('operator', 'read');
const operatorWrite = needs('operator', 'write');

export const rights: Rights<MethodName> = {
  ...aclRights,
  ...catalogRights,
  ...kvRights,
  ...meshRights,
  'Internal.EventFire': { check: (permit, { Name = '' }) => permit.demand('event', 'write', Name) },
  'Internal.KeyringOperation': {
    check(permit, { Operation }) {
      const reads = Operation === 'list';
      if (permit.admits('keyring', reads ? 'read' : 'write')) return;
      throw new RpcError(reads ? 'Reading keyring denied by ACLs' : 'Modifying keyring denied due to ACLs');
    },
  },
  'Operator.AutopilotGetConfiguration': autopilotRead,
  'Operator.AutopilotSetConfiguration': autopilotWrite,
  'Operator.AutopilotState': autopilotRead,
  'Operator.ServerHealth': autopilotRead,
  'Operator.RaftGetConfiguration': operatorRead,
  'Operator.RaftRemovePeerByAddress': operatorWrite,
  'Operator.RaftRemovePeerByID': operatorWrite,
  'Operator.RaftTransferLeader': operatorWrite,
  'Status.Leader': 'public',
  'Status.Peers': 'public',
  'Status.Ping': 'public',
  'Status.RaftStats': 'public',
  'Status.ReadIndex': 'public',
};
