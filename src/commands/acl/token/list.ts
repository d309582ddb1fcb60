import { saying, shownFlags, tokensText } from '../../../cli/acl.ts';
import { defineCommand } from '../../../cli/command.ts';
import { aclApi } from '../../../client/acl.ts';

export default defineCommand({
  summary: 'List ACL tokens',
  usage: 'acl token list [options]',
  description: 'Lists all tokens with what they link to; secrets are shown only to those who may change tokens.',
  examples: [['acl token list', 'All of them:']],
  http: 'all',
  flags: shownFlags,
  async run({ flags, out, http }) {
    out(tokensText(await saying('Failed to retrieve the token list', aclApi(http()).tokens()), flags));
  },
});
