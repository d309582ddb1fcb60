/**
 * Every error that reaches a user of the API, with the text Consul gives it and the HTTP status it maps to. RPC hops
 * carry the text alone (`rpcErrorFromText` restores the error by its substring); nothing else matches on texts.
 */

export class RpcError extends Error {
  override readonly name: string = 'RpcError';
  /** Status of the HTTP answer; the text is its body. */
  readonly status: number;
  /** Why, for a caller who may know; '' otherwise. */
  readonly reason: string;
  constructor(message: string, status = 500, options?: ErrorOptions & { readonly reason?: string }) {
    super(message, options);
    this.status = status;
    this.reason = options?.reason ?? '';
  }
}

/** The table of well-known errors: a fresh instance on every use keeps stacks honest. */
export const errors = {
  noLeader: () => new RpcError('No cluster leader'),
  noPathToDatacenter: () => new RpcError('No path to datacenter'),
  notPrimary: (datacenter: string, named: string) =>
    new RpcError(
      `primary_datacenter is ${JSON.stringify(datacenter)}, whose own primary_datacenter is ${JSON.stringify(named)}: it has to be the same in all datacenters`,
    ),
  noServers: () => new RpcError('No known Consul servers'),
  notReadyForConsistentReads: () => new RpcError('Not ready to serve consistent reads'),
  remoteDatacenterUnreachable: () => new RpcError('Remote DC has no server currently reachable'),
  permissionDenied: () => new RpcError('Permission denied', 403),
  aclNotFound: () => new RpcError('ACL not found', 403),
  aclDisabled: () => new RpcError('ACL support disabled', 401),
  rateLimited: () => new RpcError('RPC rate limit exceeded', 429),
  connectDisabled: () => new RpcError('Connect must be enabled in order to use this endpoint'),
  segmentsUnsupported: () => new RpcError('Network segments are not supported in this version of Consul'),
  shuttingDown: () => new RpcError('agent is shutting down'),
} as const;

/** Thrown by HTTP handlers for a request that is wrong in itself; text and status as recorded. */
export class BadRequest extends RpcError {
  override readonly name = 'BadRequest';
  constructor(message: string, status = 400) {
    super(message, status);
  }
}

/** What an error of another server means here: known texts get back their status; hops put words before them. */
export function fromRemote(text: string, reason = ''): RpcError {
  for (const make of [errors.permissionDenied, errors.aclNotFound, errors.rateLimited]) {
    const known = make();
    if (text.includes(known.message)) return new RpcError(text, known.status, { reason });
  }
  return new RpcError(text);
}
