import { aclFormatFlag, saying, tokenId, tokenText } from '../../../cli/acl.ts';
import { CliError, defineCommand } from '../../../cli/command.ts';
import { flag } from '../../../cli/flags.ts';
import { namespaceFlag } from '../../../cli/namespace.ts';
import { aclApi } from '../../../client/acl.ts';

export default defineCommand({
  summary: 'Clone an ACL token',
  usage: 'acl token clone [options]',
  description: 'Creates a token that links to the same as another.',
  examples: [["acl token clone -id=1b2f -description='of the second host'", 'A second one with the same rights:']],
  http: 'all',
  flags: {
    id: flag.string('Accessor id of the token, or a unique beginning of it; required.'),
    description: flag.string('Description of the new token; that of the other when left out.'),
    format: aclFormatFlag,
    namespace: namespaceFlag,
  },
  async run({ flags, out, http }) {
    if (flags.id === '') throw new CliError('Cannot update a token without specifying the -id parameter');
    const acl = aclApi(http());
    const id = await saying('Error determining token ID', tokenId(acl, flags.id));
    out(tokenText(await saying('Error cloning token', acl.cloneToken(id, flags.description)), flags));
  },
});
