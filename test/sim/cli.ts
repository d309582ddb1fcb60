/**
 * Runs simulations from the command line.
 *
 *   npm run sim -- -seeds=1000          seeds 1..1000
 *   npm run sim -- -seed=17 -trace      one seed, every event on its own line
 *   npm run sim -- -store ...           the real store instead of the small state machine
 *   npm run sim -- -servers=3 ...       cores on a bad network instead of one server on a bad disk
 */
import { parseArgs } from 'node:util';
import { runCluster } from './cluster.ts';
import { runSingle } from './single.ts';
import { storeFsm } from './store-fsm.ts';
import { tinyFsm } from './tiny-fsm.ts';

const { values } = parseArgs({
  args: process.argv.slice(2).map((arg) => (/^-[a-z]/.test(arg) ? `-${arg}` : arg)),
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    store: { type: 'boolean', default: false },
    servers: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
  },
});

const first = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
const fsm = values.store ? storeFsm : tinyFsm;
const servers = Number(values.servers);
const print = values.trace ? (line: string) => console.log(line) : null;
const sometimes = new Map<string, number>();
const startMs = performance.now();
let failures = 0;
let acknowledged = 0;
let virtualMs = 0;

for (let seed = first; seed < first + count; seed++) {
  const result =
    servers > 1 ? runCluster(seed, servers, print) : await runSingle(seed, { fsm, ...(print && { print }) });
  acknowledged += result.acknowledged;
  virtualMs += result.virtualMs;
  for (const [situation, times] of result.sometimes) sometimes.set(situation, (sometimes.get(situation) ?? 0) + times);
  if (result.error) {
    failures += 1;
    console.error(`seed ${seed}: ${values.trace ? result.error.stack : result.error.message}`);
    console.error(
      `  npm run sim -- ${servers > 1 ? `-servers=${servers} ` : values.store ? '-store ' : ''}-seed=${seed} -trace`,
    );
  }
}

console.log(`${count - failures} of ${count} seeds clean, ${acknowledged} writes acknowledged,`);
console.log(
  `${Math.round(virtualMs / 1000)} s of virtual time in ${((performance.now() - startMs) / 1000).toFixed(1)} s`,
);
for (const [situation, times] of [...sometimes].sort()) console.log(`${String(times).padStart(8)}  ${situation}`);
process.exitCode = failures > 0 ? 1 : 0;
