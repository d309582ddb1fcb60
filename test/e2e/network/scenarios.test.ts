/** Five servers and three clients with addresses of their own, under load, on a bad network. The long form: `cli.ts` beside this file. */
import { expect, it } from 'vitest';
import { LabCluster } from './cluster.ts';
import { scenarios } from './scenarios.ts';
import { Workload } from './workload.ts';

it('survive processes, disks and networks that fail, with histories that are linearizable', {
  timeout: 240_000,
}, async () => {
  await using cluster = await LabCluster.make({ servers: 5, clients: 3, raftMultiplier: 1 });
  const load = new Workload(cluster.all, 12, 3);
  for (const { name, run } of scenarios.filter(({ short }) => short === true)) {
    load.chapter(name.replaceAll(/\W+/g, '-'));
    await run(cluster);
    await cluster.untilWhole();
  }
  await load.end();
  expect(load.acknowledged).toBeGreaterThan(200);
});

it('restart one after the other without a lost write, and with at most one election each', {
  timeout: 120_000,
}, async () => {
  await using cluster = await LabCluster.make({ servers: 5, clients: 3, raftMultiplier: 5 });
  const load = new Workload(cluster.all, 4, 1);
  load.chapter('rolling');
  const before = await cluster.term();
  for (const server of cluster.servers) {
    await server.end('SIGTERM');
    server.start();
    await cluster.untilWhole();
  }
  expect((await cluster.term()) - before).toBeLessThanOrEqual(cluster.servers.length);
  await load.end();
  // Some between every two restarts, however slow the machine is.
  expect(load.acknowledged).toBeGreaterThan(4 * cluster.servers.length);
});
