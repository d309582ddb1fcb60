/** What every area of the client is built on: one request of the /v1 API, its answer decoded, its errors told. */

import { type QueryValue, withQuery } from '../lib/go-url.ts';
import { type ApiError, statusError } from './errors.ts';
import { networkError } from './net-error.ts';
import type { Settings } from './settings.ts';
import type { HttpHead, HttpRequest, HttpStream, Method, Transport } from './transport.ts';

/** Options of every read. Consistency: none = `default`, or one of `stale` and `consistent`. */
export interface QueryOptions {
  readonly datacenter?: string | undefined;
  readonly stale?: boolean | undefined;
  readonly consistent?: boolean | undefined;
  /** Wait until the answer's index is above this one. */
  readonly index?: number | undefined;
  /** How long to wait with `index`; the agent's default is 5 minutes, its limit 10. */
  readonly waitMs?: number | undefined;
  readonly near?: string | undefined;
  readonly filter?: string | undefined;
  readonly nodeMeta?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Longest wait for the answer; a blocking query gets one that fits its `waitMs` by itself. */
  readonly timeoutMs?: number | undefined;
}

export interface WriteOptions {
  readonly datacenter?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

/** What the X-Consul-* headers of an answer say. `index` is 0 when there was none. */
export interface AnswerMeta {
  readonly index: number;
  readonly knownLeader: boolean;
  readonly lastContactMs: number;
}

export interface Answer<T> {
  readonly value: T;
  readonly meta: AnswerMeta;
}

export type Query = Readonly<Record<string, QueryValue>>;

interface Ask {
  readonly method: Method;
  /** Escaped path below the host. */
  readonly path: string;
  readonly query?: Query;
  /** A plain object or array is sent as JSON. */
  readonly body?: unknown;
  readonly options?: QueryOptions | undefined;
  /** Statuses besides 200 that are answers, not errors. */
  readonly accept?: readonly number[];
  /** Error texts without the body. */
  readonly bare?: boolean;
}

export interface RawAnswer {
  readonly status: number;
  readonly body: Buffer;
  readonly meta: AnswerMeta;
}

export interface ConsulHttp {
  /** Throws an `ApiError`. */
  ask(ask: Ask): Promise<RawAnswer>;
  /** The body as it arrives; an error status throws as in `ask`. */
  stream(ask: Ask): Promise<HttpStream>;
  get<T>(path: string, options?: QueryOptions, query?: Query): Promise<Answer<T>>;
  put<T>(path: string, body?: unknown, options?: WriteOptions, query?: Query): Promise<T>;
  close(): void;
}

function optionsQuery(options: QueryOptions): Query {
  const { nodeMeta } = options;
  return {
    ...(options.datacenter && { dc: options.datacenter }),
    ...(options.stale && { stale: '' }),
    ...(options.consistent && { consistent: '' }),
    ...(options.index !== undefined && { index: String(options.index) }),
    ...(options.waitMs !== undefined && { wait: `${Math.round(options.waitMs)}ms` }),
    ...(options.near && { near: options.near }),
    ...(options.filter && { filter: options.filter }),
    ...(nodeMeta && { 'node-meta': Object.entries(nodeMeta).map(([key, value]) => `${key}:${value}`) }),
  };
}

const metaOf = (head: HttpHead): AnswerMeta => ({
  index: Number(head.header('x-consul-index') ?? 0) || 0,
  knownLeader: head.header('x-consul-knownleader') === 'true',
  lastContactMs: Number(head.header('x-consul-lastcontact') ?? 0) || 0,
});

const bigNumber = /[:[,]\s*\d{16,}/;

/** JSON whose integers beyond 2^53 (KV flags) stay exact: they become bigints. */
export function parseJson(body: Buffer | string): unknown {
  const text = typeof body === 'string' ? body : body.toString();
  if (!bigNumber.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key, value, context?: { source?: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
      ? BigInt(context?.source ?? '')
      : value,
  );
}

/** A blocking query may take its wait plus the agent's jitter (a 16th) plus the network. */
function timeoutOf(options: QueryOptions): number | undefined {
  if (options.timeoutMs !== undefined || options.index === undefined) return options.timeoutMs;
  const waitMs = options.waitMs ?? 300_000;
  return waitMs + waitMs / 16 + 5_000;
}

function bodyOf(body: unknown): HttpRequest['body'] {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) return body;
  if (body !== null && typeof body === 'object' && Symbol.asyncIterator in body) {
    return body as AsyncIterable<Uint8Array>;
  }
  return JSON.stringify(body);
}

export function consulHttp(settings: Settings, transport: Transport): ConsulHttp {
  function request(ask: Ask): HttpRequest {
    const options = ask.options ?? {};
    const body = bodyOf(ask.body);
    return {
      method: ask.method,
      target: withQuery(ask.path, { ...settings.query, ...optionsQuery(options), ...ask.query }),
      headers: settings.headers,
      ...(body !== undefined && { body }),
      signal: options.signal,
      timeoutMs: timeoutOf(options),
    };
  }

  const failed = (error: unknown, asked: HttpRequest): ApiError =>
    networkError(error, asked.method, asked.target, settings);
  const accepted = (status: number, ask: Ask): boolean => status === 200 || (ask.accept?.includes(status) ?? false);

  const http: ConsulHttp = {
    async ask(ask) {
      const asked = request(ask);
      const answer = await transport.send(asked).catch((error: unknown) => {
        throw failed(error, asked);
      });
      if (!accepted(answer.status, ask)) throw statusError(answer.status, answer.body.toString(), ask.bare);
      return { status: answer.status, body: answer.body, meta: metaOf(answer) };
    },

    async stream(ask) {
      const asked = request(ask);
      const answer = await transport.stream(asked).catch((error: unknown) => {
        throw failed(error, asked);
      });
      if (accepted(answer.status, ask)) return answer;
      const chunks: Uint8Array[] = [];
      for await (const chunk of answer.body) chunks.push(chunk);
      throw statusError(answer.status, Buffer.concat(chunks).toString(), ask.bare);
    },

    async get<T>(path: string, options?: QueryOptions, query?: Query): Promise<Answer<T>> {
      const { body, meta } = await http.ask({ method: 'GET', path, options, ...(query && { query }) });
      return { value: parseJson(body) as T, meta };
    },

    async put<T>(path: string, body?: unknown, options?: WriteOptions, query?: Query): Promise<T> {
      const answer = await http.ask({ method: 'PUT', path, body, options, ...(query && { query }) });
      return (answer.body.length === 0 ? undefined : parseJson(answer.body)) as T;
    },

    close: () => transport.close(),
  };
  return http;
}
