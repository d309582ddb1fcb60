import { defineCommand, explain } from '../../../cli/command.ts';
import { formatFlag } from '../../../cli/flags.ts';
import { columns, toJson, wantsJson } from '../../../cli/format.ts';
import { operatorApi } from '../../../client/operator.ts';

/** For scripts: somebody is not well. */
const unhealthyExit = 2;

export default defineCommand({
  summary: 'Display the health of the servers',
  usage: 'operator autopilot health [options]',
  description: 'Prints the servers as a table, healthy or not. Exits with 2 when one of them is not healthy.',
  examples: [
    ['operator autopilot health', 'How the servers are:'],
    ['operator autopilot health -format=json', 'For a script:'],
  ],
  http: 'all',
  flags: { format: formatFlag },
  flagsAnywhere: true,

  async run({ flags, out, http }) {
    const json = wantsJson(flags.format);
    const health = await explain('Error querying Autopilot health', operatorApi(http()).autopilotHealth());
    if (json) out(toJson(health));
    else {
      const rows = health.Servers.map((server) => [
        server.Name,
        server.ID,
        server.Address,
        server.SerfStatus,
        server.Leader ? 'leader' : 'follower',
        String(server.Voter),
        String(server.Healthy),
        server.LastContact,
        String(server.LastIndex),
      ]);
      const head = ['Node', 'ID', 'Address', 'Status', 'State', 'Voter', 'Healthy', 'LastContact', 'LastIndex'];
      out(columns([head, ...rows]));
      out(`\nFailure tolerance: ${health.FailureTolerance}\n`);
    }
    return health.Healthy ? 0 : unhealthyExit;
  },
});
