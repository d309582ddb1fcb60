/** Questions to the servers, as the DNS interface asks them: any server's answer will do while it is not too old. */
import type { MaybePromise } from '../../lib/runtime.ts';
import type { Answer, RpcCaller } from '../rpc/caller.ts';
import type { Args, MethodName, Reply } from '../rpc/signatures.ts';
import type { Metrics } from '../telemetry/api.ts';
import type { DnsSettings } from './settings.ts';

/** What was read, and whether it still holds: null where nobody can tell. */
export interface Read<R> {
  readonly reply: R;
  readonly isCurrent: (() => boolean) | null;
}

/** Answers older than this are counted. */
const staleNs = 5e9;

export interface CatalogReaderOptions {
  readonly rpc: RpcCaller;
  readonly settings: () => DnsSettings;
  /** In whose name the catalog is read; empty for nobody's. */
  readonly token: () => string;
  readonly metrics: Metrics;
}

export class CatalogReader {
  readonly #options: CatalogReaderOptions;
  readonly #staleQueries: (by?: number) => void;

  constructor(options: CatalogReaderOptions) {
    this.#options = options;
    this.#staleQueries = options.metrics.counter('dns.stale_queries');
  }

  /** Throws or rejects with what the call failed with. */
  read<M extends ReadMethod>(method: M, asked: Partial<Args<M>>): MaybePromise<Read<Reply<M>>> {
    const { rpc, settings, token } = this.#options;
    const { allowStale, maxStaleMs } = settings().config;
    const Token = token();
    const args = { ...asked, Token };
    const asRead = ({ reply, isCurrent }: Answer<Reply<M>>): Read<Reply<M>> => ({
      reply,
      isCurrent: isCurrent === undefined ? null : () => isCurrent() && token() === Token,
    });
    if (!allowStale) return andThen(rpc.call(method, args), asRead);
    return andThen(rpc.call(method, { ...args, AllowStale: true }), (answer) => {
      const { LastContact } = answer.meta;
      if (LastContact > maxStaleMs * 1e6) return andThen(rpc.call(method, args), asRead);
      if (LastContact > staleNs) this.#staleQueries();
      return asRead(answer);
    });
  }
}

export type ReadMethod = Extract<
  MethodName,
  | 'Catalog.ListNodes'
  | 'Catalog.NodeServices'
  | 'Catalog.ServiceNodes'
  | 'Health.ServiceNodes'
  | 'PreparedQuery.Execute'
>;

/** At once where that is possible. (A module that exports `then` could not be imported by `import()`.) */
export function andThen<T, U>(value: MaybePromise<T>, fn: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return value instanceof Promise ? value.then(fn) : fn(value);
}

/** What `run` throws or rejects with goes to `fail`. */
export function attempt<T>(run: () => MaybePromise<T>, fail: (error: unknown) => T): MaybePromise<T> {
  try {
    const value = run();
    return value instanceof Promise ? value.catch(fail) : value;
  } catch (error) {
    return fail(error);
  }
}
