import { afterEach, describe, expect, it, vi } from 'vitest';
import { nodeRuntime } from '../../../src/lib/runtime-node.ts';

afterEach(() => void vi.useRealTimers());

describe('timers of the real clock', () => {
  it('wait for longer than Node can: a TTL of 60 days does not expire at once', () => {
    vi.useFakeTimers();
    const dayMs = 86_400_000;
    const fired = vi.fn();
    nodeRuntime.clock.after(60 * dayMs, fired);
    const cancelled = nodeRuntime.clock.after(60 * dayMs, fired);
    vi.advanceTimersByTime(30 * dayMs);
    cancelled.cancel();
    expect(fired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(30 * dayMs);
    expect(fired).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
