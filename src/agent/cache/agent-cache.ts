/**
 * Answers that an agent keeps for everybody who asks with `?cached`. Most are kept fresh by a blocking query behind them; the
 * others are asked for again when they are too old for whoever asks.
 */

import { messageOf } from '../../lib/message-of.ts';
import { pause } from '../../lib/pause.ts';
import type { Clock } from '../../lib/runtime.ts';
import type { Answer, RpcCaller } from '../rpc/caller.ts';
import { type RateLimit, RateLimiter } from '../rpc/rate-limiter.ts';
import type { Args, MethodName, Reply } from '../rpc/signatures.ts';
import type { Logger } from '../telemetry/api.ts';

/** How answers of a method are kept; what is not here is not cached. */
const kinds = {
  'Catalog.ServiceNodes': { refreshes: true },
  'Catalog.ListServices': { refreshes: true },
  'Catalog.ListDatacenters': { refreshes: false },
  'Health.ServiceNodes': { refreshes: true },
  'ConnectCA.Roots': { refreshes: true },
  'Intention.Match': { refreshes: true },
  'DiscoveryChain.Get': { refreshes: true },
  'PreparedQuery.Execute': { refreshes: false },
} as const satisfies Partial<Record<MethodName, { readonly refreshes: boolean }>>;
export type CachedMethod = keyof typeof kinds;

export const isCached = (method: MethodName): method is CachedMethod => Object.hasOwn(kinds, method);

/** Entries that nobody asked for so long are forgotten. */
const idleMs = 3 * 24 * 3600_000;
const maxEntries = 8192;
const refreshWaitNs = 10 * 60 * 1e9;
const maxRetryMs = 60_000;

/** What of the options of a read concerns the cache; times in nanoseconds. */
export interface CacheWishes {
  readonly MinQueryIndex?: number;
  readonly MaxQueryTime?: number;
  readonly MaxAge?: number;
  readonly MustRevalidate?: boolean;
  readonly StaleIfError?: number;
  /** Any server may be asked for what is not there yet. What refreshes is asked of any in any case. */
  readonly AllowStale?: boolean;
}

export interface Cached<R> {
  readonly answer: Answer<R>;
  readonly hit: boolean;
  /** Since when the answer may not be true any more; 0 while it is kept fresh. */
  readonly ageMs: number;
}

interface Entry {
  readonly key: string;
  readonly method: MethodName;
  readonly args: object;
  answer: Answer<unknown> | null;
  /** The first fetch, or one anew. */
  fetching: Promise<void> | null;
  fetchedMs: number;
  usedMs: number;
  /** Since when the refresh fails; null while it works. */
  lostMs: number | null;
  /** How often the servers were given another state. */
  restores: number;
  /** Of its fetches: what changes a hundred times a second is not asked for as often. */
  pace: RateLimiter;
  readonly waiters: Set<() => void>;
  readonly abort: AbortController;
}

export interface AgentCacheOptions {
  readonly rpc: RpcCaller;
  readonly clock: Clock;
  readonly logger: Logger;
  /** `cache.entry_fetch_rate` and `cache.entry_fetch_max_burst`, of every entry; read when one is made, and by `reload`. */
  readonly fetchLimit: () => RateLimit;
}

export class AgentCache {
  readonly #options: AgentCacheOptions;
  /** The least recently used first. */
  readonly #entries = new Map<string, Entry>();
  #stopped = false;

  constructor(options: AgentCacheOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** `subject`: the arguments without options. Rejects with what the call rejects with, where nothing older may stand in. */
  async get<M extends CachedMethod>(
    method: M,
    subject: Partial<Args<M>>,
    wishes: CacheWishes,
    signal?: AbortSignal,
  ): Promise<Cached<Reply<M>>> {
    const { clock } = this.#options;
    const entry = this.#entry(method, subject);
    entry.usedMs = clock.nowMs();
    const minIndex = wishes.MinQueryIndex ?? 0;
    if (entry.answer === null) {
      await this.#fetch(entry, wishes);
      return this.#found(entry, false);
    }
    if (minIndex > 0 && kinds[method].refreshes) {
      const changed = await this.#beyond(entry, minIndex, (wishes.MaxQueryTime ?? refreshWaitNs) / 1e6, signal);
      return this.#found(entry, !changed);
    }
    if (!kinds[method].refreshes && this.#isTooOld(entry, wishes)) {
      try {
        await this.#fetch(entry, wishes);
        return this.#found(entry, false);
      } catch (error) {
        const ageMs = clock.nowMs() - entry.fetchedMs;
        if (entry.answer === null || ageMs > (wishes.StaleIfError ?? 0) / 1e6) throw error;
      }
    }
    return this.#found(entry, true);
  }

  /** Takes over another limit of fetches. */
  reload(): void {
    for (const entry of this.#entries.values()) entry.pace = this.#pace();
  }

  stop(): void {
    this.#stopped = true;
    for (const entry of [...this.#entries.values()]) this.#forget(entry);
  }

  #isTooOld(entry: Entry, { MaxAge, MustRevalidate }: CacheWishes): boolean {
    if (MustRevalidate === true) return true;
    return MaxAge !== undefined && MaxAge > 0 && this.#options.clock.nowMs() - entry.fetchedMs > MaxAge / 1e6;
  }

  #found<R>(entry: Entry, hit: boolean): Cached<R> {
    const { clock } = this.#options;
    const refreshes = kinds[entry.method as CachedMethod].refreshes;
    const since = refreshes ? entry.lostMs : entry.fetchedMs;
    const ageMs = since === null ? 0 : clock.nowMs() - since;
    return { answer: entry.answer as Answer<R>, hit, ageMs };
  }

  #entry(method: MethodName, subject: object): Entry {
    const key = `${method}\0${JSON.stringify(subject)}`;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = {
        key,
        method,
        args: subject,
        answer: null,
        fetching: null,
        fetchedMs: 0,
        usedMs: 0,
        lostMs: null,
        restores: 0,
        pace: this.#pace(),
        waiters: new Set(),
        abort: new AbortController(),
      };
      this.#evict();
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  #pace(): RateLimiter {
    const { fetchLimit, clock } = this.#options;
    return new RateLimiter(fetchLimit(), clock.nowMs());
  }

  #evict(): void {
    if (this.#entries.size < maxEntries) return;
    for (const entry of this.#entries.values()) {
      if (entry.waiters.size > 0) continue;
      this.#forget(entry);
      return;
    }
  }

  #forget(entry: Entry): void {
    this.#entries.delete(entry.key);
    entry.abort.abort();
    for (const wake of [...entry.waiters]) wake();
  }

  /** One at a time: whoever comes while it is under way waits for it. */
  #fetch(entry: Entry, { AllowStale = false }: CacheWishes): Promise<void> {
    entry.fetching ??= this.#call(entry, 0, AllowStale)
      .then(
        () => {
          if (kinds[entry.method as CachedMethod].refreshes && !entry.abort.signal.aborted) void this.#refresh(entry);
        },
        (error) => {
          if (entry.answer === null) this.#forget(entry);
          throw error;
        },
      )
      .finally(() => {
        entry.fetching = null;
      });
    return entry.fetching;
  }

  async #call(entry: Entry, minIndex: number, AllowStale: boolean): Promise<void> {
    const { rpc, clock } = this.#options;
    const { signal } = entry.abort;
    const waitMs = entry.pace.reserve(clock.nowMs());
    if (waitMs > 0) await pause(clock, waitMs, signal);
    signal.throwIfAborted();
    const wait = minIndex > 0 ? { MinQueryIndex: minIndex, MaxQueryTime: refreshWaitNs } : {};
    const args = { ...entry.args, ...wait, AllowStale, UseCache: true } as Partial<Args<MethodName>>;
    const askedMs = clock.nowMs();
    const answer = await rpc.call(entry.method, args, { signal });
    // A blocking query ends early without news when the servers were given another state.
    const wasShort = clock.nowMs() - askedMs < refreshWaitNs / 1e6;
    if (minIndex > 0 && answer.meta.Index <= minIndex && wasShort) entry.restores++;
    entry.answer = answer;
    entry.fetchedMs = clock.nowMs();
    entry.lostMs = null;
    for (const wake of [...entry.waiters]) wake();
  }

  /** Follows an answer until nobody asks for it any more. */
  async #refresh(entry: Entry): Promise<void> {
    const { clock, logger } = this.#options;
    let failures = 0;
    while (!this.#stopped && !entry.abort.signal.aborted) {
      if (clock.nowMs() - entry.usedMs > idleMs) {
        this.#forget(entry);
        return;
      }
      try {
        await this.#call(entry, Math.max(1, entry.answer?.meta.Index ?? 0), true);
        failures = 0;
      } catch (error) {
        if (entry.abort.signal.aborted) return;
        entry.lostMs ??= clock.nowMs();
        failures++;
        logger.debug('cached answer could not be refreshed', { method: entry.method, error: messageOf(error) });
        await pause(clock, Math.min(1000 * 2 ** Math.min(failures, 6), maxRetryMs), entry.abort.signal);
      }
    }
  }

  /** Waits for an answer of a higher index, or of another state; false when the time is over first. */
  #beyond(entry: Entry, minIndex: number, waitMs: number, signal?: AbortSignal): Promise<boolean> {
    const isBeyond = (): boolean => (entry.answer?.meta.Index ?? 0) > minIndex;
    if (isBeyond()) return Promise.resolve(true);
    const { restores } = entry;
    const isNews = (): boolean => isBeyond() || entry.restores !== restores;
    return new Promise((resolve, reject) => {
      const end = (): void => {
        timer.cancel();
        entry.waiters.delete(look);
        signal?.removeEventListener('abort', abort);
      };
      const look = (): void => {
        if (!isNews() && !entry.abort.signal.aborted) return;
        end();
        resolve(isNews());
      };
      const abort = (): void => {
        end();
        reject(signal?.reason);
      };
      const timer = this.#options.clock.after(waitMs, () => {
        end();
        resolve(false);
      });
      entry.waiters.add(look);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }
}
