import { CliError, defineCommand, explain } from '../../cli/command.ts';
import { formatFlag } from '../../cli/flags.ts';
import { toJson, wantsJson } from '../../cli/format.ts';
import { namespaceFlag } from '../../cli/namespace.ts';
import { intentionsApi } from '../../client/intentions.ts';

export default defineCommand({
  summary: 'Delete an intention',
  usage: 'intention delete [options] SRC DST',
  description: 'Deletes an intention, found by its source and destination, or by its identifier.',
  examples: [['intention delete web db', 'By its ends:']],
  http: 'all',
  flags: { namespace: namespaceFlag, format: formatFlag },

  async run({ args, flags, out, http }) {
    const json = wantsJson(flags.format);
    if (args.length !== 1 && args.length !== 2) throw new CliError('command requires exactly 1 or 2 arguments');
    const intentions = intentionsApi(http());
    const [source, destination] = args as [string, string?];
    const asked = destination === undefined ? intentions.delete(source) : intentions.deleteExact(source, destination);
    await explain('Error deleting the intention', asked);
    out(json ? toJson({ Deleted: true }) : 'Intention deleted.\n');
  },
});
