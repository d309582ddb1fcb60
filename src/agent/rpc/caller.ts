/**
 * The one path of every request: `rpc.call('KVS.Get', {...})`. On the leader this is a function call; on a follower or
 * client agent it goes over the pool to a server; with `Datacenter` set, to the other datacenter.
 */
import type { MaybePromise } from '../../lib/runtime.ts';
import type { QueryMeta } from '../../structs/common.ts';
import type { Args, MethodName, Reply } from './signatures.ts';

export interface Answer<R> {
  /**
   * The reply. Answers of reads are shared by everybody who asked the same between two changes: frozen by convention,
   * never modify one. Its QueryMeta fields are not filled; use `meta`.
   */
  readonly reply: R;
  readonly meta: QueryMeta;
  /**
   * Only on answers from local state: true as long as nothing that was read has changed. While true, whoever asks the same gets
   * the very same `reply` object, so anything derived from it (rendered JSON) may be kept in a WeakMap or beside it.
   */
  readonly isUnchanged?: () => boolean;
  /** ... and this server may still give it: leadership and lease, or whose follower it is. */
  readonly isCurrent?: () => boolean;
  /** On a follower's own answer: how old it may be by now, in nanoseconds. `meta.LastContact` is what it was. */
  readonly lastContactNs?: () => number;
}

export interface CallOptions {
  /** Aborts waiting (the client went away, the agent stops). */
  readonly signal?: AbortSignal;
}

export interface RpcCaller {
  /**
   * `args` lists what differs from zero; the rest is filled by `make`. Answers at once (no promise) when it can:
   * hot reads cost no microtask. Throws or rejects with an RpcError of `errors.ts`.
   */
  call<M extends MethodName>(method: M, args: Partial<Args<M>>, options?: CallOptions): MaybePromise<Answer<Reply<M>>>;
}
