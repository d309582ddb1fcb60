/** What the methods of the ACL system share. */
import type {
  ACLNodeIdentity,
  ACLPolicy,
  ACLRole,
  ACLServiceIdentity,
  ACLTokenPolicyLink,
} from '../../../structs/acl.ts';
import { errors, RpcError } from '../../errors.ts';
import { asError } from '../../raft/errors.ts';
import { policyByName } from '../../state/acl-read.ts';
import { CommandError, type State } from '../../state/store.ts';
import { isUntried, type PartialArgs, type ServerContext } from '../context.ts';

/** Every method of the ACL system begins with it. @throws RpcError while ACLs are off */
export function demandAcls({ config }: Pick<ServerContext, 'config'>): void {
  if (!config.acl.enabled) throw errors.aclDisabled();
}

/** An expected failure of a read, as the caller sees it; `what` stands before it. */
export function found<T>(read: () => T, what = ''): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof CommandError ? new RpcError(`${what}${error.message}`) : error;
  }
}

/** Proposes; what the state machine refuses is told behind `what`. */
export async function proposing(what: string, run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (isUntried(error)) throw error;
    throw new RpcError(`${what}: ${asError(error).message}`, 500, { cause: error });
  }
}

export const tokenOf = (args: object): string => (args as PartialArgs<'KVS.Get'>).Token ?? '';

const name = /^[A-Za-z0-9\-_]+$/;
const lowerName = /^[a-z0-9]([a-z0-9\-_]*[a-z0-9])?$/;

export const isAclName = (text: string, maxLength: number): boolean => text.length <= maxLength && name.test(text);

/** Links by id or by name, to links by id alone: names may change. The first of equal ones stays. */
export function linksById(
  links: readonly ACLTokenPolicyLink[] | null,
  kind: 'policy' | 'role',
  byName: (name: string) => Pick<ACLPolicy | ACLRole, 'ID'> | undefined,
): ACLTokenPolicyLink[] | null {
  const ids = new Set<string>();
  for (const { ID, Name } of links ?? []) {
    const id = ID === '' ? byName(Name)?.ID : ID;
    if (id === undefined) throw new RpcError(`No such ACL ${kind} with name "${Name}"`);
    ids.add(id);
  }
  return ids.size === 0 ? null : [...ids].map((ID) => ({ ID, Name: '' }));
}

export const policyLinks = (state: State, links: readonly ACLTokenPolicyLink[] | null): ACLTokenPolicyLink[] | null =>
  linksById(links, 'policy', (text) => policyByName(state, text));

export interface Owner {
  readonly kind: 'token' | 'role';
  readonly local: boolean;
}

/** By name; several for one service become one, for all datacenters if one of them is. */
export function serviceIdentities(
  identities: readonly ACLServiceIdentity[] | null,
  { kind, local }: Owner,
): ACLServiceIdentity[] | null {
  const merged = new Map<string, Set<string> | null>();
  for (const { ServiceName, Datacenters } of identities ?? []) {
    if (ServiceName === '') throw new RpcError(`Service identity is missing the service name field on this ${kind}`);
    const datacenters = Datacenters ?? [];
    if (local && datacenters.length > 0) {
      throw new RpcError(`Service identity "${ServiceName}" cannot specify a list of datacenters on a local ${kind}`);
    }
    if (ServiceName.length > 256 || !lowerName.test(ServiceName)) {
      throw new RpcError(
        `Service identity "${ServiceName}" has an invalid name. Only alphanumeric characters, '-' and '_' are allowed`,
      );
    }
    const known = merged.get(ServiceName);
    if (known === null || datacenters.length === 0) merged.set(ServiceName, null);
    else merged.set(ServiceName, new Set([...(known ?? []), ...datacenters]));
  }
  if (merged.size === 0) return null;
  return [...merged]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([ServiceName, datacenters]) => ({
      ServiceName,
      Datacenters: datacenters === null ? null : [...datacenters].sort(),
    }));
}

/** By name, each once. */
export function nodeIdentities(
  identities: readonly ACLNodeIdentity[] | null,
  { kind }: Owner,
): ACLNodeIdentity[] | null {
  const distinct = new Map<string, ACLNodeIdentity>();
  for (const identity of identities ?? []) {
    const { NodeName, Datacenter } = identity;
    if (NodeName === '') throw new RpcError(`Node identity is missing the node name field on this ${kind}`);
    if (Datacenter === '') throw new RpcError(`Node identity is missing the datacenter field on this ${kind}`);
    if (NodeName.length > 256 || !lowerName.test(NodeName)) {
      throw new RpcError(`Node identity has an invalid name. Only alphanumeric characters, '-' and '_' are allowed`);
    }
    distinct.set(`${NodeName}\0${Datacenter}`, identity);
  }
  if (distinct.size === 0) return null;
  return [...distinct].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, identity]) => identity);
}
