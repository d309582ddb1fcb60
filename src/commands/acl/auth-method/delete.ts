import { saying } from '../../../cli/acl.ts';
import { CliError, defineCommand } from '../../../cli/command.ts';
import { flag, formatFlag } from '../../../cli/flags.ts';
import { toJson, wantsJson } from '../../../cli/format.ts';
import { namespaceFlag } from '../../../cli/namespace.ts';
import { aclApi } from '../../../client/acl.ts';

export default defineCommand({
  summary: 'Delete an ACL auth method',
  usage: 'acl auth-method delete -name NAME [options]',
  description: 'Deletes an auth method, its binding rules, and all tokens that were made by logging in with it.',
  examples: [['acl auth-method delete -name=ci', 'One by its name:']],
  http: 'all',
  flags: { name: flag.string('Name of the auth method; required.'), namespace: namespaceFlag, format: formatFlag },
  async run({ flags, out, http }) {
    const json = wantsJson(flags.format);
    if (flags.name === '') throw new CliError('Must specify the -name parameter');
    await saying(`Error deleting auth method "${flags.name}"`, aclApi(http()).deleteAuthMethod(flags.name));
    out(json ? toJson({ Name: flags.name, Deleted: true }) : `Auth method "${flags.name}" deleted successfully\n`);
  },
});
