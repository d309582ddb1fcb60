/** What a member of the gossip pool says of itself in its tags. Pure. */
import { memberStatus } from '../../client/agent.ts';
import type { AgentMember } from '../../client/index.ts';

export { type MemberStatus, memberStatus } from '../../client/agent.ts';

/** `host:port` of its gossip, as one puts it into a URL. */
export function memberAddress({ Addr, Port }: AgentMember): string {
  return Addr.includes(':') ? `[${Addr}]:${Port}` : `${Addr}:${Port}`;
}

export function isServer({ Tags }: AgentMember): boolean {
  return Tags?.['role'] === 'consul';
}

/** `1.10.7` of `1.10.7:5bf4f6d9`. */
export function memberBuild({ Tags }: AgentMember): string {
  return Tags?.['build']?.split(':')[0] ?? '';
}

export function memberProtocol({ Tags }: AgentMember): string {
  return Tags?.['vsn'] ?? '';
}

/** Failed first, then what is on its way out, then by name. */
export function byTrouble(a: AgentMember, b: AgentMember): number {
  return rank[memberStatus(a)] - rank[memberStatus(b)] || (a.Name < b.Name ? -1 : a.Name > b.Name ? 1 : 0);
}

const rank = { failed: 0, leaving: 1, none: 2, alive: 3, left: 4 } as const;
