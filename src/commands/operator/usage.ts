import { byteSize } from '../../cli/byte-size.ts';
import { CliError, defineCommand, explain } from '../../cli/command.ts';
import { formatFlag } from '../../cli/flags.ts';
import { argumentLimit, columns, toJson, wantsJson } from '../../cli/format.ts';
import { liveRecords } from '../../cli/live-records.ts';
import { type Usage, UsageCount } from '../../cli/usage-count.ts';

export default defineCommand({
  summary: 'Shows how much the servers hold',
  usage: 'operator usage [options]',
  description:
    'Counts nodes, services, checks, keys, sessions and the rest, as of one moment. Whose keys take the space: "snapshot inspect -kvdetails" of a saved snapshot.',
  examples: [['operator usage -format=json', 'For a script:']],
  http: 'all',
  flags: { format: formatFlag },
  flagsAnywhere: true,

  async run({ args, flags, out, http, progress }) {
    const json = wantsJson(flags.format);
    argumentLimit(args, 0);
    progress('Reading the state of the servers');
    const usage = await explain('Error reading the state', counted(liveRecords(http(), { stale: true })));
    out(json ? toJson(usage) : columns(rowsOf(usage)));
  },
});

async function counted(records: ReturnType<typeof liveRecords>): Promise<Usage> {
  const count = new UsageCount();
  try {
    for await (const record of records) count.add(record);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'SnapshotError') throw error;
    throw new CliError(`Error reading the state: ${error.message}`);
  }
  return count.usage;
}

const rowsOf = (usage: Usage): string[][] => [
  ['Nodes', String(usage.Nodes)],
  ['Services', String(usage.Services)],
  ['Service instances', String(usage.ServiceInstances)],
  ['Checks', String(usage.Checks), usage.CriticalChecks === 0 ? '' : `${usage.CriticalChecks} critical`],
  ['Keys', String(usage.Keys), byteSize(usage.KeyBytes)],
  ['Sessions', String(usage.Sessions)],
  ['Prepared queries', String(usage.PreparedQueries)],
  ['Config entries', String(usage.ConfigEntries)],
  ['Tokens', String(usage.Tokens)],
];
