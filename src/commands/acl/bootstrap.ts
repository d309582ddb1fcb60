import { aclFormatFlag, saying, tokenText } from '../../cli/acl.ts';
import { defineCommand } from '../../cli/command.ts';
import { aclApi } from '../../client/acl.ts';

export default defineCommand({
  summary: "Bootstrap Consul's ACL system",
  usage: 'acl bootstrap [options]',
  description: `Makes the first token of a cluster, one that may do everything. That is possible once; the answer to a second try names the index that has to be written into the file acl-bootstrap-reset in the leader's data directory to allow another.

Keep the SecretID where other secrets are kept, and hand it to commands in a file (CONSUL_HTTP_TOKEN_FILE names it), not on command lines.`,
  examples: [
    ['acl bootstrap', 'Once, in a new cluster:'],
    ['acl bootstrap -format=json', 'For a script:'],
  ],
  http: 'all',
  flags: { format: aclFormatFlag },
  async run({ flags, out, http }) {
    const token = await saying('Failed ACL bootstrapping', aclApi(http()).bootstrap());
    out(tokenText(token, flags));
  },
});
