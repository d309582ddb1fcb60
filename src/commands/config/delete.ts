import { CliError, defineCommand, explain } from '../../cli/command.ts';
import { flag, formatFlag } from '../../cli/flags.ts';
import { toJson, wantsJson } from '../../cli/format.ts';
import { namespaceFlag } from '../../cli/namespace.ts';
import { configApi } from '../../client/config.ts';

export default defineCommand({
  summary: 'Delete a centralized config entry',
  usage: 'config delete [options] -kind <config kind> -name <config name>',
  description: 'Deletes the config entry of a kind and name. One that is not there counts as deleted.',
  examples: [['config delete -kind service-defaults -name web', 'The defaults of a service:']],
  http: 'all',
  flagsApart: true,
  flags: {
    kind: flag.string('The kind of the entry.'),
    name: flag.string('The name of the entry.'),
    namespace: namespaceFlag,
    format: formatFlag,
  },

  async run({ flags: { kind, name, format }, out, http }) {
    const json = wantsJson(format);
    if (kind === '') throw new CliError('Must specify the -kind parameter');
    if (name === '') throw new CliError('Must specify the -name parameter');
    await explain(`Error deleting config entry ${kind}/${name}`, configApi(http()).delete(kind, name));
    out(json ? toJson({ Kind: kind, Name: name, Deleted: true }) : `Config entry deleted: ${kind}/${name}\n`);
  },
});
