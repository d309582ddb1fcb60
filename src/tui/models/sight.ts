/**
 * What the token in use cannot see: agents leave it out of lists without a word. But an agent is a member itself, servers
 * are an instance of the service `consul`, and every node that gossips has a check of that. Pure.
 */
import type { DatacenterSnapshot } from './datacenter.ts';

type Facts = Pick<DatacenterSnapshot, 'agent' | 'autopilot' | 'checks' | 'leader' | 'members' | 'services'>;

export interface Sight {
  /** Nothing but the leader's address is told. */
  readonly isBlind: boolean;
  /** In words: `nodes`, `services`. */
  readonly hidden: readonly string[];
}

const serverService = 'consul';
const gossipCheck = 'serfHealth';

/** Undefined until enough was answered. */
export function sightOf({ agent, autopilot, checks, leader, members, services }: Facts): Sight | undefined {
  // Without a leader the lists may be those of a server that has none yet.
  if (!leader.value || members.value === undefined || services.value === undefined || checks.value === undefined) {
    return undefined;
  }
  const lists = [members.value.length, Object.keys(services.value).length, checks.value.length];
  const hidden: string[] = [];
  if (members.value.length === 0 || !checks.value.some(({ CheckID }) => CheckID === gossipCheck)) hidden.push('nodes');
  if (!Object.hasOwn(services.value, serverService)) hidden.push('services');
  if (autopilot.link.kind === 'denied') hidden.push('servers');
  if (agent.link.kind === 'denied') hidden.push('the agent');
  return { isBlind: lists.every((length) => length === 0), hidden };
}
