/** Who may do what on this agent itself: servers know what tokens are allowed, clients ask. */
import type { MaybePromise } from '../../lib/runtime.ts';
import type { Logger } from '../telemetry/api.ts';
import type { Authorizer } from './authorizer.ts';
import { Denials } from './denials.ts';
import { RemoteAcl, type RemoteAclOptions } from './remote.ts';
import type { AclResolver } from './resolver.ts';

export interface LocalAcl {
  /** Throws or rejects with an RpcError for a token that is none. */
  authorizer(secret: string): MaybePromise<Authorizer>;
  readonly denials: Denials;
}

/** Null while ACLs are off. `resolver`: a server's. */
export function localAcl(resolver: AclResolver | null, options: RemoteAclOptions, logger: Logger): LocalAcl | null {
  const { config } = options;
  if (!config().acl.enabled) return null;
  const denials = new Denials({ logger, explain: () => config().acl.explain });
  if (resolver === null) {
    const remote = new RemoteAcl(options);
    return { denials, authorizer: (secret) => remote.authorizer(secret) };
  }
  const resolve = (secret: string): Authorizer => resolver.resolve(secret).authorizer;
  return { denials, authorizer: (secret) => resolver.prepare(secret)?.then(() => resolve(secret)) ?? resolve(secret) };
}
