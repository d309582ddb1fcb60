/** Runs one target in a thread of its own, so that the main thread can see it hang. */
import { parentPort, workerData } from 'node:worker_threads';
import { runTarget } from './target.ts';
import { type TargetName, targets } from './targets.ts';

export interface Job {
  readonly name: TargetName;
  readonly runs: number;
  readonly seed: number;
  readonly limitMs: number;
  /** Seed of the current run and number of runs so far, for the watchdog. */
  readonly progress: Uint32Array;
}

const { name, runs, seed, limitMs, progress } = workerData as Job;
const target = await targets[name]();
const failure = await runTarget(target, {
  runs,
  seed,
  limitMs,
  onRun: (current) => {
    Atomics.store(progress, 0, current);
    Atomics.add(progress, 1, 1);
  },
});
parentPort!.postMessage(failure);
