import { defineCommand, explain } from '../../cli/command.ts';
import { columns } from '../../cli/format.ts';
import { destinationOf, sourceOf } from '../../cli/intention-text.ts';
import { namespaceFlag } from '../../cli/namespace.ts';
import { intentionsApi } from '../../client/intentions.ts';

export default defineCommand({
  summary: 'List intentions',
  usage: 'intention list',
  description: 'Prints all intentions, those that count first.',
  examples: [['intention list', 'All of them:']],
  http: 'all',
  flags: { namespace: namespaceFlag },

  async run({ out, err, http }) {
    const { value } = await explain('Failed to retrieve the intentions list', intentionsApi(http()).list());
    if (value.length === 0) {
      err('There are no intentions.\n');
      return 2;
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
