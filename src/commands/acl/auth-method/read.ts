import { saying, shownFlags } from '../../../cli/acl.ts';
import { methodText } from '../../../cli/acl-auth.ts';
import { CliError, defineCommand } from '../../../cli/command.ts';
import { flag } from '../../../cli/flags.ts';
import { aclApi } from '../../../client/acl.ts';

export default defineCommand({
  summary: 'Read an ACL auth method',
  usage: 'acl auth-method read -name NAME [options]',
  description: 'Prints an auth method with its settings.',
  examples: [['acl auth-method read -name=ci', 'One with its configuration:']],
  http: 'all',
  flags: { name: flag.string('Name of the auth method; required.'), ...shownFlags },
  async run({ flags, out, http }) {
    if (flags.name === '') throw new CliError('Must specify the -name parameter');
    const method = await saying(`Error reading auth method "${flags.name}"`, aclApi(http()).authMethod(flags.name));
    if (method === null) throw new CliError(`Auth method not found with name "${flags.name}"`);
    out(methodText(method, flags));
  },
});
