import { policyId, policyIdByName, saying } from '../../../cli/acl.ts';
import { CliError, defineCommand } from '../../../cli/command.ts';
import { flag, formatFlag } from '../../../cli/flags.ts';
import { toJson, wantsJson } from '../../../cli/format.ts';
import { namespaceFlag } from '../../../cli/namespace.ts';
import { aclApi } from '../../../client/acl.ts';

export default defineCommand({
  summary: 'Delete an ACL policy',
  usage: 'acl policy delete [options] -id POLICY',
  description: 'Deletes a policy. Tokens and roles that link to it lose what it granted.',
  examples: [['acl policy delete -name=web-read', 'One by its name:']],
  http: 'all',
  flags: {
    id: flag.string('Id of the policy, or a unique beginning of it.'),
    name: flag.string('Or its name.'),
    namespace: namespaceFlag,
    format: formatFlag,
  },
  async run({ flags, out, http }) {
    const json = wantsJson(flags.format);
    if (flags.id === '' && flags.name === '') throw new CliError('Must specify either the -id or -name parameters');
    const acl = aclApi(http());
    const found = flags.id === '' ? policyIdByName(acl, flags.name) : policyId(acl, flags.id);
    const id = await saying('Error determining policy ID', found);
    await saying(`Error deleting policy "${id}"`, acl.deletePolicy(id));
    out(json ? toJson({ ID: id, Deleted: true }) : `Policy "${id}" deleted successfully\n`);
  },
});
