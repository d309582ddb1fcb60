/** Questions to the servers, as the DNS interface asks them: any server's answer will do while it is not too old. */
import type { MaybePromise } from '../../lib/runtime.ts';
import { type AgentCache, isCached } from '../cache/agent-cache.ts';
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
  readonly cache: Pick<AgentCache, 'get'>;
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
    const { rpc, cache, settings, token } = this.#options;
    const { allowStale, maxStaleMs, useCache, cacheMaxAgeMs } = settings().config;
    const args = { ...asked, Token: token() };
    if (useCache && isCached(method)) {
      const cached = cache.get(method, args, { MaxAge: cacheMaxAgeMs * 1e6, AllowStale: true });
      return cached.then(({ answer }) => this.#asRead(answer as Answer<Reply<M>>, args.Token, null));
    }
    if (!allowStale) return andThen(rpc.call(method, args), (answer) => this.#asRead(answer, args.Token, null));
    const staleArgs = { ...args, AllowStale: true };
    const outcome = rpc.call(method, staleArgs);
    const isAtHand = !(outcome instanceof Promise) && method !== 'PreparedQuery.Execute';
    return andThen(outcome, (answer) => {
      const { LastContact } = answer.meta;
      if (LastContact > maxStaleMs * 1e6) {
        return andThen(rpc.call(method, args), (fresh) => this.#asRead(fresh, args.Token, null));
      }
      if (LastContact > staleNs) this.#staleQueries();
      const isSame = (): boolean => this.#isSame(method, staleArgs, answer.reply);
      return this.#asRead(answer, args.Token, isAtHand ? isSame : null);
    });
  }

  /** `isSame` is asked where the answer itself does not know whether it still holds. */
  #asRead<R>({ reply, isCurrent }: Answer<R>, asker: string, isSame: (() => boolean) | null): Read<R> {
    const { token } = this.#options;
    const holds = isCurrent ?? isSame;
    return { reply, isCurrent: holds === null ? null : () => token() === asker && holds() };
  }

  /** A server that follows gives the same object as long as nothing changed: cheaper asked than resolved anew. */
  #isSame<M extends ReadMethod>(method: M, args: Partial<Args<M>>, reply: Reply<M>): boolean {
    const { rpc, settings } = this.#options;
    const again = attempt<Answer<Reply<M>> | null>(
      () => rpc.call(method, args),
      () => null,
    );
    if (again instanceof Promise || again === null) return false;
    return again.reply === reply && again.meta.LastContact <= settings().config.maxStaleMs * 1e6;
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
