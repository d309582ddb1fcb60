import { saying } from '../../../cli/acl.ts';
import { ruleId } from '../../../cli/acl-auth.ts';
import { CliError, defineCommand } from '../../../cli/command.ts';
import { flag } from '../../../cli/flags.ts';
import { namespaceFlag } from '../../../cli/namespace.ts';
import { aclApi } from '../../../client/acl.ts';

export default defineCommand({
  summary: 'Delete an ACL binding rule',
  usage: 'acl binding-rule delete -id ID [options]',
  description: 'Deletes a binding rule. Tokens that were made by it stay.',
  http: 'all',
  flags: {
    id: flag.string('Id of the rule, or a unique beginning of it; required.'),
    namespace: namespaceFlag,
  },
  async run({ flags, out, http }) {
    if (flags.id === '') throw new CliError('Must specify the -id parameter');
    const acl = aclApi(http());
    const id = await saying('Error determining binding rule ID', ruleId(acl, flags.id));
    await saying(`Error deleting binding rule "${id}"`, acl.deleteBindingRule(id));
    out(`Binding rule "${id}" deleted successfully\n`);
  },
});
