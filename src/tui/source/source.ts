/**
 * What the dashboard needs of the world: questions to the API that are asked once or followed, the agent's log, and
 * writes. Models are written against this; behind it are an agent (`client-source.ts`), a recording (`replay.ts`), or a
 * test's datacenter.
 */

/** Why a read failed, as far as a person at the screen can do something about it. */
export type FailureKind = 'denied' | 'unavailable' | 'missing' | 'refused';

export interface Failure {
  /** `denied`: the token may not; `missing`: this agent has no such endpoint; `refused`: any other error answer. */
  readonly kind: FailureKind;
  readonly message: string;
}

/** Thrown by every read and write of a source that did not bring an answer. */
export class SourceError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.message, options);
    this.name = 'SourceError';
    this.failure = failure;
  }
}

/** A question to the API: where it is asked, and what its JSON means. */
export interface Query<T> {
  /** Escaped, with its leading `/v1/`. */
  readonly path: string;
  readonly params?: Readonly<Record<string, string>>;
  /** Gets the decoded JSON; null where there is nothing (404 with `absent`). */
  readonly parse: (json: unknown) => T;
  /** The right the token needs, for people who do not have it: `operator:read`. */
  readonly right: string;
  /** Endpoints that cannot be watched are asked again after this time. */
  readonly pollMs?: number;
  /** A 404 is an answer: there is no such thing. */
  readonly absent?: boolean;
  /** Other statuses whose body is an answer too. */
  readonly accept?: readonly number[];
}

/** Names a question, its answers in a recording included: `/v1/kv/app/?keys&separator=/`. */
export function queryName({ path, params = {} }: Pick<Query<unknown>, 'path' | 'params'>): string {
  const pairs = Object.entries(params).map(([name, value]) => (value === '' ? name : `${name}=${value}`));
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`;
}

/** What following a question reports: values, and the failures between them. It goes on until its signal is aborted. */
export type WatchEvent<T> =
  | {
      readonly kind: 'value';
      readonly value: T;
      readonly index: number;
      /** False when the answering server knew no leader: the value may be old. */
      readonly knownLeader: boolean;
    }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly retryInMs: number };

export type Watch<T> = AsyncIterable<WatchEvent<T>>;

export interface WriteRequest {
  readonly method: 'PUT' | 'POST' | 'DELETE';
  readonly path: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export const logLevels = ['trace', 'debug', 'info', 'warn', 'err'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface Source {
  /** Where the agent answers, for the header. */
  readonly address: string;
  read<T>(query: Query<T>, signal: AbortSignal): Promise<T>;
  /** By blocking queries where the endpoint has them, else by asking again. */
  follow<T>(query: Query<T>, signal: AbortSignal): Watch<T>;
  /** Lines of the agent's log from now on; ends when the agent closes the stream. */
  monitor(level: LogLevel, signal: AbortSignal): AsyncIterable<string>;
  /** The answer's JSON, or its text where it is none. */
  write(request: WriteRequest, signal: AbortSignal): Promise<unknown>;
  /** A stream of bytes, for what goes into a file. */
  download(path: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}
