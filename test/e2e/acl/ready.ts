/** Agents with ACLs: the first leader writes the master token a moment after it leads. */
import type { AgentProcess } from '../agent-process.ts';
import { until } from '../cluster/node.ts';

export async function startWithToken(agent: AgentProcess, token: string): Promise<void> {
  await agent.start();
  const path = `/v1/acl/token/self?token=${token}`;
  await until('the token is known', async () => (await agent.request('GET', path)).status === 200);
}
