import { defineCommand, explain } from '../../../cli/command.ts';
import { formatFlag } from '../../../cli/flags.ts';
import { toJson, wantsJson } from '../../../cli/format.ts';
import { operatorApi } from '../../../client/operator.ts';

export default defineCommand({
  summary: 'Display the current Autopilot configuration',
  usage: 'operator autopilot get-config [options]',
  description: 'Prints by which rules autopilot looks after the servers.',
  examples: [['operator autopilot get-config', 'The rules that hold:']],
  http: 'all',
  flags: { format: formatFlag },

  async run({ flags, out, http }) {
    const json = wantsJson(flags.format);
    const config = await explain(
      'Error querying Autopilot configuration',
      operatorApi(http()).autopilotConfiguration(),
    );
    if (json) return out(toJson(config));
    out(
      [
        `CleanupDeadServers = ${config.CleanupDeadServers}`,
        `LastContactThreshold = ${config.LastContactThreshold}`,
        `MaxTrailingLogs = ${config.MaxTrailingLogs}`,
        `MinQuorum = ${config.MinQuorum}`,
        `ServerStabilizationTime = ${config.ServerStabilizationTime}`,
        `RedundancyZoneTag = ${JSON.stringify(config.RedundancyZoneTag)}`,
        `DisableUpgradeMigration = ${config.DisableUpgradeMigration}`,
        `UpgradeVersionTag = ${JSON.stringify(config.UpgradeVersionTag)}`,
        '',
      ].join('\n'),
    );
  },
});
