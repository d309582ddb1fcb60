import { defineCommand, explain } from '../../../cli/command.ts';
import { toJson } from '../../../cli/format.ts';
import { connectApi } from '../../../client/connect.ts';

export default defineCommand({
  summary: 'Display the current certificate authority configuration',
  usage: 'connect ca get-config [options]',
  description: 'Prints, as JSON, by which provider and with which settings the certificates of the mesh are issued.',
  examples: [['connect ca get-config', 'As it is now:']],
  http: 'all',

  async run({ out, http }) {
    out(toJson(await explain('Error querying CA configuration', connectApi(http()).caConfiguration()), '\t'));
  },
});
