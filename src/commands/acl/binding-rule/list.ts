import { saying, shownFlags } from '../../../cli/acl.ts';
import { rulesText } from '../../../cli/acl-auth.ts';
import { defineCommand } from '../../../cli/command.ts';
import { flag } from '../../../cli/flags.ts';
import { aclApi } from '../../../client/acl.ts';

export default defineCommand({
  summary: 'Lists ACL binding rules',
  usage: 'acl binding-rule list [options]',
  description: 'Lists all binding rules, or those of an auth method.',
  examples: [['acl binding-rule list -method=ci', 'Those of an auth method:']],
  http: 'all',
  flags: { method: flag.string('Only rules of this auth method.'), ...shownFlags },
  async run({ flags, out, http }) {
    const rules = await saying('Failed to retrieve the binding rule list', aclApi(http()).bindingRules(flags.method));
    out(rulesText(rules, flags));
  },
});
