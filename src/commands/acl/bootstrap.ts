import { aclFormatFlag, saying, tokenText } from '../../cli/acl.ts';
import { defineCommand } from '../../cli/command.ts';
import { type AclApi, type AclToken, aclApi } from '../../client/acl.ts';

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
  async run({ flags, out, err, http, isTerminal }) {
    const acl = aclApi(http());
    const token = await saying('Failed ACL bootstrapping', acl.bootstrap());
    out(tokenText(token, flags));
    if (isTerminal('stderr')) err(storeAdvice + (await othersText(acl, token)));
  },
});

const storeAdvice = `
The SecretID is shown this once. Store it where other secrets are kept, and hand it to commands in a file:

   install -m 600 /dev/null ~/.consul-token && cat > ~/.consul-token
   export CONSUL_HTTP_TOKEN_FILE=~/.consul-token
`;

/** After a reset: who else may do everything still. */
async function othersText(acl: AclApi, { AccessorID, SecretID }: AclToken): Promise<string> {
  const all = await acl.tokens(SecretID).catch(() => []);
  const others = all.filter(
    (one) => one.AccessorID !== AccessorID && (one.Policies ?? []).some(({ Name }) => Name === 'global-management'),
  );
  if (others.length === 0) return '';
  const rows = others.map((one) => `   ${one.AccessorID}  ${one.Description}`);
  const head = 'Other management tokens that still exist (tc acl token delete -id=ID removes one):';
  return `\n${head}\n${rows.join('\n')}\n`;
}
