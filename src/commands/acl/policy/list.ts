import { policiesText, saying, shownFlags } from '../../../cli/acl.ts';
import { defineCommand } from '../../../cli/command.ts';
import { aclApi } from '../../../client/acl.ts';

export default defineCommand({
  summary: 'Lists ACL policies',
  usage: 'acl policy list [options]',
  description: 'Lists all policies, without their rules.',
  examples: [['acl policy list', 'All of them:']],
  http: 'all',
  flags: shownFlags,
  async run({ flags, out, http }) {
    out(policiesText(await saying('Failed to retrieve the policy list', aclApi(http()).policies()), flags));
  },
});
