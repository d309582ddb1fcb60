import { policyId, policyIdByName, policyText, saying, shownFlags } from '../../../cli/acl.ts';
import { CliError, defineCommand } from '../../../cli/command.ts';
import { flag } from '../../../cli/flags.ts';
import { aclApi } from '../../../client/acl.ts';

export default defineCommand({
  summary: 'Read an ACL policy',
  usage: 'acl policy read [options] POLICY',
  description: 'Prints a policy with its rules.',
  examples: [['acl policy read -name=web-read', 'One with its rules:']],
  http: 'all',
  flags: {
    id: flag.string('Id of the policy, or a unique beginning of it.'),
    name: flag.string('Or its name.'),
    ...shownFlags,
  },
  async run({ flags, out, http }) {
    if (flags.id === '' && flags.name === '') throw new CliError('Must specify either the -id or -name parameters');
    const acl = aclApi(http());
    const found = flags.id === '' ? policyIdByName(acl, flags.name) : policyId(acl, flags.id);
    const id = await saying('Error determining policy ID', found);
    out(policyText(await saying(`Error reading policy "${id}"`, acl.policy(id)), flags));
  },
});
