import { describe, expect, it } from 'vitest';
import { runSingle, type SimResult } from './single.ts';
import { storeFsm } from './store-fsm.ts';

const seeds = Array.from({ length: 100 }, (_, i) => i + 1);

/** One line that runs the failing seed again, with every event. */
const failureOf = ({ seed, error }: SimResult): string | null =>
  error ? `${error.message} (npm run sim -- -seed=${seed} -trace)` : null;

describe('a single server on a bad disk', () => {
  it('never loses, tears or reorders what it acknowledged, over 100 seeds', async () => {
    const sometimes = new Map<string, number>();
    const failures: string[] = [];
    let acknowledged = 0;
    for (const seed of seeds) {
      const result = await runSingle(seed);
      const failure = failureOf(result);
      if (failure) failures.push(failure);
      acknowledged += result.acknowledged;
      for (const [situation, times] of result.sometimes) {
        sometimes.set(situation, (sometimes.get(situation) ?? 0) + times);
      }
    }
    expect(failures).toEqual([]);
    expect(acknowledged).toBeGreaterThan(10_000);
    // A campaign that never got into trouble proves nothing.
    for (const situation of [
      'crash during append, before it took effect',
      'crash during append, after it took effect',
      'crash during snapshot rename, after it took effect',
      'disk full during append',
      'operator restored a snapshot',
      'restart from snapshot and log',
    ]) {
      expect(sometimes.get(situation) ?? 0, situation).toBeGreaterThan(0);
    }
  });

  it('keeps its promises with the real store, too', async () => {
    const failures: string[] = [];
    for (let seed = 1; seed <= 20; seed++) {
      const { error } = await runSingle(seed, { fsm: storeFsm });
      if (error) failures.push(`${error.message} (npm run sim -- -store -seed=${seed} -trace)`);
    }
    expect(failures).toEqual([]);
  });

  it('does exactly the same twice from the same seed', async () => {
    for (const seed of [3, 12, 98]) {
      const first = await runSingle(seed);
      const second = await runSingle(seed);
      expect(second.traceHash).toBe(first.traceHash);
    }
    expect((await runSingle(3)).traceHash).not.toBe((await runSingle(4)).traceHash);
  });
});
