import { rolesText, saying, shownFlags } from '../../../cli/acl.ts';
import { defineCommand } from '../../../cli/command.ts';
import { aclApi } from '../../../client/acl.ts';

export default defineCommand({
  summary: 'Lists ACL roles',
  usage: 'acl role list [options]',
  description: 'Lists all roles with what they link to.',
  examples: [['acl role list', 'All of them:']],
  http: 'all',
  flags: shownFlags,
  async run({ flags, out, http }) {
    out(rolesText(await saying('Failed to retrieve the role list', aclApi(http()).roles()), flags));
  },
});
