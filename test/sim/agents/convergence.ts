/** Whether all agents agree about who is there: in gossip, in the catalog, in Raft's configuration. */
import { joinHostPort } from '../../../src/lib/host-port.ts';
import type { SimAgent } from './agent.ts';

const sorted = (names: Iterable<string>): string => [...names].sort().join(' ');

/** The first thing that is not as it should be; null = all is well. */
export async function whatIsMissing(agents: readonly SimAgent[], datacenter: string): Promise<string | null> {
  const all = sorted(agents.map(({ id }) => id));
  for (const { id, cluster, ip } of agents) {
    if (cluster === null) return `${id} does not run`;
    const members = cluster.lan.members();
    const others = members.filter(({ status }) => status !== 'alive');
    if (others.length > 0) return `${id} sees ${others.map(({ name, status }) => `${name} ${status}`).join(', ')}`;
    const alive = sorted(members.map(({ name }) => name));
    if (alive !== all) return `${id} sees ${alive}`;
    const own = members.find(({ name }) => name === id)?.address;
    if (own !== ip) return `${id} is known at ${own}`;
  }
  const leader = agents.find((agent) => agent.isLeader);
  if (leader === undefined) return 'nobody leads';
  const servers = agents.filter(({ isServer }) => isServer);
  const voters = leader.raft!.stats().configuration.servers.filter(({ suffrage }) => suffrage === 'voter');
  // A leader without two others never corrects its own address, as in the original: nobody could outvote a mistake.
  const text = (id: string, address: string): string => (servers.length < 3 ? id : `${id} ${address}`);
  const wanted = sorted(servers.map(({ id, ip }) => text(`${id}-id`, joinHostPort(ip, 8300))));
  const found = sorted(voters.map(({ id, address }) => text(id, address)));
  if (wanted !== found) return `votes have: ${found}`;
  return catalogProblem(agents, datacenter, all);
}

async function catalogProblem(agents: readonly SimAgent[], Datacenter: string, all: string): Promise<string | null> {
  for (const { id, caller } of agents) {
    if (caller === null) return `${id} does not run`;
    try {
      const { reply } = await caller.call('Catalog.ListNodes', { Datacenter });
      const nodes = sorted((reply.Nodes ?? []).map(({ Node }) => Node));
      if (nodes !== all) return `${id} finds in the catalog: ${nodes}`;
      const health = await caller.call('Health.ChecksInState', { Datacenter, State: 'passing' });
      const healthy = (health.reply.HealthChecks ?? []).filter(({ CheckID }) => CheckID === 'serfHealth');
      const passing = sorted(healthy.map(({ Node }) => Node));
      if (passing !== all) return `${id} finds healthy: ${passing}`;
    } catch (error) {
      return `${id} cannot ask: ${(error as Error).message}`;
    }
  }
  return null;
}
