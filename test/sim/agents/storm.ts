/** What happens to whole agents from outside. */
import { cutPairs, cutStyles } from '../partition.ts';
import type { Stream } from '../prng.ts';
import { recurring } from '../recurring.ts';
import type { World } from '../world.ts';
import type { SimAgent } from './agent.ts';
import type { Network } from './network.ts';
import type { Troubles } from './troubles.ts';

export interface StormOptions {
  readonly world: World;
  readonly network: Network;
  readonly agents: readonly SimAgent[];
  readonly options: Troubles;
  readonly onFailure: (error: unknown) => void;
}

export function storm(around: StormOptions): void {
  const { world, network, agents, options } = around;
  const random = world.stream('storm');
  const every = recurring(world, network, random);
  every(options.crashEveryMs, () => {
    const agent = random.pick(agents);
    if (agent.process === null) return;
    world.sometime(agent.isLeader ? 'leader crashed' : agent.isServer ? 'follower crashed' : 'client agent crashed');
    const powerToo = random.chance(options.powerChance);
    if (powerToo) world.sometime('machine without power');
    agent.crash(powerToo);
  });
  every(options.leaveEveryMs, () => {
    const agent = random.pick(agents);
    // Nobody sends away a server while others are away.
    const whole = agents.every((one) => !one.isServer || (one.cluster !== null && !one.leaving));
    if (agent.cluster === null || agent.leaving || (agent.isServer && !whole)) return;
    world.sometime(agent.isLeader ? 'leader left' : agent.isServer ? 'follower left' : 'client agent left');
    agent.leave().then(() => back(around, random, agent), around.onFailure);
  });
  every(options.forceLeaveEveryMs, () => {
    const by = random.pick(agents).cluster;
    const failed = by?.lan.members().find(({ status }) => status === 'failed');
    if (by === null || failed === undefined) return;
    // Servers that still wait for each other look for none that left: an operator has to let them find a leader first.
    if (!agents.some(({ raft }) => raft !== null && raft.stats().term > 0)) return;
    world.sometime('failed member was made to leave');
    by.lan.forceLeave(failed.name, random.chance(0.5));
  });
  every(options.cutEveryMs, () => {
    const style = random.pick(cutStyles);
    const ways = random.pick(['both ways', 'one way'] as const);
    world.sometime(`network cut: ${style}, ${ways}`);
    const pairs = cutPairs(style, agents.map(({ ip }) => ip).sort(), random.pick(agents).ip);
    const cut = waysOf(random, pairs, ways === 'both ways');
    world.trace(`cut ${cut.join(', ')}`);
    spoil(world, network.cut, cut, random.around(options.cutForMs));
  });
  every(options.clogEveryMs, () => {
    world.sometime('link clogged');
    const ips = agents.map(({ ip }) => ip).sort();
    const links = waysOf(random, cutPairs('isolate', ips, random.pick(ips)), true);
    spoil(world, network.clogged, links, random.around(4000));
  });
  every(options.pauseEveryMs, () => {
    const { process, id, isLeader, isServer } = random.pick(agents);
    if (process === null) return;
    const pauseMs = random.around(options.pauseMs);
    world.trace(`${id} pauses for ${pauseMs.toFixed(0)} ms`);
    world.sometime(isLeader ? 'leader paused' : isServer ? 'follower paused' : 'client agent paused');
    process.pausedUntilMs = Math.max(process.pausedUntilMs, world.nowMs + pauseMs);
  });
  every(options.clockJumpEveryMs, () => {
    const { process } = random.pick(agents);
    if (process === null) return;
    world.sometime('wall clock jumped');
    process.wallOffsetMs += Math.round((random.float() - 0.5) * 120_000);
  });
  every(options.transferEveryMs, () => {
    world.sometime('leadership transfer');
    const leader = agents.find((agent) => agent.isLeader);
    void leader?.raft?.transferLeadership('').catch(() => {});
  });
}

/** An agent that is away comes back, as it was or at another address. */
export function back({ world, options, network }: StormOptions, random: Stream, agent: SimAgent): void {
  world.after(random.around(options.awayMs), () => {
    if (agent.process !== null) return;
    if (!network.calm && random.chance(options.moveChance)) {
      world.sometime('came back with another address');
      agent.move();
    }
    agent.start();
  });
}

const waysOf = (random: Stream, pairs: readonly string[], bothWays: boolean): string[] =>
  pairs.flatMap((pair) => {
    const [a = '', b = ''] = pair.split(' ');
    const both = [`${a}>${b}`, `${b}>${a}`];
    return bothWays ? both : [random.pick(both)];
  });

function spoil(world: World, links: Set<string>, these: readonly string[], forMs: number): void {
  for (const link of these) links.add(link);
  world.after(forMs, () => {
    for (const link of these) links.delete(link);
  });
}
