/** What happens to a cluster of real processes; after each of them everything has to come good by itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LabCluster } from './cluster.ts';

export interface Scenario {
  readonly name: string;
  readonly run: (cluster: LabCluster) => Promise<void>;
  /** Part of the short form. */
  readonly short?: boolean;
}

const stormMs = 4_000;

async function cutOff(cluster: LabCluster, who: readonly number[], ways: 'both ways' | 'one way'): Promise<void> {
  // The leader first, then followers.
  const ordered = [await cluster.leader(), ...(await cluster.followers())];
  const ones = who.map((i) => ordered[i]!.machine);
  const others = cluster.all.map(({ machine }) => machine).filter((machine) => !ones.includes(machine));
  await cluster.lab.cut(ones, others, ways);
  await sleep(stormMs);
  await cluster.lab.heal();
}

const machinesOf = (cluster: LabCluster) => cluster.all.map(({ machine }) => machine);

export const scenarios: readonly Scenario[] = [
  {
    name: 'kill -9 of the leader',
    short: true,
    run: async (cluster) => {
      const leader = await cluster.leader();
      await leader.end('SIGKILL');
      await sleep(1500);
      leader.start();
    },
  },
  {
    name: 'kill -9 of a follower',
    run: async (cluster) => {
      const [follower] = await cluster.followers();
      await follower!.end('SIGKILL');
      await sleep(1500);
      follower!.start();
    },
  },
  {
    name: 'kill -9 of a client agent',
    run: async (cluster) => {
      await cluster.clients[0]!.end('SIGKILL');
      await sleep(1000);
      cluster.clients[0]!.start();
    },
  },
  {
    name: 'the leader stops for a while and goes on',
    short: true,
    run: async (cluster) => {
      const leader = await cluster.leader();
      leader.signal('SIGSTOP');
      await sleep(stormMs);
      leader.signal('SIGCONT');
    },
  },
  {
    name: 'a follower stops for a while and goes on',
    run: async (cluster) => {
      const [follower] = await cluster.followers();
      follower!.signal('SIGSTOP');
      await sleep(stormMs);
      follower!.signal('SIGCONT');
    },
  },
  { name: 'the leader alone', short: true, run: (cluster) => cutOff(cluster, [0], 'both ways') },
  { name: 'the leader with a minority', run: (cluster) => cutOff(cluster, [0, 1], 'both ways') },
  { name: 'the leader with a majority', run: (cluster) => cutOff(cluster, [0, 1, 2], 'both ways') },
  { name: 'nobody hears the leader', short: true, run: (cluster) => cutOff(cluster, [0], 'one way') },
  { name: 'nobody hears a follower', run: (cluster) => cutOff(cluster, [1], 'one way') },
  {
    name: '20 % loss',
    short: true,
    run: async (cluster) => {
      await cluster.lab.spoil(machinesOf(cluster), { loss: 0.2 });
      await sleep(2 * stormMs);
      await cluster.lab.heal();
    },
  },
  {
    name: '200 ms delay',
    short: true,
    run: async (cluster) => {
      // Half of it each way: a round trip of 200 ms.
      await cluster.lab.spoil(machinesOf(cluster), { delayMs: 100 });
      await sleep(2 * stormMs);
      await cluster.lab.heal();
    },
  },
  {
    name: 'a disk is full',
    short: true,
    run: async (cluster) => {
      const makeRoom = cluster.fillDisk();
      await sleep(stormMs);
      makeRoom();
    },
  },
  {
    name: 'all start again at once',
    short: true,
    run: async (cluster) => {
      await Promise.all(cluster.all.map((agent) => agent.end('SIGKILL')));
      for (const agent of cluster.all) agent.start();
    },
  },
];
