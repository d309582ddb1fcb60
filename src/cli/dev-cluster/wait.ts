/** Waits until a cluster is one: every agent knows all the others, and the servers have a leader. */
import { setTimeout as sleep } from 'node:timers/promises';
import { agentApi } from '../../client/agent.ts';
import { statusApi } from '../../client/operator.ts';
import { ask } from './ask.ts';
import type { PlannedAgent } from './plan.ts';

const aliveStatus = 1;
const pollMs = 100;

/** False when the signal came first. `onWhole` hears how many agents know all the others. */
export async function formed(
  plan: readonly PlannedAgent[],
  signal: AbortSignal,
  onWhole: (agents: number) => void,
): Promise<boolean> {
  for (const [at, agent] of plan.entries()) {
    onWhole(at);
    while (!(await isWhole(agent, plan.length))) {
      if (signal.aborted) return false;
      await sleep(pollMs);
    }
  }
  return true;
}

/** An agent that does not answer yet is not whole yet. */
const isWhole = (agent: PlannedAgent, size: number): Promise<boolean> =>
  ask(agent, async (http) => {
    const members = await agentApi(http).members();
    if (members.filter((member) => member.Status === aliveStatus).length < size) return false;
    return (await statusApi(http).leader()) !== '';
  }).catch(() => false);
