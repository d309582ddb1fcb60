/**
 * Secrets to authorizers, from the tables of this server. What was resolved is kept as long as the ACL tables are what they
 * were, so a hot request pays one lookup.
 */
import { expiryOf } from '../../structs/acl-expiry.ts';
import { errors } from '../errors.ts';
import { fold } from '../state/schema.ts';
import type { State } from '../state/store.ts';
import type { WatchSet } from '../state/watches.ts';
import { type Authorizer, createAuthorizer, type Fallback } from './authorizer.ts';
import { authorizerOf } from './grants.ts';
import { agentMasterRules, anonymousSecret } from './identities.ts';
import type { RemoteAcl } from './remote.ts';

export interface Resolved {
  readonly authorizer: Authorizer;
  /** Epoch milliseconds; Infinity for tokens that last. */
  readonly expiresAtMs: number;
  /** Of rights that are not read from the tables here: another one whenever they are others. 0 for those that are. */
  readonly version: number;
}

export interface AclResolverOptions {
  readonly state: () => State;
  readonly datacenter: string;
  readonly nodeName: string;
  readonly fallback: Fallback;
  /** '' when there is none. Read anew: it may be set while the agent runs. */
  readonly agentMaster: () => string;
  readonly wallMs: () => number;
  /** For tokens of the primary, in a datacenter that may not have them all; null in the primary. */
  readonly remote: RemoteAcl | null;
}

/** Secrets kept at most; they are cheap to resolve again. */
const maxKept = 65_536;

export class AclResolver {
  readonly #options: AclResolverOptions;
  readonly #kept = new Map<string, Resolved>();
  readonly #agentMaster: Resolved;
  #tables: State['tables'] | null = null;
  #tokensIndex = 0;
  #policiesIndex = 0;
  #rolesIndex = 0;

  constructor(options: AclResolverOptions) {
    this.#options = options;
    const authorizer = createAuthorizer([agentMasterRules(options.nodeName)], 'deny');
    this.#agentMaster = { authorizer, expiresAtMs: Number.POSITIVE_INFINITY, version: 0 };
  }

  /**
   * Null when `resolve` can be called at once. Otherwise first waits for what the primary knows of the token, and rejects
   * with an RpcError when that is nothing.
   */
  prepare(secret: string): Promise<unknown> | null {
    const { remote, state } = this.#options;
    if (remote === null || (secret !== '' && secret === this.#options.agentMaster())) return null;
    if (state().tables.aclTokens.get(secret === '' ? anonymousSecret : secret) !== undefined) return null;
    const found = remote.resolve(secret);
    return found instanceof Promise ? found : null;
  }

  /** @throws RpcError for a secret that is no token's, or of one that has expired */
  resolve(secret: string): Resolved {
    this.#freshen();
    const id = secret === '' ? anonymousSecret : secret;
    const kept = this.#kept.get(id) ?? this.#look(id);
    if (kept.expiresAtMs <= this.#options.wallMs()) throw errors.aclNotFound();
    return kept;
  }

  /** Names to `watch` what the token's rights depend on. */
  watch(secret: string, watch: WatchSet): void {
    const { tables } = this.#options.state();
    const id = secret === '' ? anonymousSecret : secret;
    watch.topic(`acl-token:${id}`);
    const token = tables.aclTokens.get(id);
    const policies = [...(token?.Policies ?? [])];
    for (const { ID } of token?.Roles ?? []) {
      watch.topic(`acl-role:${fold(ID)}`);
      policies.push(...(tables.aclRoles.get(fold(ID))?.Policies ?? []));
    }
    for (const { ID } of policies) watch.topic(`acl-policy:${fold(ID)}`);
  }

  #freshen(): void {
    const { tables, indexes } = this.#options.state();
    const tokens = indexes.get('acl-tokens') ?? 0;
    const policies = indexes.get('acl-policies') ?? 0;
    const roles = indexes.get('acl-roles') ?? 0;
    const same =
      tables === this.#tables &&
      tokens === this.#tokensIndex &&
      policies === this.#policiesIndex &&
      roles === this.#rolesIndex;
    if (same) return;
    this.#tables = tables;
    this.#tokensIndex = tokens;
    this.#policiesIndex = policies;
    this.#rolesIndex = roles;
    this.#kept.clear();
  }

  #look(id: string): Resolved {
    if (id === this.#options.agentMaster()) return this.#agentMaster;
    const { tables } = this.#options.state();
    const token = tables.aclTokens.get(id);
    if (token === undefined) {
      const elsewhere = this.#options.remote?.known(id);
      if (elsewhere !== undefined) return elsewhere;
      // Before the leader has written the anonymous token, nobody is somebody.
      if (id === anonymousSecret) return this.#keep(id, nobody(this.#options.fallback));
      throw errors.aclNotFound();
    }
    const links = {
      policy: (policyId: string) => tables.aclPolicies.get(fold(policyId)),
      role: (roleId: string) => tables.aclRoles.get(fold(roleId)),
    };
    const authorizer = authorizerOf(token, links, this.#options);
    return this.#keep(id, { authorizer, expiresAtMs: expiryOf(token), version: 0 });
  }

  #keep(id: string, resolved: Resolved): Resolved {
    if (this.#kept.size >= maxKept) this.#kept.clear();
    this.#kept.set(id, resolved);
    return resolved;
  }
}

const nobody = (fallback: Fallback): Resolved => ({
  authorizer: createAuthorizer([], fallback),
  expiresAtMs: Number.POSITIVE_INFINITY,
  version: 0,
});
