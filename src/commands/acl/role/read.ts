import { roleId, roleText, saying, shownFlags } from '../../../cli/acl.ts';
import { CliError, defineCommand } from '../../../cli/command.ts';
import { flag } from '../../../cli/flags.ts';
import { aclApi } from '../../../client/acl.ts';

export default defineCommand({
  summary: 'Read an ACL role',
  usage: 'acl role read [options] ROLE',
  description: 'Prints a role and what it links to.',
  examples: [['acl role read -name=deploy', 'One by its name:']],
  http: 'all',
  flags: {
    id: flag.string('Id of the role, or a unique beginning of it.'),
    name: flag.string('Or its name.'),
    ...shownFlags,
  },
  async run({ flags, out, http }) {
    if (flags.id === '' && flags.name === '') throw new CliError('Must specify either the -id or -name parameters');
    const acl = aclApi(http());
    if (flags.id === '') {
      const role = await saying(`Error reading role "${flags.name}"`, acl.roleByName(flags.name));
      if (role === null) throw new CliError(`Role not found with name "${flags.name}"`);
      return out(roleText(role, flags));
    }
    const id = await saying('Error determining role ID', roleId(acl, flags.id));
    const role = await saying(`Error reading role "${id}"`, acl.role(id));
    if (role === null) throw new CliError(`Role not found with ID "${id}"`);
    out(roleText(role, flags));
  },
});
