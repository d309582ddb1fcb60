/**
 * A token bucket: so many requests a second, and so many at once after a pause (`limits.rpc_rate`, `limits.rpc_max_burst`;
 * `cache.entry_fetch_rate`, `cache.entry_fetch_max_burst`).
 */

export interface RateLimit {
  /** Infinite or negative: no limit. */
  readonly perSecond: number;
  readonly burst: number;
}

export class RateLimiter {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledMs: number;

  constructor({ perSecond, burst }: RateLimit, nowMs: number) {
    this.#perSecond = perSecond < 0 ? Number.POSITIVE_INFINITY : perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledMs = nowMs;
  }

  /** Takes a token; false when there is none. */
  take(nowMs: number): boolean {
    if (this.#perSecond === Number.POSITIVE_INFINITY) return true;
    this.#fill(nowMs);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Takes a token, one that is still to come if need be: milliseconds until it may be used. */
  reserve(nowMs: number): number {
    if (this.#perSecond === Number.POSITIVE_INFINITY) return 0;
    this.#fill(nowMs);
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#perSecond) * 1000;
  }

  #fill(nowMs: number): void {
    const gained = ((nowMs - this.#filledMs) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#burst, this.#tokens + gained);
    this.#filledMs = nowMs;
  }
}
