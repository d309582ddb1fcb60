/**
 * The content hashes of the ACL system: BLAKE2b-256 over the fields that matter, one after the other. Replication and
 * `modified since` checks compare them, so they are the same for the same content on every server.
 */
import { blake2b } from '../lib/blake2b.ts';
import type { ACLNodeIdentity, ACLPolicy, ACLRole, ACLServiceIdentity, ACLToken } from './acl.ts';

const encoder = new TextEncoder();
const digest = (parts: readonly string[]): Uint8Array => blake2b(encoder.encode(parts.join('')), 32);

const ids = (links: readonly { readonly ID: string }[] | null): string[] => (links ?? []).map(({ ID }) => ID);
const ofServices = (identities: readonly ACLServiceIdentity[] | null): string[] =>
  (identities ?? []).flatMap(({ ServiceName, Datacenters }) => [ServiceName, ...(Datacenters ?? [])]);
const ofNodes = (identities: readonly ACLNodeIdentity[] | null): string[] =>
  (identities ?? []).flatMap(({ NodeName, Datacenter }) => [NodeName, Datacenter]);

export const policyHash = (policy: Pick<ACLPolicy, 'Name' | 'Description' | 'Rules' | 'Datacenters'>): Uint8Array =>
  digest([policy.Name, policy.Description, policy.Rules, ...(policy.Datacenters ?? [])]);

export const roleHash = (role: ACLRole): Uint8Array =>
  digest([
    role.Name,
    role.Description,
    ...ids(role.Policies),
    ...ofServices(role.ServiceIdentities),
    ...ofNodes(role.NodeIdentities),
  ]);

export const tokenHash = (token: ACLToken): Uint8Array =>
  digest([
    token.Description,
    token.Type,
    token.Rules,
    token.Local ? 'local' : 'global',
    ...ids(token.Policies),
    ...ids(token.Roles),
    ...ofServices(token.ServiceIdentities),
    ...ofNodes(token.NodeIdentities),
  ]);
