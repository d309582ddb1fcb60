import { describe, expect, it } from 'vitest';
import { CoordinateBatch } from '../../../../src/agent/server/leader/coordinate-batch.ts';
import type { Coordinate } from '../../../../src/structs/coordinate.ts';
import { silentLogger } from '../../../silent.ts';
import { manualRuntime } from './manual-runtime.ts';

const at = (Node: string, x = 0): Coordinate => ({
  Node,
  Segment: '',
  Coord: { Vec: [x, 0, 0, 0, 0, 0, 0, 0], Error: 1, Adjustment: 0, Height: 0.1 },
});

function make() {
  const runtime = manualRuntime();
  const batches: (readonly Coordinate[])[] = [];
  const batch = new CoordinateBatch({
    clock: runtime.clock,
    logger: silentLogger,
    periodMs: 5_000,
    propose: async (all) => void batches.push(all),
  });
  return { batch, batches, runtime };
}

describe('coordinate updates', () => {
  it('are replicated together after a while, the newest of each node alone', async () => {
    const { batch, batches, runtime } = make();
    batch.add(at('a', 1));
    batch.add(at('b', 2));
    batch.add(at('a', 3));
    runtime.advance(4_999);
    expect(batches).toEqual([]);
    runtime.advance(1);
    await Promise.resolve();
    expect(batches).toEqual([[at('a', 3), at('b', 2)]]);
  });

  it('go in commands of 128, and no more than five of them', async () => {
    const { batch, batches, runtime } = make();
    for (let n = 0; n < 1000; n++) batch.add(at(`n${n}`));
    runtime.advance(5_000);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    expect(batches.map((one) => one.length)).toEqual([128, 128, 128, 128, 128]);
  });

  it('are forgotten with leadership', () => {
    const { batch, batches, runtime } = make();
    batch.add(at('a'));
    batch.stop();
    runtime.advance(60_000);
    expect(batches).toEqual([]);
  });
});
