import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const shown: string[] = [];
vi.mock('../../../src/cli/spinner.ts', () => ({
  spinner: (text: string) => {
    shown.push(text);
    return { say: (next: string) => shown.push(next), end: () => shown.push('<end>') };
  },
}));

import { startProgress } from '../../../src/cli/progress.ts';

const onTerminal = (env: Record<string, string> = {}) => ({ env, isTerminal: () => true });

describe('progress', () => {
  beforeEach(() => {
    shown.length = 0;
    vi.useFakeTimers();
  });
  afterEach(() => vi.useRealTimers());

  it('shows what is done, and takes it away', async () => {
    const progress = startProgress(onTerminal(), 'one');
    progress.say('two');
    await vi.advanceTimersByTimeAsync(300);
    await vi.dynamicImportSettled();
    progress.say('three');
    progress.end();
    expect(shown).toEqual(['two', 'three', '<end>']);
  });

  it('shows nothing of work that is done soon', async () => {
    const progress = startProgress(onTerminal(), 'one');
    await vi.advanceTimersByTimeAsync(299);
    progress.end();
    await vi.advanceTimersByTimeAsync(1000);
    await vi.dynamicImportSettled();
    expect(shown).toEqual([]);
  });

  it.each([
    ['without a terminal', { env: {}, isTerminal: () => false }],
    ['where lines cannot be taken back', onTerminal({ TERM: 'dumb' })],
    ['on a build machine', onTerminal({ CI: 'true' })],
  ])('is silent %s', async (_where, io) => {
    startProgress(io, 'one');
    await vi.advanceTimersByTimeAsync(1000);
    await vi.dynamicImportSettled();
    expect(shown).toEqual([]);
  });
});
