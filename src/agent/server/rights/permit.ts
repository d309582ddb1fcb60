/** One request's rights while it is answered, and what a method may ask of them. */
import type { Access, Authorizer, Resource } from '../../acl/authorizer.ts';
import type { Denials } from '../../acl/denials.ts';
import type { Args, MethodName, Reply } from '../../rpc/signatures.ts';
import type { State } from '../../state/store.ts';

export interface PermitOptions {
  readonly authorizer: Authorizer;
  readonly state: State;
  readonly keyListPolicy: boolean;
  readonly denials: Denials;
}

export class Permit {
  readonly authorizer: Authorizer;
  readonly state: State;
  /** Listing keys is a right of its own. */
  readonly keyListPolicy: boolean;
  readonly #denials: Denials;

  constructor({ authorizer, state, keyListPolicy, denials }: PermitOptions) {
    this.authorizer = authorizer;
    this.state = state;
    this.keyListPolicy = keyListPolicy;
    this.#denials = denials;
  }

  allows(resource: Resource, access: Access, name = ''): boolean {
    return this.authorizer.allows(resource, access, name);
  }

  /** As `allows`; what was missing goes to the log. */
  admits(resource: Resource, access: Access, name = ''): boolean {
    if (this.authorizer.allows(resource, access, name)) return true;
    this.#denials.note(this.authorizer, resource, access, name);
    return false;
  }

  /** @throws RpcError 403; what was missing goes to the log, and to the caller only as `detail` */
  demand(resource: Resource, access: Access, name = '', detail = ''): void {
    if (this.authorizer.allows(resource, access, name)) return;
    throw this.#denials.refusal(this.authorizer, resource, access, name, detail);
  }
}

export interface Guard<M extends MethodName> {
  /** The token that counts instead of the caller's; '' for the caller's. */
  readonly token?: (state: State, args: Partial<Args<M>>) => string;
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
