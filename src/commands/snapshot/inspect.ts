import { byteSize } from '../../cli/byte-size.ts';
import { CliError, defineCommand } from '../../cli/command.ts';
import { flag, formatFlag } from '../../cli/flags.ts';
import { columns, toJson } from '../../cli/format.ts';
import { fileArgument, withArchive } from '../../cli/snapshot-file.ts';
import { messageOf } from '../../lib/message-of.ts';
import type { SnapshotMeta, StateStats, Usage } from '../../snapshot/index.ts';

export default defineCommand({
  summary: 'Displays information about a snapshot file',
  usage: 'snapshot inspect [options] FILE',
  description:
    'Shows what a file made by "snapshot save" holds: the moment it was taken at, and how much of it are services, keys and the rest. Needs no agent.',
  examples: [
    ['snapshot inspect backup.snap', 'A file:'],
    ['snapshot inspect -kvdetails -kvdepth=1 backup.snap', 'Whose keys take the space:'],
  ],
  flags: {
    format: { ...formatFlag, extra: false },
    kvdepth: flag.int('How many parts of a key, between slashes, make a group. Needs -kvdetails.', { initial: 2 }),
    kvdetails: flag.bool('Show how much space the keys take, in groups.'),
    kvfilter: flag.string('Count only keys that begin with this. Needs -kvdetails.'),
  },

  async run({ args, flags, out, progress }) {
    const { format, kvdepth, kvdetails, kvfilter } = flags;
    const file = fileArgument(args);
    progress(`Reading ${file}`);
    const { meta, stats } = await withArchive(file, 'Error reading snapshot', async (archive) => {
      const { inspectState, readState } = await import('../../snapshot/index.ts');
      try {
        const state = await readState(archive.state);
        const options = { kvDepth: kvdepth, kvPrefix: kvdetails ? kvfilter : '' };
        return { meta: archive.meta, stats: await inspectState(state, options) };
      } catch (error) {
        throw new CliError(`Error extracting snapshot data: ${messageOf(error)}`);
      }
    });
    if (format === 'json') out(toJson(jsonOf(meta, stats, kvdetails)));
    else if (format === 'pretty') out(pretty(meta, stats, kvdetails));
    else throw new CliError(`Error outputting enhanced snapshot data: Unknown format: ${format}`);
  },
});

const version = 1;

function jsonOf({ id, sizeBytes, index, term }: SnapshotMeta, stats: StateStats, withKeys: boolean): unknown {
  const list = (usages: readonly Usage[]) =>
    usages.map(({ name, count, sizeBytes }) => ({ Name: name, Sum: sizeBytes, Count: count }));
  return {
    Meta: { ID: id, Size: sizeBytes, Index: index, Term: term, Version: version },
    Stats: list(stats.types),
    StatsKV: withKeys ? list(stats.keys) : null,
    TotalSize: stats.totalBytes,
    TotalSizeKV: withKeys ? stats.totalKeyBytes : 0,
  };
}

function pretty({ id, sizeBytes, index, term }: SnapshotMeta, stats: StateStats, withKeys: boolean): string {
  const facts = { ID: id, Size: sizeBytes, Index: index, Term: term, Version: version };
  const head = columns(Object.entries(facts).map(([name, value]) => [` ${name}`, String(value)]));
  const types = table('Type', stats.types, stats.totalBytes);
  const keys = withKeys ? `\n${table('Key Name', stats.keys, stats.totalKeyBytes)}` : '';
  return `${head}\n${types}${keys}`;
}

function table(heading: string, usages: readonly Usage[], totalBytes: number): string {
  const line = [' ----', '----', '----'];
  return columns([
    [` ${heading}`, 'Count', 'Size'],
    line,
    ...usages.map(({ name, count, sizeBytes }) => [` ${name}`, String(count), byteSize(sizeBytes)]),
    line,
    [' Total', '', byteSize(totalBytes)],
  ]);
}
