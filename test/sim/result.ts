/** What a run from one seed came to. */
import { asError } from '../../src/agent/raft/errors.ts';
import type { World } from './world.ts';

export interface SimResult {
  readonly seed: number;
  readonly error: Error | null;
  readonly traceHash: number;
  /** How often the rare situations came. */
  readonly sometimes: ReadonlyMap<string, number>;
  /** Writes that were acknowledged. */
  readonly acknowledged: number;
  readonly virtualMs: number;
}

/** Runs to the end, or to the first thing that is wrong. */
export async function resultOf(world: World, go: () => Promise<void>, acknowledged: () => number): Promise<SimResult> {
  let error: Error | null = null;
  try {
    await go();
  } catch (thrown) {
    error = asError(thrown);
  }
  world.trace(error ? `FAILED ${error.message}` : 'done');
  return {
    seed: world.seed,
    error,
    traceHash: world.traceHash,
    sometimes: world.sometimes,
    acknowledged: acknowledged(),
    virtualMs: world.nowMs,
  };
}
