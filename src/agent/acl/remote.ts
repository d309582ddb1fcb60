/** What tokens are allowed on an agent that is no server: asked of the servers, kept for a while, decided by the down policy without them. */
import type { Clock, MaybePromise } from '../../lib/runtime.ts';
import type { Config } from '../config/config.ts';
import { errors, RpcError } from '../errors.ts';
import type { RpcCaller } from '../rpc/caller.ts';
import { type Authorizer, createAuthorizer } from './authorizer.ts';
import { authorizerOf } from './grants.ts';
import { agentMasterRules, anonymousSecret } from './identities.ts';

interface Kept {
  readonly authorizer: Authorizer;
  /** By the monotonic clock. */
  readonly freshUntilMs: number;
  /** By the wall clock; Infinity for tokens that last. */
  readonly expiresAtMs: number;
}

export interface RemoteAclOptions {
  readonly config: () => Config;
  readonly rpc: RpcCaller;
  readonly clock: Clock;
  /** '' when there is none. */
  readonly agentMaster: () => string;
}

/** Tokens kept at most, the oldest go. */
const maxKept = 8192;

export class RemoteAcl {
  readonly #options: RemoteAclOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #asking = new Map<string, Promise<Authorizer>>();
  readonly #agentMaster: Authorizer;

  constructor(options: RemoteAclOptions) {
    this.#options = options;
    this.#agentMaster = createAuthorizer([agentMasterRules(options.config().nodeName)], 'deny');
  }

  /** Rejects with an RpcError for a token that is none. */
  authorizer(secret: string): MaybePromise<Authorizer> {
    if (secret !== '' && secret === this.#options.agentMaster()) return this.#agentMaster;
    const id = secret === '' ? anonymousSecret : secret;
    const kept = this.#kept.get(id);
    const { clock, config } = this.#options;
    if (kept !== undefined && kept.expiresAtMs > clock.wallMs()) {
      if (kept.freshUntilMs > clock.nowMs()) return kept.authorizer;
      if (config().acl.downPolicy === 'async-cache') {
        this.#ask(id).catch(() => {});
        return kept.authorizer;
      }
    }
    return this.#ask(id);
  }

  /** Who asks for the same token at the same time shares the question. */
  #ask(id: string): Promise<Authorizer> {
    const asking = this.#asking.get(id);
    if (asking !== undefined) return asking;
    const asked = this.#fetch(id)
      .catch((error: unknown) => this.#withoutServers(id, error))
      .finally(() => this.#asking.delete(id));
    this.#asking.set(id, asked);
    return asked;
  }

  async #fetch(id: string): Promise<Authorizer> {
    const { rpc, clock, config } = this.#options;
    const { acl, datacenter } = config();
    const question = { Datacenter: datacenter, Token: id === anonymousSecret ? '' : id, AllowStale: true };
    const { reply } = await rpc.call('ACL.TokenRead', { ...question, TokenID: id, TokenIDType: 'secret' });
    const token = reply.Token;
    if (token === null || token.SecretID !== id) {
      this.#kept.delete(id);
      if (id === anonymousSecret) return createAuthorizer([], acl.defaultPolicy);
      throw errors.aclNotFound();
    }
    const expiresAtMs = token.ExpirationTime === null ? Number.POSITIVE_INFINITY : Date.parse(token.ExpirationTime);
    if (expiresAtMs <= clock.wallMs()) throw errors.aclNotFound();
    const roleIds = (token.Roles ?? []).map(({ ID }) => ID);
    const roles =
      roleIds.length === 0
        ? []
        : ((await rpc.call('ACL.RoleResolve', { ...question, RoleIDs: roleIds })).reply.Roles ?? []);
    const policyIds = [...new Set([token, ...roles].flatMap(({ Policies }) => (Policies ?? []).map(({ ID }) => ID)))];
    const policies =
      policyIds.length === 0
        ? []
        : ((await rpc.call('ACL.PolicyResolve', { ...question, PolicyIDs: policyIds })).reply.Policies ?? []);
    const links = {
      policy: (policyId: string) => policies.find(({ ID }) => ID === policyId),
      role: (roleId: string) => roles.find(({ ID }) => ID === roleId),
    };
    const authorizer = authorizerOf(token, links, { datacenter, fallback: acl.defaultPolicy });
    this.#keep(id, { authorizer, freshUntilMs: clock.nowMs() + acl.tokenTtlMs, expiresAtMs });
    return authorizer;
  }

  #keep(id: string, kept: Kept): void {
    this.#kept.delete(id);
    this.#kept.set(id, kept);
    if (this.#kept.size > maxKept) this.#kept.delete(this.#kept.keys().next().value as string);
  }

  /** A refusal is an answer; for everything else the down policy decides. */
  #withoutServers(id: string, error: unknown): Authorizer {
    if (error instanceof RpcError && error.status === 403) {
      this.#kept.delete(id);
      throw error;
    }
    const { clock, config } = this.#options;
    switch (config().acl.downPolicy) {
      case 'allow':
        return createAuthorizer([], 'allow');
      case 'deny':
        return createAuthorizer([], 'deny');
      default: {
        const kept = this.#kept.get(id);
        if (kept !== undefined && kept.expiresAtMs > clock.wallMs()) return kept.authorizer;
        return createAuthorizer([], 'deny');
      }
    }
  }
}
