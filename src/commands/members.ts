import { CliError, defineCommand, explain } from '../cli/command.ts';
import { flag, formatFlag } from '../cli/flags.ts';
import { columns, toJson, wantsJson } from '../cli/format.ts';
import { agentApi, memberStatus } from '../client/agent.ts';
import type { AgentMember } from '../client/types.ts';
import { compileGoRegexp } from '../lib/go-regexp.ts';

/** Nothing left to print. */
const nothingExit = 2;
const anyStatus = '.*';

export default defineCommand({
  summary: 'Lists the members of a Consul cluster',
  usage: 'members [options]',
  description: 'Prints the members of the cluster as the agent sees them. Exits with 2 when there is none to print.',
  examples: [
    ['members -status=failed', 'Those who failed:'],
    ['members -wan', 'The servers of all datacenters:'],
  ],
  http: 'agent',
  flags: {
    detailed: flag.bool("Print each member's tags."),
    segment: flag.string('Print only members of this network segment. Enterprise only.', { initial: '_all' }),
    status: flag.string('Print only members whose status matches this regular expression.', { initial: anyStatus }),
    wan: flag.bool('Print the members of the pool that joins the datacenters. Servers only.'),
    format: formatFlag,
  },

  async run({ flags, out, http }) {
    const json = wantsJson(flags.format);
    const isShown = statusFilter(flags.status);
    const asked = agentApi(http()).members({ wan: flags.wan, segment: flags.segment });
    const all = await explain('Error retrieving members', asked);
    const members = all
      .map((member) => ({ ...member, Tags: { ...member.Tags, segment: segmentOf(member) } }))
      .filter((member) => isShown(memberStatus(member)))
      .sort((a, b) => compare(a.Tags.segment, b.Tags.segment) || compare(a.Name, b.Name));
    if (members.length === 0) return nothingExit;
    if (json) out(toJson(members.map((member) => ({ ...member, StatusText: memberStatus(member) }))));
    else out(columns(flags.detailed ? detailed(members) : standard(members)));
    return 0;
  },
});

function statusFilter(pattern: string): (status: string) => boolean {
  // The default, without the engine.
  if (pattern === anyStatus) return () => true;
  try {
    const regexp = compileGoRegexp(pattern);
    return (status) => regexp.test(status);
  } catch (error) {
    throw new CliError(`Failed to compile status regexp: ${(error as Error).message}`);
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Servers are in every segment. */
const segmentOf = ({ Tags }: AgentMember): string =>
  Tags['role'] === 'consul' ? '<all>' : Tags['segment'] || '<default>';

const addressOf = ({ Addr, Port }: AgentMember): string => `${Addr.includes(':') ? `[${Addr}]` : Addr}:${Port}`;

const roles: Readonly<Record<string, string>> = { consul: 'server', node: 'client' };

function standard(members: readonly AgentMember[]): string[][] {
  const rows = members.map((member) => {
    const { role = '', build = '', vsn = '', dc = '', segment = '' } = member.Tags;
    const type = roles[role] ?? 'unknown';
    const version = build.split(':')[0] ?? '';
    const known = type !== 'unknown';
    return [
      member.Name,
      addressOf(member),
      memberStatus(member),
      type,
      known ? version : '',
      known ? vsn : '',
      known ? dc : '',
      known ? segment : '',
    ];
  });
  return [['Node', 'Address', 'Status', 'Type', 'Build', 'Protocol', 'DC', 'Segment'], ...rows];
}

/** By these our servers know each other; they say nothing to people. */
const ownTags = new Set(['ft_pv', 'ft_ri', 'pdc']);

function detailed(members: readonly AgentMember[]): string[][] {
  const rows = members.map((member) => {
    const tags = Object.entries(member.Tags)
      .filter(([key]) => !ownTags.has(key))
      .map(([key, value]) => `${key}=${value}`);
    return [member.Name, addressOf(member), memberStatus(member), tags.sort().join(',')];
  });
  return [['Node', 'Address', 'Status', 'Tags'], ...rows];
}
