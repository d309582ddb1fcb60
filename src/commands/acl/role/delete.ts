import { roleId, roleIdByName, saying } from '../../../cli/acl.ts';
import { CliError, defineCommand } from '../../../cli/command.ts';
import { flag } from '../../../cli/flags.ts';
import { namespaceFlag } from '../../../cli/namespace.ts';
import { aclApi } from '../../../client/acl.ts';

export default defineCommand({
  summary: 'Delete an ACL role',
  usage: 'acl role delete [options] -id ROLE',
  description: 'Deletes a role. Tokens that link to it lose what it granted.',
  http: 'all',
  flags: {
    id: flag.string('Id of the role, or a unique beginning of it.'),
    name: flag.string('Or its name.'),
    namespace: namespaceFlag,
  },
  async run({ flags, out, http }) {
    if (flags.id === '' && flags.name === '') throw new CliError('Must specify the -id or -name parameters');
    const acl = aclApi(http());
    const found = flags.id === '' ? roleIdByName(acl, flags.name) : roleId(acl, flags.id);
    const id = await saying('Error determining role ID', found);
    await saying(`Error deleting role "${id}"`, acl.deleteRole(id));
    out(`Role "${id}" deleted successfully\n`);
  },
});
