import { roleId, roleIdByName, saying } from '../../../cli/acl.ts';
import { CliError, defineCommand } from '../../../cli/command.ts';
import { flag, formatFlag } from '../../../cli/flags.ts';
import { toJson, wantsJson } from '../../../cli/format.ts';
import { namespaceFlag } from '../../../cli/namespace.ts';
import { aclApi } from '../../../client/acl.ts';

export default defineCommand({
  summary: 'Delete an ACL role',
  usage: 'acl role delete [options] -id ROLE',
  description: 'Deletes a role. Tokens that link to it lose what it granted.',
  examples: [['acl role delete -name=deploy', 'One by its name:']],
  http: 'all',
  flags: {
    id: flag.string('Id of the role, or a unique beginning of it.'),
    name: flag.string('Or its name.'),
    namespace: namespaceFlag,
    format: formatFlag,
  },
  async run({ flags, out, http }) {
    const json = wantsJson(flags.format);
    if (flags.id === '' && flags.name === '') throw new CliError('Must specify the -id or -name parameters');
    const acl = aclApi(http());
    const found = flags.id === '' ? roleIdByName(acl, flags.name) : roleId(acl, flags.id);
    const id = await saying('Error determining role ID', found);
    await saying(`Error deleting role "${id}"`, acl.deleteRole(id));
    out(json ? toJson({ ID: id, Deleted: true }) : `Role "${id}" deleted successfully\n`);
  },
});
