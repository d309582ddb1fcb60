/**
 * Where every call to a server has to pass while ACLs are on: the token is resolved, the method's right is demanded, and
 * of the reply only that is let through which the token may see.
 */
import type { MaybePromise } from '../../../lib/runtime.ts';
import type { Access, Resource } from '../../acl/authorizer.ts';
import { Denials } from '../../acl/denials.ts';
import type { AclResolver, Resolved } from '../../acl/resolver.ts';
import type { Answer } from '../../rpc/caller.ts';
import type { Args, MethodName, Reply } from '../../rpc/signatures.ts';
import type { WatchSet } from '../../state/watches.ts';
import { answer, type ServerContext } from '../context.ts';
import type { ReadResult } from '../reads/shared-reads.ts';
import { type Guard, Permit } from './permit.ts';
import { rights } from './rights.ts';

/** One call with its token. */
export class Guarded<M extends MethodName> {
  readonly secret: string;
  /** Answers for it may be kept until the tables here change: the token has no end, and all its rights are from here. */
  readonly lasts: boolean;
  /** Who has the same key shares answers. */
  readonly key: string;
  readonly #checkpoint: Checkpoint;
  readonly #guard: Guard<M>;
  readonly #args: Partial<Args<M>>;
  /** As of when the call came in. */
  readonly #resolved: Resolved;

  constructor(checkpoint: Checkpoint, guard: Guard<M>, secret: string, args: Partial<Args<M>>) {
    this.#checkpoint = checkpoint;
    this.#guard = guard;
    this.secret = secret;
    this.#resolved = checkpoint.resolver.resolve(secret);
    const { expiresAtMs, version } = this.#resolved;
    this.lasts = expiresAtMs === Number.POSITIVE_INFINITY && version === 0;
    this.key = `${secret}\0${version}`;
    this.#args = args;
  }

  /** A shared read: what the token may do is part of what is read, so whoever waits learns that it has changed. */
  read(watch: WatchSet, proceed: () => MaybePromise<ReadResult<Reply<M>>>): MaybePromise<ReadResult<Reply<M>>> {
    const { resolver } = this.#checkpoint;
    resolver.watch(this.secret, watch);
    const permit = this.#admit(resolver.resolve(this.secret));
    const result = proceed();
    if (result instanceof Promise) return result.then((late) => this.#filtered(permit, late));
    return this.#filtered(permit, result);
  }

  run(proceed: () => MaybePromise<Answer<Reply<M>>>): MaybePromise<Answer<Reply<M>>> {
    const permit = this.#admit(this.#resolved);
    const refusal = this.#guard.refuse?.(permit, this.#args) ?? null;
    if (refusal !== null) return answer(refusal);
    const outcome = proceed();
    if (outcome instanceof Promise) return outcome.then((late) => this.#filtered(permit, late));
    return this.#filtered(permit, outcome);
  }

  #admit(resolved: Resolved): Permit {
    const permit = this.#checkpoint.permit(resolved);
    this.#guard.check?.(permit, this.#args);
    return permit;
  }

  #filtered<T extends { readonly reply: Reply<M> }>({ authorizer }: Permit, result: T): T {
    const { filter } = this.#guard;
    if (filter === undefined || authorizer.unlimited) return result;
    return { ...result, reply: filter(authorizer, result.reply, this.#args) };
  }
}

export class Checkpoint {
  readonly resolver: AclResolver;
  readonly #context: ServerContext;
  readonly #denials: Denials;

  constructor(context: ServerContext, resolver: AclResolver) {
    this.#context = context;
    this.resolver = resolver;
    const { config } = context;
    this.#denials = new Denials({ logger: context.logger.named('acl'), explain: () => config.acl.explain });
  }

  /** Null when the call's token can be judged at once; otherwise resolves when it can, or rejects. */
  prepare<M extends MethodName>(name: M, args: Partial<Args<M>>): Promise<unknown> | null {
    const right = rights[name];
    if (right === 'public' || (right as Guard<M>).open?.(args) === true) return null;
    return this.resolver.prepare(this.#tokenOf(right as Guard<M>, args));
  }

  /** Null for what everybody may do. @throws RpcError for a token that is none */
  guard<M extends MethodName>(name: M, args: Partial<Args<M>>): Guarded<M> | null {
    const right = rights[name];
    if (right === 'public' || (right as Guard<M>).open?.(args) === true) return null;
    return new Guarded(this, right as Guard<M>, this.#tokenOf(right as Guard<M>, args), args);
  }

  #tokenOf<M extends MethodName>(guard: Guard<M>, args: Partial<Args<M>>): string {
    const { Token = '' } = args as { readonly Token?: string };
    return guard.token?.(this.#context.store.state, args) || Token;
  }

  /** For what is no method. @throws RpcError for a token that is none, or lacks the right */
  async demand(secret: string, resource: Resource, access: Access): Promise<void> {
    await this.resolver.prepare(secret);
    this.permit(this.resolver.resolve(secret)).demand(resource, access);
  }

  permit({ authorizer }: Resolved): Permit {
    const { store, config } = this.#context;
    return new Permit({
      authorizer,
      state: store.state,
      keyListPolicy: config.acl.keyListPolicy,
      denials: this.#denials,
    });
  }
}
