/** What happens to whole servers from outside: crashes, cuts, refused connections, pauses, clocks that jump. */
import { cutPairs, cutStyles } from '../partition.ts';
import type { Stream } from '../prng.ts';
import { recurring } from '../recurring.ts';
import type { World } from '../world.ts';
import type { Network } from './network.ts';
import type { ServersOptions } from './options.ts';
import type { SimServer } from './server.ts';

export interface StormOptions {
  readonly world: World;
  readonly network: Network;
  readonly servers: readonly SimServer[];
  readonly options: ServersOptions;
}

export function storm(around: StormOptions): void {
  const { world, network, servers, options } = around;
  const random = world.stream('storm');
  const every = recurring(world, network, random);
  every(options.crashEveryMs, () => {
    const server = random.pick(servers);
    if (server.process !== null) world.sometime(server.isLeader ? 'leader crashed' : 'follower crashed');
    server.crash();
  });
  every(options.cutEveryMs, () => {
    const style = random.pick(cutStyles);
    const ways = random.pick(['both ways', 'one way'] as const);
    world.sometime(`network cut: ${style}, ${ways}`);
    cut(around, random, style, random.pick(servers), ways === 'both ways', random.around(2500));
  });
  every(options.refuseEveryMs, () => refuse(around, random));
  every(options.pauseEveryMs, () => {
    const { process, id, isLeader } = random.pick(servers);
    if (process === null) return;
    const pauseMs = random.around(1000);
    world.trace(`${id} pauses for ${pauseMs.toFixed(0)} ms`);
    world.sometime(isLeader ? 'leader paused' : 'follower paused');
    process.pausedUntilMs = Math.max(process.pausedUntilMs, world.nowMs + pauseMs);
  });
  every(options.clockJumpEveryMs, () => {
    const { process } = random.pick(servers);
    if (process === null) return;
    world.sometime('wall clock jumped');
    process.wallOffsetMs += Math.round((random.float() - 0.5) * 120_000);
  });
  every(options.transferEveryMs, () => {
    world.sometime('leadership transfer');
    void servers
      .find((server) => server.isLeader)
      ?.raft?.transferLeadership('')
      .catch(() => {});
  });
}

function cut(
  { world, network, servers }: StormOptions,
  random: Stream,
  style: (typeof cutStyles)[number],
  at: SimServer,
  bothWays: boolean,
  forMs: number,
): void {
  const ids = servers.map(({ id }) => id);
  const ways = cutPairs(style, ids, at.id).flatMap((pair) => {
    const [a = '', b = ''] = pair.split(' ');
    const both = [`${a}>${b}`, `${b}>${a}`];
    return bothWays ? both : [random.pick(both)];
  });
  world.trace(`cut ${ways.join(', ')}`);
  for (const way of ways) network.cut.add(way);
  world.after(forMs, () => {
    for (const way of ways) network.cut.delete(way);
  });
}

/** A firewall before a leader that lives: connections to it are refused, so that it is taken for gone. */
function refuse(around: StormOptions, random: Stream): void {
  const leader = around.servers.find((server) => server.isLeader);
  if (leader === undefined) return;
  around.world.sometime('living leader taken for gone');
  cut(around, random, 'isolate', leader, true, random.around(1000));
  for (const other of around.servers) {
    if (other === leader || other.process === null) continue;
    around.world.after(random.around(5), () => other.raft?.leaderGone(leader.id), other.process);
  }
}
