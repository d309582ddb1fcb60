import { defineCommand, explain } from '../../cli/command.ts';
import { formatFlag } from '../../cli/flags.ts';
import { columns, toJson, wantsJson } from '../../cli/format.ts';
import { destinationOf, sourceOf } from '../../cli/intention-text.ts';
import { namespaceFlag } from '../../cli/namespace.ts';
import { intentionsApi } from '../../client/intentions.ts';

export default defineCommand({
  summary: 'List intentions',
  usage: 'intention list',
  description: 'Prints all intentions, those that count first.',
  examples: [['intention list', 'All of them:']],
  http: 'all',
  flags: { namespace: namespaceFlag, format: formatFlag },

  async run({ flags, out, err, http }) {
    const json = wantsJson(flags.format);
    const { value } = await explain('Failed to retrieve the intentions list', intentionsApi(http()).list());
    if (value.length === 0) {
      err('There are no intentions.\n');
      return 2;
    }
    if (json) {
      out(toJson(value));
      return 0;
    }
    const rows = value.map((one) => [
      one.ID ?? '',
      sourceOf(one),
      one.Action ?? '',
      destinationOf(one),
      String(one.Precedence ?? 0),
    ]);
    out(columns([['ID', 'Source', 'Action', 'Destination', 'Precedence'], ...rows]));
    return 0;
  },
});
