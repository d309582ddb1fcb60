/** A few services and checks, so that a cluster to learn with has something in its catalog. */
import { ask } from './ask.ts';
import type { PlannedAgent } from './plan.ts';

const samples = [
  { Name: 'web', Port: 8080, Tags: ['v1', 'primary'], Check: { TTL: '24h', Status: 'passing', Notes: 'Serves pages' } },
  { Name: 'db', Port: 5432, Tags: ['postgres'], Check: { TTL: '24h', Status: 'passing', Notes: 'Accepts queries' } },
  { Name: 'cache', Port: 6379, Tags: [], Check: { TTL: '24h', Status: 'warning', Notes: 'Hit rate below target' } },
] as const;

/** One service an agent, the clients first: that is where services live. */
export async function registerSample(plan: readonly PlannedAgent[], signal: AbortSignal): Promise<void> {
  const hosts = [...plan].sort((a, b) => Number(a.server) - Number(b.server));
  for (const [i, service] of samples.entries()) {
    const host = hosts[i % hosts.length];
    if (host === undefined || signal.aborted) return;
    await ask(host, (http) => http.ask({ method: 'PUT', path: '/v1/agent/service/register', body: service }));
  }
}
