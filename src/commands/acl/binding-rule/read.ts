import { saying, shownFlags } from '../../../cli/acl.ts';
import { ruleId, ruleText } from '../../../cli/acl-auth.ts';
import { CliError, defineCommand } from '../../../cli/command.ts';
import { flag } from '../../../cli/flags.ts';
import { aclApi } from '../../../client/acl.ts';

export default defineCommand({
  summary: 'Read an ACL binding rule',
  usage: 'acl binding-rule read -id ID [options]',
  description: 'Prints a binding rule.',
  examples: [['acl binding-rule read -id=1b2f', 'One by the beginning of its id:']],
  http: 'all',
  flags: { id: flag.string('Id of the rule, or a unique beginning of it; required.'), ...shownFlags },
  async run({ flags, out, http }) {
    if (flags.id === '') throw new CliError('Must specify the -id parameter.');
    const acl = aclApi(http());
    const id = await saying('Error determining binding rule ID', ruleId(acl, flags.id));
    const rule = await saying(`Error reading binding rule "${id}"`, acl.bindingRule(id));
    if (rule === null) throw new CliError(`Binding rule not found with ID "${id}"`);
    out(ruleText(rule, flags));
  },
});
