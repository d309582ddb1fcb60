import { CliError, defineCommand, explain } from '../../../cli/command.ts';
import { flag } from '../../../cli/flags.ts';
import { toJson } from '../../../cli/format.ts';
import { operatorApi } from '../../../client/operator.ts';
import type { AutopilotServer, AutopilotState } from '../../../client/operator-types.ts';

export default defineCommand({
  summary: 'Display the current Autopilot state',
  // Consul's own help has the wrong name here.
  usage: 'operator autopilot get-config [options]',
  description: 'Prints how autopilot sees the servers: who votes, how far they are, and how healthy.',
  examples: [['operator autopilot state', 'How the servers are:']],
  http: 'all',
  flags: {
    format: flag.string('Output format: `pretty` or `json`.', { initial: 'pretty', choices: ['pretty', 'json'] }),
  },

  async run({ flags, out, http }) {
    if (flags.format !== 'pretty' && flags.format !== 'json') throw new CliError(`Unknown format: ${flags.format}`);
    const state = await explain('Error querying Autopilot state', operatorApi(http()).autopilotState());
    out(flags.format === 'json' ? toJson(state) : pretty(state));
  },
});

function pretty(state: AutopilotState): string {
  const lines = [
    `Healthy:                      ${state.Healthy}`,
    `Failure Tolerance:            ${state.FailureTolerance}`,
    `Optimistic Failure Tolerance: ${state.OptimisticFailureTolerance}`,
    `Leader:                       ${state.Leader}`,
    'Voters:',
    ...state.Voters.map((id) => `   ${id}`),
    'Servers:',
  ];
  for (const id of Object.keys(state.Servers).sort()) lines.push(`   ${id}`, ...serverLines(state.Servers[id]!));
  return `${lines.join('\n')}\n`;
}

const serverLines = (server: AutopilotServer): string[] =>
  [
    `Name:            ${server.Name}`,
    `Address:         ${server.Address}`,
    `Version:         ${server.Version}`,
    `Status:          ${server.Status}`,
    `Node Type:       ${server.NodeType}`,
    `Node Status:     ${server.NodeStatus}`,
    `Healthy:         ${server.Healthy}`,
    `Last Contact:    ${server.LastContact}`,
    `Last Term:       ${server.LastTerm}`,
    `Last Index:      ${server.LastIndex}`,
    ...Object.entries(server.Meta ?? {})
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `Meta "${key}": ${JSON.stringify(value)}`),
  ].map((line) => `      ${line}`);
