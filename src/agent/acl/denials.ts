/** Refusals: what is told to whom. Everybody learns that it was refused, the log why, and the caller only with `acl.explain`. */
import { errors, RpcError } from '../errors.ts';
import type { Logger } from '../telemetry/api.ts';
import type { Access, Authorizer, Resource } from './authorizer.ts';

export interface DenialOptions {
  readonly logger: Logger;
  /** The reason goes to the caller as well. */
  readonly explain: () => boolean;
}

export class Denials {
  readonly #logger: Logger;
  readonly #explain: () => boolean;

  constructor({ logger, explain }: DenialOptions) {
    this.#logger = logger;
    this.#explain = explain;
  }

  /** `detail`: what the caller is told anyway. */
  refusal(authorizer: Authorizer, resource: Resource, access: Access, name: string, detail = ''): RpcError {
    const denied = errors.permissionDenied();
    const message = detail === '' ? denied.message : `${denied.message}: ${detail}`;
    const reason = this.note(authorizer, resource, access, name);
    return new RpcError(message, denied.status, { reason });
  }

  /** Logs what was refused. @returns the reason for the caller, '' when it is not told */
  note(authorizer: Authorizer, resource: Resource, access: Access, name: string): string {
    const { because } = authorizer.explain(resource, access, name);
    const accessor = authorizer.accessor || 'none';
    const needed = `${resource}:${access}`;
    this.#logger.info('permission denied', { accessor, needed, name, because });
    if (!this.#explain()) return '';
    const about = name === '' ? '' : ` on ${JSON.stringify(name)}`;
    return `token ${accessor} lacks ${needed}${about}: ${because}`;
  }
}
