import { saying, shownFlags } from '../../../cli/acl.ts';
import { ruleFlags, ruleText } from '../../../cli/acl-auth.ts';
import { defineCommand } from '../../../cli/command.ts';
import { flag } from '../../../cli/flags.ts';
import { aclApi } from '../../../client/acl.ts';

export default defineCommand({
  summary: 'Create an ACL binding rule',
  usage: 'acl binding-rule create [options]',
  description: 'Creates a binding rule: what those may do who log in by an auth method and match a selector.',
  examples: [
    [
      `acl binding-rule create -method=ci -bind-type=service -bind-name='\${value.team}' -selector='value.env == prod'`,
      'A service named after a claim:',
    ],
  ],
  http: 'all',
  flags: { method: flag.string('Name of the auth method; required.'), ...ruleFlags, ...shownFlags },
  async run({ flags, out, err, help, http }) {
    for (const name of ['method', 'bind-name'] as const) {
      if (flags[name] !== '') continue;
      err(`Missing required '-${name}' flag\n${help()}`);
      return 1;
    }
    const rule = {
      Description: flags.description,
      AuthMethod: flags.method,
      BindType: flags['bind-type'],
      BindName: flags['bind-name'],
      Selector: flags.selector,
    };
    out(ruleText(await saying('Failed to create new binding rule', aclApi(http()).createBindingRule(rule)), flags));
    return 0;
  },
});
