import { CliError, defineCommand } from '../../cli/command.ts';
import { formatFlag } from '../../cli/flags.ts';
import { columns, toJson, wantsJson } from '../../cli/format.ts';
import { fileArgument, withArchive } from '../../cli/snapshot-file.ts';
import { messageOf } from '../../lib/message-of.ts';

export default defineCommand({
  summary: 'Proves that a snapshot file can be restored',
  usage: 'snapshot verify [options] FILE',
  description: `Restores a file made by "snapshot save" completely, into memory of its own, and counts what is there then. Needs no
agent and changes none. The exit code is 0 when all of it could be restored, else 1.`,
  examples: [
    ['snapshot verify backup.snap', 'After a backup:'],
    ['snapshot verify -format=json backup.snap', 'For a script:'],
  ],
  flags: { format: formatFlag },
  flagsAnywhere: true,

  async run({ args, flags, out, progress }) {
    const json = wantsJson(flags.format);
    const file = fileArgument(args);
    progress(`Restoring ${file} into memory`);
    const { meta, tables } = await withArchive(file, 'Error verifying snapshot', async (archive) => {
      const { scratchRestore } = await import('../../agent/server/fsm/scratch-restore.ts');
      try {
        return { meta: archive.meta, tables: await scratchRestore(archive.state) };
      } catch (error) {
        throw new CliError(`Error verifying snapshot: ${messageOf(error)}`);
      }
    });
    if (json) {
      out(toJson({ File: file, Index: meta.index, Term: meta.term, SizeBytes: meta.sizeBytes, Tables: tables }));
      return;
    }
    const rows = Object.entries(tables).map(([name, count]) => [` ${name}`, String(count)]);
    out(columns([[' Table', 'Rows'], [' ----', '----'], ...rows]));
    out(`\nVerified: ${file} restores completely, to index ${meta.index}\n`);
  },
});
