/** The way of every read: call, retry where a stale answer is too old, show the reply with what is known of it. */
import type { MaybePromise } from '../../lib/runtime.ts';
import type { QueryMeta } from '../../structs/common.ts';
import { type CachedMethod, isCached } from '../cache/agent-cache.ts';
import { RpcError } from '../errors.ts';
import type { Answer } from '../rpc/caller.ts';
import type { Args, MethodName, Reply } from '../rpc/signatures.ts';
import { failure, type HttpAnswer, jsonType, metaHeaders, unknownMeta } from './answer.ts';
import type { Api } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { consistencyLevel, type ReadOptions } from './query-options.ts';
import { translated } from './translate.ts';
import type { View } from './view.ts';

export interface Shown {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: HttpAnswer['body'];
}

export interface ReadTraits {
  /** Says in a header how consistent the answer is. */
  readonly tellsConsistency?: boolean;
  /** Sends the headers of a blocking query even when it failed. */
  readonly metaOnError?: boolean;
  /** Names the streaming backend where it waits, as Consul does which has one for these. */
  readonly streams?: boolean;
  /** Never says that there is a leader. */
  readonly hidesLeader?: boolean;
}

/** `args` are the options of the request with what the method takes besides. */
export function read<M extends MethodName>(
  request: ApiRequest,
  api: Api,
  method: M,
  args: Partial<Args<M>> & ReadOptions,
  show: (reply: Reply<M>, shared: boolean) => Shown,
  traits: ReadTraits = {},
): MaybePromise<HttpAnswer> {
  if (args.UseCache === true && isCached(method)) {
    return readCached(request, api, method as M & CachedMethod, args as never, show as never, traits);
  }
  const waits = args.MinQueryIndex !== undefined && args.MinQueryIndex > 0;
  const options = waits ? { signal: request.signal } : undefined;
  const consistency = traits.tellsConsistency === true ? consistencyLevel(args) : '';
  const present = (answer: Answer<Reply<M>>): MaybePromise<HttpAnswer> => {
    const { meta, isCurrent, lastContactNs } = answer;
    const maxStaleNs = args.AllowStale === true ? (args.MaxStaleDuration ?? 0) : 0;
    if (maxStaleNs > 0 && meta.LastContact > maxStaleNs) {
      return read(request, api, method, { ...args, AllowStale: false, MaxStaleDuration: 0 }, show, traits);
    }
    const reply = ofElsewhere(api, method, args, answer.reply);
    const shown = show(reply, answer.isUnchanged !== undefined && reply === answer.reply);
    const headers = metaHeaders(told(waits ? streamed(meta, api, traits) : meta, traits), consistency);
    for (const part of shown.headers) headers.push(part);
    const repeatable = waits || (lastContactNs !== undefined && maxStaleNs > 0) ? undefined : isCurrent;
    return { status: shown.status, headers, body: shown.body, isCurrent: repeatable, lastContactNs };
  };
  const fail = (error: unknown): HttpAnswer => {
    if (traits.metaOnError === true && error instanceof RpcError) return failure(error, unknownMeta);
    throw error;
  };
  try {
    const answer = api.rpc.call(method, args, options);
    return answer instanceof Promise ? answer.then(present).catch(fail) : present(answer);
  } catch (error) {
    return fail(error);
  }
}

/** Answers of another datacenter, with the addresses that can be reached from here. */
function ofElsewhere<M extends MethodName>(
  api: Api,
  method: M,
  args: Partial<Args<M>> & ReadOptions,
  reply: Reply<M>,
): Reply<M> {
  if (!api.config.translateWanAddrs) return reply;
  // A query may have been answered elsewhere although it was asked here.
  const datacenter =
    method === 'PreparedQuery.Execute' ? (reply as { Datacenter: string }).Datacenter : args.Datacenter;
  return datacenter === api.config.datacenter ? reply : translated(method, reply);
}

/** A server's own state is what a stream would tell: clients are told which of the two they see, and reckon with it. */
const streamed = (meta: QueryMeta, api: Api, { streams }: ReadTraits): QueryMeta =>
  streams === true && api.config.server && api.config.useStreamingBackend ? { ...meta, Backend: 1 } : meta;

const told = (meta: QueryMeta, { hidesLeader }: ReadTraits): QueryMeta =>
  hidesLeader === true ? { ...meta, KnownLeader: false } : meta;

/** Options of a read that make no difference to what is kept. */
const notSubject = new Set(['MinQueryIndex', 'MaxQueryTime', 'AllowStale', 'UseCache', 'MaxStaleDuration', 'MaxAge']);
for (const name of ['MustRevalidate', 'StaleIfError']) notSubject.add(name);

/** From what the agent keeps, with a word on how old it is. */
async function readCached<M extends CachedMethod>(
  request: ApiRequest,
  api: Api,
  method: M,
  args: Partial<Args<M>> & ReadOptions,
  show: (reply: Reply<M>, shared: boolean) => Shown,
  traits: ReadTraits,
): Promise<HttpAnswer> {
  const subject = Object.fromEntries(Object.entries(args).filter(([name]) => !notSubject.has(name)));
  const waits = (args.MinQueryIndex ?? 0) > 0;
  try {
    const signal = waits ? request.signal : undefined;
    // Who takes what is kept takes what any server says.
    const wishes = { ...args, AllowStale: true };
    const { answer, hit, ageMs } = await api.cache.get(method, subject as Partial<Args<M>>, wishes, signal);
    const reply = ofElsewhere(api, method, args, answer.reply);
    const shown = show(reply, reply === answer.reply);
    const consistency = traits.tellsConsistency === true ? consistencyLevel(args) : '';
    const headers = [
      ...metaHeaders(told(streamed(answer.meta, api, traits), traits), consistency),
      ...shown.headers,
      ...cacheHeaders(hit, ageMs),
    ];
    return { status: shown.status, headers, body: shown.body };
  } catch (error) {
    if (traits.metaOnError === true && error instanceof RpcError) return failure(error, unknownMeta);
    throw error;
  }
}

/** Whether the answer was there already, and since when it may not be true any more. */
export const cacheHeaders = (hit: boolean, ageMs: number): string[] =>
  hit ? ['X-Cache', 'HIT', 'Age', String(Math.floor(ageMs / 1000))] : ['X-Cache', 'MISS'];

/** Shows a reply by a view, as JSON. */
export const shownBy =
  <R extends object>(request: ApiRequest, view: View<R>) =>
  (reply: R, shared: boolean): Shown => ({
    status: 200,
    headers: jsonType,
    body: view.render(reply, request.layout, shared),
  });
