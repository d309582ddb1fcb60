/** One request's rights while it is answered, and what a method may ask of them. */
import type { Access, Authorizer, Resource } from '../../acl/authorizer.ts';
import { errors, RpcError } from '../../errors.ts';
import type { Args, MethodName, Reply } from '../../rpc/signatures.ts';
import type { State } from '../../state/store.ts';
import type { Logger } from '../../telemetry/api.ts';

export interface PermitOptions {
  readonly authorizer: Authorizer;
  readonly accessor: string;
  readonly state: State;
  readonly keyListPolicy: boolean;
  readonly logger: Logger;
}

export class Permit {
  readonly authorizer: Authorizer;
  readonly state: State;
  /** Listing keys is a right of its own. */
  readonly keyListPolicy: boolean;
  readonly #accessor: string;
  readonly #logger: Logger;

  constructor({ authorizer, accessor, state, keyListPolicy, logger }: PermitOptions) {
    this.authorizer = authorizer;
    this.state = state;
    this.keyListPolicy = keyListPolicy;
    this.#accessor = accessor;
    this.#logger = logger;
  }

  allows(resource: Resource, access: Access, name = ''): boolean {
    return this.authorizer.allows(resource, access, name);
  }

  /** @throws RpcError 403; what was missing goes to the log, and to the caller only as `detail` */
  demand(resource: Resource, access: Access, name = '', detail = ''): void {
    if (this.authorizer.allows(resource, access, name)) return;
    this.#log(resource, access, name);
    const denied = errors.permissionDenied();
    throw detail === '' ? denied : new RpcError(`${denied.message}: ${detail}`, denied.status);
  }

  #log(resource: Resource, access: Access, name: string): void {
    if (!this.#logger.enabled('debug')) return;
    const { because } = this.authorizer.explain(resource, access, name);
    this.#logger.debug('permission denied', {
      accessor: this.#accessor,
      needed: `${resource}:${access}`,
      name,
      because,
    });
  }
}

export interface Guard<M extends MethodName> {
  /** Calls for which the token is not even looked at. */
  readonly open?: (args: Partial<Args<M>>) => boolean;
  /** Throws what a refusal is answered with. Before anything is read or written. */
  readonly check?: (permit: Permit, args: Partial<Args<M>>) => void;
  /** The answer in place of the method's; null lets the method answer. */
  readonly refuse?: (permit: Permit, args: Partial<Args<M>>) => Reply<M> | null;
  /** What of a reply may be seen. Replies are shared: a changed one is a new one. */
  readonly filter?: (authorizer: Authorizer, reply: Reply<M>, args: Partial<Args<M>>) => Reply<M>;
}

/** `public`: the token is not even looked at. */
export type Right<M extends MethodName> = 'public' | Guard<M>;
/** Rights of some of the methods; `rights.ts` has those of all. */
export type Rights<Name extends MethodName> = { readonly [M in Name]: Right<M> };

/** A method that needs one right, whatever it is asked. */
export const needs = (resource: Resource, access: Access, detail = ''): { check: (permit: Permit) => void } => ({
  check: (permit) => permit.demand(resource, access, '', detail),
});
