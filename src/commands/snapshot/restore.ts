import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { CliError, defineCommand, explain } from '../../cli/command.ts';
import { formatFlag } from '../../cli/flags.ts';
import { argumentLimit, toJson, wantsJson } from '../../cli/format.ts';
import { snapshotApi } from '../../client/operator.ts';
import { systemText } from '../../client/settings.ts';

export default defineCommand({
  summary: "Restores a snapshot of the servers' state",
  usage: 'snapshot restore [options] FILE',
  description:
    'Replaces the whole state of the servers by that of a file made by "snapshot save". Meant for recovery into a fresh cluster: whatever is there is lost.',
  examples: [['snapshot restore backup.snap', 'From a file:']],
  http: 'all',
  flags: { format: formatFlag },

  async run({ args, flags, out, http }) {
    const json = wantsJson(flags.format);
    const [file] = args;
    if (file === undefined) throw new CliError('Missing FILE argument');
    argumentLimit(args, 1);
    const snapshots = snapshotApi(http());
    try {
      await access(file);
    } catch (error) {
      throw new CliError(`Error opening snapshot file: open ${file}: ${systemText(error)}`);
    }
    await explain('Error restoring snapshot', snapshots.restore(createReadStream(file)));
    out(json ? toJson({ Restored: file }) : 'Restored snapshot\n');
  },
});
