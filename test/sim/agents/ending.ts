/** How a run of whole agents comes to its end: calm weather, everybody awake, and a stop that leaves nothing. */
import type { Course } from '../course.ts';
import { SafetyBroken } from '../single-checker.ts';
import type { World } from '../world.ts';
import type { SimAgent } from './agent.ts';
import type { Network } from './network.ts';

const wakingMs = 3_000;
/** Calls that were under way end by themselves. */
const lastCallsMs = 20_000;

export function calmDown(network: Network, agents: readonly SimAgent[]): void {
  for (const agent of agents) {
    agent.disk.healed = true;
    if (agent.process === null && !agent.leaving) agent.start();
  }
  // Now that all machines have power.
  network.calmDown();
}

/** Who sleeps still stirs things up when it wakes: with an old term, or with an election of its own. */
export async function untilAwake(course: Course, world: World, agents: readonly SimAgent[]): Promise<void> {
  const untilMs = Math.max(0, ...agents.map(({ process }) => process?.pausedUntilMs ?? 0));
  if (untilMs > world.nowMs) await course.pass(untilMs - world.nowMs + wakingMs);
}

/** Every agent stops, and nothing of it is left. */
export async function stopAll(
  course: Course,
  world: World,
  network: Network,
  agents: readonly SimAgent[],
): Promise<void> {
  let stopped = 0;
  for (const { cluster } of agents) {
    void cluster?.stop().then(
      () => stopped++,
      (error) => course.fail(error),
    );
  }
  await course.until(() => stopped === agents.length);
  if (stopped < agents.length) throw new SafetyBroken('an agent did not stop');
  await course.pass(lastCallsMs);
  for (const { id, process, ip } of agents) {
    const left = process === null ? [] : world.waitingOf(process);
    if (left.length > 0) throw new SafetyBroken(`${id} stopped, and timers were left: ${left.join(', ')}`);
    const { ends, listeners, udp } = network.machine(ip);
    const sockets = [...listeners.keys(), ...udp.keys(), ...[...ends].map(({ what }) => what)];
    if (sockets.length > 0) throw new SafetyBroken(`${id} stopped, and sockets were left: ${sockets.join(', ')}`);
  }
}
