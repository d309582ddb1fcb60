/** What can be fuzzed: a corpus to start from, and a function that must survive everything. */

import { Dice } from './dice.ts';
import { mutate } from './mutate.ts';

export interface Target {
  /** Good inputs. Mutations start from them. */
  readonly corpus: readonly Uint8Array[];
  /** Words of the input's grammar. */
  readonly words: readonly string[];
  /** Throws only what it should not: errors that belong to the parser are caught inside. */
  run(input: Uint8Array, dice: Dice): void | Promise<void>;
}

export interface Failure {
  /** One run with this seed repeats it. */
  readonly seed: number;
  readonly input: Uint8Array;
  readonly reason: string;
}

export interface RunOptions {
  readonly runs: number;
  readonly seed: number;
  /** Longest time one input may take. */
  readonly limitMs: number;
  /** Called before every input, for a watchdog. */
  readonly onRun?: (seed: number) => void;
}

/** Inputs between two breaths of the event loop, in which rejections nobody handled come up. */
const breathEvery = 2000;

/** Every run has a seed of its own, `seed`, `seed + 1`, ...: a failure is repeated without what went before. */
export async function runTarget(target: Target, { runs, seed, limitMs, onRun }: RunOptions): Promise<Failure | null> {
  let current = seed;
  let input: Uint8Array = new Uint8Array(0);
  let rejection: Failure | null = null;
  const onRejection = (error: unknown) => {
    rejection ??= {
      seed: current,
      input,
      reason: `unhandled rejection (this run or shortly before): ${textOf(error)}`,
    };
  };
  process.on('unhandledRejection', onRejection);
  try {
    for (let run = 0; run < runs; run++) {
      current = (seed + run) >>> 0;
      onRun?.(current);
      const dice = new Dice(current);
      input = mutate(target.corpus, target.words, dice);
      const startMs = performance.now();
      try {
        const running = target.run(input, dice);
        if (running !== undefined) await running;
      } catch (error) {
        return { seed: current, input, reason: textOf(error) };
      }
      const tookMs = performance.now() - startMs;
      if (tookMs > limitMs) return { seed: current, input, reason: `took ${Math.round(tookMs)} ms` };
      if (run % breathEvery === breathEvery - 1) await new Promise((resolve) => setImmediate(resolve));
      if (rejection !== null) return rejection;
    }
    await new Promise((resolve) => setImmediate(resolve));
    return rejection;
  } finally {
    process.off('unhandledRejection', onRejection);
  }
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error.stack ?? error.message;
  return error.cause === undefined ? text : `${text}\ncaused by ${textOf(error.cause)}`;
}

type ErrorClass = abstract new (...args: never[]) => Error;

/** The result, or undefined if `parse` refused the input with an error of its own. */
export function unlessRefused<T>(parse: () => T, ...own: readonly ErrorClass[]): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (own.some((ownClass) => error instanceof ownClass)) return undefined;
    throw error;
  }
}

/** Stated by a target about its subject; a broken one is a finding. */
export function holds(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`broken property: ${what}`);
}
