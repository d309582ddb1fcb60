import { saying, shownFlags } from '../../../cli/acl.ts';
import { methodsText } from '../../../cli/acl-auth.ts';
import { defineCommand } from '../../../cli/command.ts';
import { aclApi } from '../../../client/acl.ts';

export default defineCommand({
  summary: 'Lists ACL auth methods',
  usage: 'acl auth-method list [options]',
  description: 'Lists all auth methods, without their settings.',
  examples: [['acl auth-method list', 'All of them:']],
  http: 'all',
  flags: shownFlags,
  async run({ flags, out, http }) {
    out(methodsText(await saying('Failed to retrieve the auth method list', aclApi(http()).authMethods()), flags));
  },
});
