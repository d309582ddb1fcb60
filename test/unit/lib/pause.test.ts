import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { pause } from '../../../src/lib/pause.ts';
import { manualRuntime } from '../agent/server/manual-runtime.ts';

describe('a pause', () => {
  it('ends when the time is over, and leaves nothing', async () => {
    const { clock, advance, pending } = manualRuntime();
    const { signal } = new AbortController();
    const over = pause(clock, 100, signal);
    advance(99);
    expect(pending()).toBe(1);
    advance(1);
    await over;
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('ends when it is aborted, and leaves nothing', async () => {
    const { clock, pending } = manualRuntime();
    const abort = new AbortController();
    const over = pause(clock, 100, abort.signal);
    abort.abort();
    await over;
    expect(pending()).toBe(0);
  });

  it('does not begin when it was aborted before', async () => {
    const { clock, pending } = manualRuntime();
    await pause(clock, 100, AbortSignal.abort());
    expect(pending()).toBe(0);
  });
});
