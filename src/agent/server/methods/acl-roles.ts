/** ACL.Role*: policies and identities under one name. */
import { ACLRole } from '../../../structs/acl.ts';
import { roleHash } from '../../../structs/acl-hash.ts';
import { make } from '../../../structs/make.ts';
import { RpcError } from '../../errors.ts';
import { isUuid, listRoles, roleById, roleByName, rolesIndex } from '../../state/acl-read.ts';
import { fold } from '../../state/schema.ts';
import type { State } from '../../state/store.ts';
import type { WatchSet } from '../../state/watches.ts';
import { answer, type MethodTable, noMeta, type ServerContext } from '../context.ts';
import {
  demandAcls,
  found,
  isAclName,
  nodeIdentities,
  policyLinks,
  proposing,
  serviceIdentities,
} from './acl-common.ts';

function prepare(context: ServerContext, role: ACLRole): ACLRole {
  const { state } = context.store;
  if (role.Name === '') throw new RpcError('Invalid Role: no Name is set');
  if (!isAclName(role.Name, 256)) {
    throw new RpcError("Invalid Role: invalid Name. Only alphanumeric characters, '-' and '_' are allowed");
  }
  const namesake = roleByName(state, role.Name);
  let { ID } = role;
  if (ID === '') ID = context.runtime.random.uuid();
  else {
    if (!isUuid(ID)) throw new RpcError('Role ID invalid UUID');
    if (found(() => roleById(state, ID)) === undefined) throw new RpcError(`cannot find role ${ID}`);
  }
  if (namesake !== undefined && fold(namesake.ID) !== fold(ID)) {
    throw new RpcError(`Invalid Role: A Role with Name "${role.Name}" already exists`);
  }
  const owner = { kind: 'role', local: false } as const;
  const stored = {
    ...role,
    ID,
    Policies: policyLinks(state, role.Policies),
    ServiceIdentities: serviceIdentities(role.ServiceIdentities, owner),
    NodeIdentities: nodeIdentities(role.NodeIdentities, owner),
  };
  return { ...stored, Hash: roleHash(stored) };
}

/** Names of linked policies are part of how a role is shown. */
function watchRoles(watch: WatchSet): void {
  watch.topic('acl-roles');
  watch.topic('acl-policies');
}

const byIds = (state: State, ids: readonly string[] | null): ACLRole[] =>
  (ids ?? []).flatMap((id) => state.tables.aclRoles.get(fold(id)) ?? []);

export const aclRoleMethods: MethodTable = {
  'ACL.RoleRead': {
    kind: 'state',
    key: (args) => `${args.RoleID ?? ''}\0${args.RoleName ?? ''}`,
    read(state, watch, args) {
      watchRoles(watch);
      const id = args.RoleID ?? '';
      const role = id === '' ? roleByName(state, args.RoleName ?? '') : found(() => roleById(state, id));
      return { index: rolesIndex(state), reply: { Role: role ?? null, ...noMeta } };
    },
  },
  'ACL.RoleList': {
    kind: 'state',
    key: (args) => args.Policy ?? '',
    read(state, watch, args) {
      watchRoles(watch);
      const roles = found(() => listRoles(state, args.Policy ?? ''));
      return { index: rolesIndex(state), reply: { Roles: roles, ...noMeta } };
    },
  },
  'ACL.RoleBatchRead': {
    kind: 'state',
    key: (args) => (args.RoleIDs ?? []).join('\0'),
    read(state, watch, args) {
      watchRoles(watch);
      return { index: rolesIndex(state), reply: { Roles: byIds(state, args.RoleIDs ?? null), ...noMeta } };
    },
  },
  'ACL.RoleResolve': {
    kind: 'procedure',
    by: 'anybody',
    run(context, args) {
      demandAcls(context);
      return answer({ Roles: byIds(context.store.state, args.RoleIDs ?? null), ...noMeta });
    },
  },
  'ACL.RoleSet': {
    kind: 'procedure',
    by: 'leader',
    async run(context, args) {
      demandAcls(context);
      const role = prepare(context, make(ACLRole, args.Role));
      await proposing('Failed to apply role upsert request', () =>
        context.propose('aclRoleSet', { Roles: [role], AllowMissingLinks: false }),
      );
      return answer(roleById(context.store.state, role.ID) ?? role);
    },
  },
  'ACL.RoleDelete': {
    kind: 'procedure',
    by: 'leader',
    async run(context, args) {
      demandAcls(context);
      const role = found(() => roleById(context.store.state, args.RoleID ?? ''));
      if (role === undefined) return answer('');
      await proposing('Failed to apply role delete request', () =>
        context.propose('aclRoleDelete', { RoleIDs: [role.ID] }),
      );
      return answer(role.Name);
    },
  },
};
