/**
 * The narrow waist between the typed client and the network. Two implementations: `transport-node.ts` (node:http, for
 * one-shot commands) and `transport-got.ts` (got, for long-lived programs).
 */

export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE';

export interface HttpRequest {
  readonly method: Method;
  /** Path and query as they go on the wire, already escaped: `/v1/kv/a%20b?raw=`. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal | undefined;
  /** Longest wait for the answer's head, milliseconds. Without it: for ever. */
  readonly timeoutMs?: number | undefined;
}

export interface HttpHead {
  readonly status: number;
  /** Value of a header, by lower-case name. */
  header(name: string): string | undefined;
}

export interface HttpResponse extends HttpHead {
  readonly body: Buffer;
}

export interface HttpStream extends HttpHead {
  readonly body: AsyncIterable<Uint8Array>;
}

/** Rejects with the network's own error (a Node error with `code`); `http.ts` turns it into an `ApiError`. */
export interface Transport {
  send(request: HttpRequest): Promise<HttpResponse>;
  /** The answer's body as it arrives: the log monitor, snapshots. */
  stream(request: HttpRequest): Promise<HttpStream>;
  /** Ends idle connections; requests under way fail. */
  close(): void;
}
