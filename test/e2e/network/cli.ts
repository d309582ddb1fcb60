/**
 * The long form of `scenarios.test.ts`: every scenario, in random order, again and again.
 *
 *   node test/e2e/network/cli.ts              one round
 *   node test/e2e/network/cli.ts -rounds=20   more of them
 */
import { parseArgs } from 'node:util';
import { LabCluster } from './cluster.ts';
import { scenarios } from './scenarios.ts';
import { Workload } from './workload.ts';

const { values } = parseArgs({
  args: process.argv.slice(2).map((arg) => (/^-[a-z]/.test(arg) ? `-${arg}` : arg)),
  options: { rounds: { type: 'string', default: '1' }, only: { type: 'string', default: '' } },
});

await using cluster = await LabCluster.make({ servers: 5, clients: 3, raftMultiplier: 1 });
for (let round = 1; round <= Number(values.rounds); round++) {
  const load = new Workload(cluster.all, 12, 3);
  const order = scenarios.filter(({ name }) => name.includes(values.only)).sort(() => Math.random() - 0.5);
  for (const { name, run } of order) {
    load.chapter(`${round}-${name.replaceAll(/\W+/g, '-')}`);
    const startMs = performance.now();
    await run(cluster);
    const healedMs = performance.now();
    await cluster.untilWhole();
    const wholeMs = performance.now();
    console.log(
      `${round} ${name}: ${Math.round(healedMs - startMs)} ms, whole again after ${Math.round(wholeMs - healedMs)} ms, ` +
        `${load.acknowledged} writes acknowledged, ${load.unknown} of unknown outcome so far`,
    );
  }
  await load.end();
  console.log(
    `round ${round}: linearizable${load.history.tooHard > 0 ? `, but for ${load.history.tooHard} too hard to decide` : ''}`,
  );
}
