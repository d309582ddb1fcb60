import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateLimiter } from '../../../../src/agent/rpc/rate-limiter.ts';

describe('a rate limit', () => {
  it('lets a burst through, then as many as the rate allows', () => {
    const limiter = new RateLimiter({ perSecond: 10, burst: 3 }, 0);
    expect([0, 0, 0, 0].map((ms) => limiter.take(ms))).toEqual([true, true, true, false]);
    expect([limiter.take(99), limiter.take(100), limiter.take(100)]).toEqual([false, true, false]);
    expect([5000, 5000, 5000, 5000].map((ms) => limiter.take(ms))).toEqual([true, true, true, false]);
  });

  it('is none when it is negative or infinite', () => {
    for (const perSecond of [-1, Number.POSITIVE_INFINITY]) {
      const limiter = new RateLimiter({ perSecond, burst: 1 }, 0);
      expect(Array.from({ length: 100 }, () => limiter.take(0))).not.toContain(false);
    }
  });

  it('tells how long to wait for a token that is taken before it is there', () => {
    const limiter = new RateLimiter({ perSecond: 2, burst: 1 }, 0);
    expect([0, 0, 0].map((ms) => limiter.reserve(ms))).toEqual([0, 500, 1000]);
    expect(limiter.reserve(1500)).toBe(0);
    expect(new RateLimiter({ perSecond: Number.POSITIVE_INFINITY, burst: 1 }, 0).reserve(0)).toBe(0);
  });

  it('never lets more through than burst and rate together', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(500)),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 9 }),
        (gaps, r, b) => {
          const limiter = new RateLimiter({ perSecond: r, burst: b }, 0);
          let nowMs = 0;
          let passed = 0;
          for (const gap of gaps) {
            nowMs += gap;
            if (limiter.take(nowMs)) passed++;
          }
          expect(passed).toBeLessThanOrEqual(b + Math.ceil((nowMs / 1000) * r));
        },
      ),
    );
  });
});
