import { saying } from '../../../cli/acl.ts';
import { ruleId } from '../../../cli/acl-auth.ts';
import { CliError, defineCommand } from '../../../cli/command.ts';
import { flag, formatFlag } from '../../../cli/flags.ts';
import { toJson, wantsJson } from '../../../cli/format.ts';
import { namespaceFlag } from '../../../cli/namespace.ts';
import { aclApi } from '../../../client/acl.ts';

export default defineCommand({
  summary: 'Delete an ACL binding rule',
  usage: 'acl binding-rule delete -id ID [options]',
  description: 'Deletes a binding rule. Tokens that were made by it stay.',
  examples: [['acl binding-rule delete -id=1b2f', 'One by the beginning of its id:']],
  http: 'all',
  flags: {
    id: flag.string('Id of the rule, or a unique beginning of it; required.'),
    namespace: namespaceFlag,
    format: formatFlag,
  },
  async run({ flags, out, http }) {
    const json = wantsJson(flags.format);
    if (flags.id === '') throw new CliError('Must specify the -id parameter');
    const acl = aclApi(http());
    const id = await saying('Error determining binding rule ID', ruleId(acl, flags.id));
    await saying(`Error deleting binding rule "${id}"`, acl.deleteBindingRule(id));
    out(json ? toJson({ ID: id, Deleted: true }) : `Binding rule "${id}" deleted successfully\n`);
  },
});
