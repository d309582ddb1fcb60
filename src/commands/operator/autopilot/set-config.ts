import { CliError, defineCommand, explain } from '../../../cli/command.ts';
import { flag, formatFlag } from '../../../cli/flags.ts';
import { toJson, wantsJson } from '../../../cli/format.ts';
import { operatorApi } from '../../../client/operator.ts';

export default defineCommand({
  summary: 'Modify the current Autopilot configuration',
  usage: 'operator autopilot set-config [options]',
  description: 'Changes rules by which autopilot looks after the servers. What is not given stays as it is.',
  examples: [['operator autopilot set-config -cleanup-dead-servers=false', 'Keep servers that died in the group:']],
  http: 'all',
  flags: {
    'cleanup-dead-servers': flag.keptBool('Remove failed servers once others took their place.'),
    'last-contact-threshold': flag.keptDuration(
      'A server that heard nothing of the leader for this long is unhealthy.',
    ),
    'max-trailing-logs': flag.keptUint('A server that is this many log entries behind is unhealthy.'),
    'min-quorum': flag.keptUint('Dead servers are not removed below this many voters.'),
    'server-stabilization-time': flag.keptDuration('A new server must be healthy for this long before it may vote.'),
    'redundancy-zone-tag': flag.string('Enterprise only: node_meta key of redundancy zones.'),
    'disable-upgrade-migration': flag.keptBool(
      'Enterprise only: no promotion of newer servers before they are enough.',
    ),
    'upgrade-version-tag': flag.string('Enterprise only: node_meta key of versions.'),
    format: formatFlag,
  },

  async run({ flags, given, out, http }) {
    const json = wantsJson(flags.format);
    const operator = operatorApi(http());
    const before = await explain('Error querying Autopilot configuration', operator.autopilotConfiguration());
    const isGiven = new Set(given.map(({ name }) => name));
    const kept = <T>(name: keyof typeof flags, value: T, old: T): T => (isGiven.has(name) ? value : old);
    const config = {
      ...before,
      CleanupDeadServers: flags['cleanup-dead-servers'] ?? before.CleanupDeadServers,
      LastContactThreshold: flags['last-contact-threshold'] ?? before.LastContactThreshold,
      MaxTrailingLogs: flags['max-trailing-logs'] ?? before.MaxTrailingLogs,
      MinQuorum: flags['min-quorum'] ?? before.MinQuorum,
      ServerStabilizationTime: flags['server-stabilization-time'] ?? before.ServerStabilizationTime,
      RedundancyZoneTag: kept('redundancy-zone-tag', flags['redundancy-zone-tag'], before.RedundancyZoneTag),
      DisableUpgradeMigration: flags['disable-upgrade-migration'] ?? before.DisableUpgradeMigration,
      UpgradeVersionTag: kept('upgrade-version-tag', flags['upgrade-version-tag'], before.UpgradeVersionTag),
    };
    const done = await explain('Error setting Autopilot configuration', operator.autopilotSetConfiguration(config));
    if (!done) {
      throw new CliError('Configuration could not be atomically updated, please try again');
    }
    out(json ? toJson(config) : 'Configuration updated!\n');
  },
});
