import { saying } from '../../../cli/acl.ts';
import { CliError, defineCommand } from '../../../cli/command.ts';
import { flag } from '../../../cli/flags.ts';
import { namespaceFlag } from '../../../cli/namespace.ts';
import { aclApi } from '../../../client/acl.ts';

export default defineCommand({
  summary: 'Delete an ACL auth method',
  usage: 'acl auth-method delete -name NAME [options]',
  description: 'Deletes an auth method, its binding rules, and all tokens that were made by logging in with it.',
  http: 'all',
  flags: { name: flag.string('Name of the auth method; required.'), namespace: namespaceFlag },
  async run({ flags, out, http }) {
    if (flags.name === '') throw new CliError('Must specify the -name parameter');
    await saying(`Error deleting auth method "${flags.name}"`, aclApi(http()).deleteAuthMethod(flags.name));
    out(`Auth method "${flags.name}" deleted successfully\n`);
  },
});
