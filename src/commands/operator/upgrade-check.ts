import { byteSize } from '../../cli/byte-size.ts';
import { CliError, defineCommand, explain } from '../../cli/command.ts';
import { formatFlag } from '../../cli/flags.ts';
import { argumentLimit, columns, toJson, wantsJson } from '../../cli/format.ts';
import { ownVersion } from '../../cli/version.ts';
import { operatorApi, snapshotApi } from '../../client/operator.ts';
import { messageOf } from '../../lib/message-of.ts';

export default defineCommand({
  summary: 'Checks whether this program can take over from the running servers',
  usage: 'operator upgrade-check [options]',
  description: `Run it with the new program before an upgrade: it takes a snapshot of the running servers, restores it completely into
memory of its own, writes it again, and compares. Nothing is changed. Also told are records that only a newer version
knows, and whether all servers are healthy enough to lose one for a while.

Exit code: 0 when nothing speaks against it, 1 otherwise.`,
  examples: [
    ['operator upgrade-check', 'Before the first server is stopped:'],
    ['operator upgrade-check -format=json', 'For a script:'],
  ],
  http: 'all',
  flags: { format: formatFlag },
  flagsAnywhere: true,

  async run({ args, flags, out, http, progress }) {
    const json = wantsJson(flags.format);
    argumentLimit(args, 0);
    const connection = http();
    progress('Restoring the state of the servers into memory');
    const health = await explain('Error querying Autopilot health', operatorApi(connection).autopilotHealth());
    const { body } = await explain('Error saving snapshot', snapshotApi(connection).save());
    const { index, sizeBytes, tables, changes, unknown } = await compare(body);
    const { isLoss } = await import('../../cli/upgrade-check.ts');

    const problems = changes
      .filter(isLoss)
      .map(({ Type, Before, After }) => `of ${Before} records ${Type} only ${After} would be left`);
    problems.push(...unknown.map((name) => `${name}: written by a newer version, kept but not understood`));
    if (!health.Healthy) problems.push('a server is not healthy: tc operator autopilot health');
    const spare = health.Servers.length === 1 || health.FailureTolerance > 0;
    if (!spare) problems.push('no server may be stopped without losing quorum');
    const exitCode = problems.length > 0 ? 1 : 0;

    if (json) {
      const Servers = health.Servers.map(({ Name, Version, Leader, Healthy }) => ({ Name, Version, Leader, Healthy }));
      const snapshot = { Index: index, SizeBytes: sizeBytes, Tables: tables };
      out(toJson({ Program: ownVersion, Servers, Snapshot: snapshot, Changes: changes, Problems: problems }));
      return exitCode;
    }
    const rows = Object.values(tables).reduce((sum, count) => sum + count, 0);
    out(
      columns([
        ['Program', `tc ${ownVersion}`],
        ['Servers', health.Servers.map(({ Name, Version }) => `${Name} ${Version}`).join(', ')],
        ['Snapshot', `index ${index}, ${byteSize(sizeBytes)}`],
        ['Restored', `completely: ${rows} rows in ${Object.keys(tables).length} tables`],
        ['Written again', changes.length === 0 ? 'the same' : `${changes.length} types of records differ`],
      ]),
    );
    if (changes.length > 0) {
      const head = ['Type', 'Before', 'After', 'Size before', 'Size after'];
      const lines = changes.map(({ Type, Before, After, BytesBefore, BytesAfter }) => [
        ...[Type, String(Before), String(After), byteSize(BytesBefore), byteSize(BytesAfter)],
      ]);
      out(`\n${columns([head, ...lines])}`);
    }
    out(
      `\n${exitCode === 0 ? 'Nothing speaks against the upgrade.\n' : problems.map((text) => `Problem: ${text}\n`).join('')}`,
    );
    return exitCode;
  },
});

/** Reads the archive twice over: as it is, and as this program would write it. */
async function compare(body: AsyncIterable<Uint8Array>) {
  const { inspectState, readArchive, readState } = await import('../../snapshot/index.ts');
  const { scratchRoundTrip } = await import('../../agent/server/fsm/scratch-restore.ts');
  const { differences, unknownTypes } = await import('../../cli/upgrade-check.ts');
  const all = { kvDepth: 1, kvPrefix: '' };
  try {
    const archive = await readArchive(body);
    try {
      const before = await inspectState(await readState(archive.state), all);
      const { tables, written } = await scratchRoundTrip(archive.state);
      const after = await inspectState(await readState(written), all);
      const { index, sizeBytes } = archive.meta;
      return { index, sizeBytes, tables, changes: differences(before, after), unknown: unknownTypes(before) };
    } finally {
      await archive.dispose();
    }
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'SnapshotError') throw error;
    throw new CliError(`Problem: this program cannot restore the state: ${messageOf(error)}`);
  }
}
