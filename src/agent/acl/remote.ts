/**
 * What tokens are allowed where their table is not: on clients, and in datacenters without tokens of their own. Tokens,
 * roles and policies are asked for and kept, each for its time; without an answer the down policy decides.
 */

import type { Clock, MaybePromise } from '../../lib/runtime.ts';
import type { ACLPolicy, ACLRole, ACLToken } from '../../structs/acl.ts';
import { expiryOf } from '../../structs/acl-expiry.ts';
import type { Config } from '../config/config.ts';
import { errors, RpcError } from '../errors.ts';
import type { RpcCaller } from '../rpc/caller.ts';
import { type Authorizer, createAuthorizer } from './authorizer.ts';
import { authorizerOf } from './grants.ts';
import { agentMasterRules, anonymousSecret } from './identities.ts';
import { TtlRows } from './ttl-rows.ts';

/** What was found out about a token. */
export interface RemoteToken {
  readonly authorizer: Authorizer;
  /** By the wall clock; Infinity for tokens that last. */
  readonly expiresAtMs: number;
  /** By the monotonic clock. */
  readonly freshUntilMs: number;
  /** Another one whenever the rights are others. */
  readonly version: number;
}

export interface RemoteAclOptions {
  readonly config: () => Config;
  /** The datacenter that is asked. */
  readonly datacenter: string;
  readonly rpc: RpcCaller;
  readonly clock: Clock;
  /** '' when there is none. */
  readonly agentMaster: () => string;
}

type Linked = ACLPolicy | ACLRole;
/** What an authorizer was made of. */
interface Parts {
  readonly token: ACLToken;
  readonly roles: readonly ACLRole[];
  readonly policies: readonly ACLPolicy[];
}
const sameRows = (a: readonly Linked[], b: readonly Linked[]): boolean =>
  a.length === b.length && a.every((row, i) => row === b[i]);
const sameParts = (a: Parts, b: Parts): boolean =>
  a.token === b.token && sameRows(a.roles, b.roles) && sameRows(a.policies, b.policies);

/** Tokens remembered at most; the oldest go. */
const maxKnown = 8192;

export class RemoteAcl {
  readonly #options: RemoteAclOptions;
  readonly #tokens: TtlRows<ACLToken>;
  readonly #roles: TtlRows<ACLRole>;
  readonly #policies: TtlRows<ACLPolicy>;
  readonly #known = new Map<string, RemoteToken & { readonly parts: Parts | null }>();
  readonly #asking = new Map<string, Promise<RemoteToken>>();
  readonly #agentMaster: Authorizer;
  #versions = 0;

  constructor(options: RemoteAclOptions) {
    this.#options = options;
    const { clock, config } = options;
    this.#tokens = new TtlRows(clock.nowMs, () => config().acl.tokenTtlMs);
    this.#roles = new TtlRows(clock.nowMs, () => config().acl.roleTtlMs);
    this.#policies = new TtlRows(clock.nowMs, () => config().acl.policyTtlMs);
    this.#agentMaster = createAuthorizer([agentMasterRules(config().nodeName)], 'deny');
  }

  /** Rejects with an RpcError for a token that is none. */
  authorizer(secret: string): MaybePromise<Authorizer> {
    if (secret !== '' && secret === this.#options.agentMaster()) return this.#agentMaster;
    const found = this.resolve(secret);
    return found instanceof Promise ? found.then(({ authorizer }) => authorizer) : found.authorizer;
  }

  /** Rejects with an RpcError for a token that is none. */
  resolve(secret: string): MaybePromise<RemoteToken> {
    const id = secret === '' ? anonymousSecret : secret;
    const known = this.#known.get(id);
    const { clock, config } = this.#options;
    if (known !== undefined && known.expiresAtMs > clock.wallMs()) {
      if (known.freshUntilMs > clock.nowMs()) return known;
      if (known.parts !== null && config().acl.downPolicy === 'async-cache') {
        this.#ask(id).catch(() => {});
        return known;
      }
    }
    return this.#ask(id);
  }

  /** What was found out last, fresh or not. */
  known(secret: string): RemoteToken | undefined {
    return this.#known.get(secret === '' ? anonymousSecret : secret);
  }

  /** Who asks for the same token at the same time shares the question. */
  #ask(id: string): Promise<RemoteToken> {
    const asking = this.#asking.get(id);
    if (asking !== undefined) return asking;
    const asked = this.#find(id)
      .catch((error: unknown) => this.#withoutAnswer(id, error))
      .finally(() => this.#asking.delete(id));
    this.#asking.set(id, asked);
    return asked;
  }

  async #find(id: string): Promise<RemoteToken> {
    const { clock, config } = this.#options;
    const token = await this.#token(id);
    if (token === null) {
      if (id !== anonymousSecret) throw errors.aclNotFound();
      const authorizer = createAuthorizer([], config().acl.defaultPolicy);
      const freshUntilMs = clock.nowMs() + config().acl.tokenTtlMs;
      return this.#know(id, { authorizer, expiresAtMs: Number.POSITIVE_INFINITY, freshUntilMs }, null);
    }
    const roleIds = idsOf([token], ({ Roles }) => Roles);
    const roles = await this.#rows(id, 'ACL.RoleResolve', roleIds, this.#roles);
    const policyIds = idsOf([token, ...roles], ({ Policies }) => Policies);
    const policies = await this.#rows(id, 'ACL.PolicyResolve', policyIds, this.#policies);
    const freshUntilMs = Math.min(
      this.#tokens.freshUntilMs(id),
      ...roleIds.map((one) => this.#roles.freshUntilMs(one)),
      ...policyIds.map((one) => this.#policies.freshUntilMs(one)),
    );
    const parts = { token, roles, policies };
    const known = this.#known.get(id);
    if (known?.parts && sameParts(known.parts, parts)) {
      return this.#know(id, { ...known, freshUntilMs }, parts, known.version);
    }
    const authorizer = this.#authorizerOf(parts);
    const found = { authorizer, expiresAtMs: expiryOf(token), freshUntilMs };
    return this.#know(id, found, parts);
  }

  #authorizerOf({ token, roles, policies }: Parts): Authorizer {
    const { acl, datacenter } = this.#options.config();
    const links = {
      policy: (id: string) => policies.find(({ ID }) => ID === id),
      role: (id: string) => roles.find(({ ID }) => ID === id),
    };
    return authorizerOf(token, links, { datacenter, fallback: acl.defaultPolicy });
  }

  /** Null when there is none. */
  async #token(id: string): Promise<ACLToken | null> {
    const kept = this.#tokens.get(id);
    if (kept !== undefined && this.#tokens.isFresh(id)) return kept;
    const { rpc, clock } = this.#options;
    const question = { ...this.#question(id), TokenID: id, TokenIDType: 'secret' };
    const { Token } = (await rpc.call('ACL.TokenRead', question)).reply;
    if (Token === null || Token.SecretID !== id || expiryOf(Token) <= clock.wallMs()) {
      this.#forget(id);
      return null;
    }
    // An unchanged token keeps its identity: what was made of it holds.
    const same = kept !== undefined && kept.ModifyIndex === Token.ModifyIndex && kept.AccessorID === Token.AccessorID;
    const row = same ? kept : Token;
    this.#tokens.set(id, row);
    return row;
  }

  /** The rows of the ids, in their order; what is not there is left out. */
  async #rows<Row extends Linked>(
    secret: string,
    method: 'ACL.RoleResolve' | 'ACL.PolicyResolve',
    ids: readonly string[],
    rows: TtlRows<Row>,
  ): Promise<Row[]> {
    const stale = ids.filter((id) => !rows.isFresh(id));
    if (stale.length > 0) {
      const found = new Map((await this.#fetch(secret, method, stale)).map((row) => [row.ID, row as Row]));
      for (const id of stale) {
        const [row, kept] = [found.get(id), rows.get(id)];
        if (row === undefined) rows.delete(id);
        else rows.set(id, kept?.ModifyIndex === row.ModifyIndex ? kept : row);
      }
    }
    return ids.flatMap((id) => rows.get(id) ?? []);
  }

  async #fetch(secret: string, method: 'ACL.RoleResolve' | 'ACL.PolicyResolve', ids: string[]): Promise<Linked[]> {
    const { rpc } = this.#options;
    const question = this.#question(secret);
    if (method === 'ACL.RoleResolve') return (await rpc.call(method, { ...question, RoleIDs: ids })).reply.Roles ?? [];
    return (await rpc.call(method, { ...question, PolicyIDs: ids })).reply.Policies ?? [];
  }

  #question(id: string): { Datacenter: string; Token: string; AllowStale: true } {
    return { Datacenter: this.#options.datacenter, Token: id === anonymousSecret ? '' : id, AllowStale: true };
  }

  #know(id: string, found: Omit<RemoteToken, 'version'>, parts: Parts | null, version = ++this.#versions): RemoteToken {
    const known = { ...found, version, parts };
    this.#known.delete(id);
    this.#known.set(id, known);
    if (this.#known.size > maxKnown) this.#known.delete(this.#known.keys().next().value as string);
    return known;
  }

  #forget(id: string): void {
    this.#tokens.delete(id);
    this.#known.delete(id);
  }

  /** A refusal is an answer; for everything else the down policy decides. */
  #withoutAnswer(id: string, error: unknown): RemoteToken {
    if (error instanceof RpcError && error.status === 403) {
      this.#forget(id);
      throw error;
    }
    const { clock, config } = this.#options;
    const { downPolicy } = config().acl;
    const extends_ = downPolicy !== 'allow' && downPolicy !== 'deny';
    const known = this.#known.get(id);
    if (extends_ && known !== undefined && known.parts !== null && known.expiresAtMs > clock.wallMs()) return known;
    const authorizer = createAuthorizer([], downPolicy === 'allow' ? 'allow' : 'deny');
    return this.#know(id, { authorizer, expiresAtMs: Number.POSITIVE_INFINITY, freshUntilMs: 0 }, null);
  }
}

type Owner = Pick<ACLToken, 'Policies'> & Partial<Pick<ACLToken, 'Roles'>>;

const idsOf = <O extends Owner>(
  owners: readonly O[],
  linksOf: (owner: O) => readonly { readonly ID: string }[] | null | undefined,
): string[] => [...new Set(owners.flatMap((owner) => (linksOf(owner) ?? []).map(({ ID }) => ID)))];
