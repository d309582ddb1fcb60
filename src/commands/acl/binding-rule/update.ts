import { saying, shownFlags } from '../../../cli/acl.ts';
import { isGiven, ruleFlags, ruleId, ruleText } from '../../../cli/acl-auth.ts';
import { CliError, defineCommand } from '../../../cli/command.ts';
import { flag } from '../../../cli/flags.ts';
import { aclApi } from '../../../client/acl.ts';

export default defineCommand({
  summary: 'Update an ACL binding rule',
  usage: 'acl binding-rule update -id ID [options]',
  description:
    'Changes what is given of a binding rule; with -no-merge everything else is emptied. The bind type is always that of the flag.',
  examples: [['acl binding-rule update -id=1b2f -bind-name=deploy', 'Bound to another role or service:']],
  http: 'all',
  flags: {
    id: flag.string('Id of the rule, or a unique beginning of it; required.'),
    'no-merge': flag.bool('Replace every field instead of those given.'),
    ...ruleFlags,
    ...shownFlags,
  },
  async run({ flags, given, out, http }) {
    if (flags.id === '') throw new CliError('Cannot update a binding rule without specifying the -id parameter');
    const acl = aclApi(http());
    const id = await saying('Error determining binding rule ID', ruleId(acl, flags.id));
    const failed = `Error updating binding rule "${id}"`;
    const before = await saying(failed, acl.bindingRule(id));
    if (before === null) throw new CliError(`Binding rule not found with ID "${id}"`);
    const kept = flags['no-merge'] ? undefined : before;
    const rule = {
      ID: id,
      AuthMethod: before.AuthMethod,
      BindType: flags['bind-type'],
      BindName: flags['bind-name'] || (kept?.BindName ?? ''),
      Description: isGiven(given, 'description') ? flags.description : (kept?.Description ?? ''),
      Selector: isGiven(given, 'selector') ? flags.selector : (kept?.Selector ?? ''),
    };
    out(ruleText(await saying(failed, acl.updateBindingRule(id, rule)), flags));
  },
});
