import { CliError, defineCommand, explain } from '../../cli/command.ts';
import { flag, formatFlag } from '../../cli/flags.ts';
import { toJson, wantsJson } from '../../cli/format.ts';
import { namespaceFlag } from '../../cli/namespace.ts';
import { configApi } from '../../client/config.ts';

export default defineCommand({
  summary: 'List centralized config entries of a given kind',
  usage: 'config list [options] -kind <config kind>',
  description: 'Prints the names of all config entries of a kind.',
  examples: [['config list -kind service-defaults', 'All services with defaults:']],
  http: 'all',
  flags: { kind: flag.string('The kind of the entries.'), namespace: namespaceFlag, format: formatFlag },

  async run({ flags: { kind, format }, out, http }) {
    const json = wantsJson(format);
    if (kind === '') throw new CliError('Must specify the -kind parameter');
    const failed = `Error listing config entries for kind ${JSON.stringify(kind)}`;
    const { value } = await explain(failed, configApi(http()).list(kind));
    if (json) return out(toJson(value));
    out(value.map(({ Name }) => `${Name ?? 'mesh'}\n`).join(''));
  },
});
