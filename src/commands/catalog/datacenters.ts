import { defineCommand, explain } from '../../cli/command.ts';
import { formatFlag } from '../../cli/flags.ts';
import { argumentLimit, toJson, wantsJson } from '../../cli/format.ts';
import { catalogApi } from '../../client/catalog.ts';

export default defineCommand({
  summary: 'Lists all known datacenters for this agent',
  usage: 'catalog datacenters [options]',
  description: 'Prints the names of the datacenters, nearest first.',
  examples: [['catalog datacenters', 'All of them:']],
  http: 'all',
  flags: { format: formatFlag },

  async run({ args, flags, out, http }) {
    const json = wantsJson(flags.format);
    argumentLimit(args, 0);
    const { value } = await explain('Error listing datacenters', catalogApi(http()).datacenters());
    out(json ? toJson(value) : value.map((name) => `${name}\n`).join(''));
  },
});
