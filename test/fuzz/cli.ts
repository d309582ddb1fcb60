/**
 * `node test/fuzz/cli.ts -target=hcl -runs=1000000 -seed=1`: feeds mutated inputs to our parsers. Exits with 1 at the first
 * input that crashes, hangs, leaves a rejection unhandled or gets an error of a foreign class, and says how to repeat it.
 */
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { Failure } from './target.ts';
import { type TargetName, targetNames } from './targets.ts';
import type { Job } from './worker.ts';

/** One input may take this long; a hundred times what it should, because machines are busy. */
const limitMs = 2000;
/** Without progress for so long, the run is stuck. */
const stuckMs = 10_000;

function readArguments(): { names: readonly TargetName[]; runs: number; seed: number } {
  const args = process.argv.slice(2).map((arg) => arg.replace(/^-(?=[a-z])/, '--'));
  const { values } = parseArgs({
    args,
    options: { target: { type: 'string' }, runs: { type: 'string' }, seed: { type: 'string' } },
  });
  const { target = 'all', runs = '100000', seed = String(Date.now() % 2 ** 31) } = values;
  const names = target === 'all' ? targetNames : target.split(',').map((name) => name as TargetName);
  const unknown = names.filter((name) => !targetNames.includes(name));
  if (unknown.length > 0) throw new Error(`no target ${unknown}; there are ${targetNames.join(', ')}, all`);
  for (const number of [runs, seed]) if (!/^\d+$/.test(number)) throw new Error(`not a number: ${number}`);
  return { names, runs: Number(runs), seed: Number(seed) >>> 0 };
}

function fuzz(name: TargetName, runs: number, seed: number): Promise<Failure | null> {
  const progress = new Uint32Array(new SharedArrayBuffer(8));
  const job: Job = { name, runs, seed, limitMs, progress };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: job });
  return new Promise((resolve) => {
    const current = () => ({ seed: Atomics.load(progress, 0), input: new Uint8Array(0) });
    let seen = 0;
    const watchdog = setInterval(() => {
      const done = Atomics.load(progress, 1);
      if (done !== seen || done === 0) seen = done;
      else finish({ ...current(), reason: `no progress for ${stuckMs / 1000} s` });
    }, stuckMs);
    const finish = (failure: Failure | null) => {
      clearInterval(watchdog);
      void worker.terminate();
      resolve(failure);
    };
    worker.once('message', (failure: Failure | null) => finish(failure));
    worker.once('error', (error) => finish({ ...current(), reason: `crash: ${error.stack}` }));
    worker.once('exit', (code) => finish({ ...current(), reason: `the thread ended with code ${code}` }));
  });
}

async function main(): Promise<number> {
  const { names, runs, seed } = readArguments();
  let exitCode = 0;
  for (const name of names) {
    const startMs = performance.now();
    const failure = await fuzz(name, runs, seed);
    const seconds = (performance.now() - startMs) / 1000;
    if (failure === null) {
      console.log(`${name}: ${runs} runs from seed ${seed}, ${seconds.toFixed(1)} s, ${Math.round(runs / seconds)}/s`);
      continue;
    }
    exitCode = 1;
    console.log(`${name}: FAILED\n${failure.reason}`);
    if (failure.input.length > 0) {
      const input = Buffer.from(failure.input);
      console.log(`input (${input.length} bytes): ${JSON.stringify(input.toString('latin1').slice(0, 2000))}`);
    }
    console.log(`replay: node test/fuzz/cli.ts -target=${name} -runs=1 -seed=${failure.seed}`);
  }
  return exitCode;
}

process.exitCode = await main();
