/**
 * Runs simulations from the command line.
 *
 *   npm run sim -- -seeds=1000                  seeds 1..1000 of every kind
 *   npm run sim -- -kind=servers -seeds=1000    of one kind; the kinds are in kinds.ts
 *   npm run sim -- -kind=cores -seed=17 -trace  one seed, every event on its own line
 *   npm run sim -- -seeds=1000 -from=5000       seeds 5000..5999
 *   npm run sim -- -seeds=50 -twice             each seed two times, which must be the same to the last event
 */
import { parseArgs } from 'node:util';
import { campaign, failureLine, type KindName, kindNames, kinds, replayLine } from './kinds.ts';

const { values } = parseArgs({
  args: process.argv.slice(2).map((arg) => (/^-[a-z]/.test(arg) ? `-${arg}` : arg)),
  options: {
    kind: { type: 'string' },
    seed: { type: 'string' },
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
    twice: { type: 'boolean', default: false },
  },
});

const chosen = values.kind === undefined ? kindNames : kindNames.filter((name) => name === values.kind);
if (chosen.length === 0) {
  console.error(`no kind ${values.kind}: there are ${kindNames.join(', ')}`);
  process.exit(2);
}
const first = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
const print = values.trace ? (line: string) => console.log(line) : null;

/** What runs now: an error that nobody catches belongs to it. */
let running = '';
process.on('uncaughtException', (error) => {
  console.error(error);
  console.error(`  ${running}`);
  process.exit(1);
});

async function report(kind: KindName): Promise<boolean> {
  console.log(`${kind}: ${kinds[kind].what}`);
  const startMs = performance.now();
  const { clean, acknowledged, virtualMs, sometimes, failures } = await campaign(kind, first, count, {
    print,
    twice: values.twice,
    onStart: (seed) => {
      running = replayLine(kind, seed);
    },
    onResult: ({ seed, error }) => {
      if (error) console.error(values.trace ? error.stack : failureLine(kind, seed, error));
    },
  });
  const tookSeconds = (performance.now() - startMs) / 1000;
  console.log(`${clean} of ${count} seeds clean, ${acknowledged} writes acknowledged,`);
  console.log(`${Math.round(virtualMs / 1000)} s of virtual time in ${tookSeconds.toFixed(1)} s`);
  for (const [situation, times] of [...sometimes].sort()) console.log(`${String(times).padStart(8)}  ${situation}`);
  return failures.length === 0;
}

for (const kind of chosen) if (!(await report(kind))) process.exitCode = 1;
