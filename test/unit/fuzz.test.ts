/** Every fuzz target on a few thousand inputs; `npm run fuzz` does millions. */
import { describe, expect, it } from 'vitest';
import { Dice } from '../fuzz/dice.ts';
import { mutate } from '../fuzz/mutate.ts';
import { runTarget, type Target } from '../fuzz/target.ts';
import { targetNames, targets } from '../fuzz/targets.ts';

describe('the fuzz targets', () => {
  it.each(targetNames)('%s survives 3,000 mutated inputs', { timeout: 60_000 }, async (name) => {
    const failure = await runTarget(await targets[name](), { runs: 3000, seed: 1, limitMs: 2000 });
    const replay = failure && `node test/fuzz/cli.ts -target=${name} -runs=1 -seed=${failure.seed}\n${failure.reason}`;
    expect(replay).toBeNull();
  });
});

describe('the fuzzer', () => {
  const corpus = [Buffer.from('hello 123'), Buffer.from('{"a": [1]}')];
  const target = (run: Target['run']): Target => ({ corpus, words: ['word'], run });
  const options = { runs: 2000, seed: 7, limitMs: 2000 };

  it('makes the same input from the same seed', () => {
    for (let seed = 0; seed < 200; seed++) {
      expect(mutate(corpus, ['x'], new Dice(seed))).toEqual(mutate(corpus, ['x'], new Dice(seed)));
    }
  });

  it('finds a crash and names the seed that repeats it', async () => {
    const crashing = target((input) => {
      if (input.includes(0x80)) throw new TypeError('boom');
    });
    const failure = await runTarget(crashing, options);
    expect(failure?.reason).toContain('boom');
    const again = await runTarget(crashing, { ...options, runs: 1, seed: failure!.seed });
    expect(again?.input).toEqual(failure!.input);
  });

  it('finds rejections, handled late or never, and inputs that take too long', async () => {
    const rejecting = target(async (input) => {
      if (input.length > 100) throw new Error('rejected');
    });
    expect((await runTarget(rejecting, options))?.reason).toContain('rejected');
    let now = 0;
    const slow = target(() => {
      now = performance.now() + 5;
      while (performance.now() < now);
    });
    expect((await runTarget(slow, { ...options, limitMs: 1 }))?.reason).toMatch(/^took \d+ ms$/);
  });
});
