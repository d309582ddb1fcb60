import { CliError, defineCommand, explain } from '../../cli/command.ts';
import { flag } from '../../cli/flags.ts';
import { toJson } from '../../cli/format.ts';
import { namespaceFlag } from '../../cli/namespace.ts';
import { configApi } from '../../client/config.ts';
import { entrySchema } from '../../structs/config-entry.ts';

export default defineCommand({
  summary: 'Read a centralized config entry',
  usage: 'config read [options] -kind <config kind> -name <config name>',
  description: 'Prints the config entry of a kind and name as JSON.',
  examples: [['config read -kind proxy-defaults -name global', 'What holds for all proxies:']],
  http: 'all',
  flags: {
    kind: flag.string('The kind of the entry.'),
    name: flag.string('The name of the entry.'),
    namespace: namespaceFlag,
  },

  async run({ flags: { kind, name }, out, http }) {
    if (kind === '') throw new CliError('Must specify the -kind parameter');
    if (name === '') throw new CliError('Must specify the -name parameter');
    const failed = `Error reading config entry ${kind}/${name}`;
    if (entrySchema(kind) === undefined) throw new CliError(`${failed}: invalid config entry kind: ${kind}`);
    out(toJson((await explain(failed, configApi(http()).get(kind, name))).value));
  },
});
