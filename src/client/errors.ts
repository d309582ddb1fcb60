/** The one error of the client, in Consul's own words, with whose fault it was. */

/**
 * - `request`: the agent understood and refused (4xx): the caller has to change something.
 * - `cluster`: the agent answered that it could not (5xx): no leader, no path, a full disk.
 * - `network`: no answer at all: nothing listens there, TLS failed, the connection broke.
 * - `settings`: this client was told something impossible (unknown scheme, missing CA file); nothing was sent.
 */
export type Fault = 'request' | 'cluster' | 'network' | 'settings';

/** Thrown by every call of the client that has no answer to give. `message` is the text Consul's own CLI would print. */
export class ApiError extends Error {
  readonly fault: Fault;
  /** HTTP status, or 0 when no answer came. */
  readonly status: number;
  /** Body of the refusal, trimmed, or the network's error text. */
  readonly text: string;

  constructor(fault: Fault, message: string, details: { status?: number; text?: string; cause?: unknown } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'ApiError';
    this.fault = fault;
    this.status = details.status ?? 0;
    this.text = details.text ?? message;
  }
}

/** `bare`: without the body, as the KV reads of Consul's client print it. */
export function statusError(status: number, body: string, bare = false): ApiError {
  const text = body.trim();
  const message = `Unexpected response code: ${status}${bare ? '' : ` (${body})`}`;
  return new ApiError(status >= 500 ? 'cluster' : 'request', message, { status, text });
}

export const settingsError = (message: string, cause?: unknown): ApiError =>
  new ApiError('settings', message, { cause });

/** HTTP status of a refused request; 0 for everything else. By name: the error may come from another bundle. */
export function statusOf(error: unknown): number {
  return error instanceof Error && error.name === 'ApiError' ? (error as ApiError).status : 0;
}
