/** The first page for `-once`: as text that is read, or as JSON that is parsed. */
import { count, latency, plural, rate } from '../../format.ts';
import type { Overview, ServerRow } from '../../models/overview.ts';
import { pad, sanitize } from '../../text.ts';

const labelWidth = 12;

export function overviewText(overview: Overview): string {
  const { leader, members, checks, raft, load, servers } = overview;
  const lines = [
    row('Datacenter', overview.datacenter),
    row('Agent', `${overview.node} (${overview.server ? 'server' : 'client'}, ${overview.version})`),
    row('Leader', leader === undefined ? 'none' : [leader.node, leader.address].filter(Boolean).join(' ')),
    row(
      'Members',
      members && `${members.alive} alive, ${members.failed} failed, ${members.leaving + members.left} left`,
    ),
    row('Services', overview.services === undefined ? undefined : count(overview.services)),
    row('Checks', checks && checksText(checks)),
    row('Raft', raft && `${raft.state.toLowerCase()}, term ${count(raft.term)}`),
    row('Last log', raft && count(raft.lastLogIndex)),
    row('Commit', raft && count(raft.commitIndex)),
    row('Applied', raft && count(raft.appliedIndex)),
    row('Requests', load && rate(load.httpPerSecond)),
    row('Commit time', load?.commitMeanMs === undefined ? undefined : latency(load.commitMeanMs)),
    row('Servers', plural(servers.length, 'server')),
    ...servers.map((server) => `  ${serverText(server)}`),
  ];
  return `${lines.join('\n')}\n`;
}

function row(label: string, value: string | undefined): string {
  return `${pad(label, labelWidth)} ${value === undefined ? 'unknown' : sanitize(value)}`;
}

function checksText({ passing, warning, critical, maintenance }: NonNullable<Overview['checks']>): string {
  return `${passing} passing, ${warning} warning, ${critical} critical${maintenance > 0 ? `, ${maintenance} maintenance` : ''}`;
}

function serverText({ node, address, leader, voter, health, lastIndex }: ServerRow): string {
  const role = leader ? 'leader' : voter ? 'voter' : 'nonvoter';
  const state = health === undefined ? '' : health.Healthy ? ' healthy' : ' unhealthy';
  const index = lastIndex === undefined ? '' : ` index ${count(lastIndex)}`;
  return sanitize(`${node} ${address} ${role}${state}${index}`);
}

/** Everything that is known, under the names the code uses; what is not known is null. */
export function overviewJson(overview: Overview): unknown {
  return JSON.parse(JSON.stringify(overview, (_key, value: unknown) => (value === undefined ? null : value)));
}
