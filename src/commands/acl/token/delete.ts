import { saying, tokenId } from '../../../cli/acl.ts';
import { CliError, defineCommand } from '../../../cli/command.ts';
import { flag } from '../../../cli/flags.ts';
import { namespaceFlag } from '../../../cli/namespace.ts';
import { aclApi } from '../../../client/acl.ts';

export default defineCommand({
  summary: 'Delete an ACL token',
  usage: 'acl token delete [options] -id TOKEN',
  description: 'Deletes a token: whoever holds its secret may do nothing with it any more.',
  http: 'all',
  flags: {
    id: flag.string('Accessor id of the token, or a unique beginning of it.'),
    namespace: namespaceFlag,
  },
  async run({ flags, out, http }) {
    if (flags.id === '') throw new CliError('Must specify the -id parameter');
    const acl = aclApi(http());
    const id = await saying('Error determining token ID', tokenId(acl, flags.id));
    await saying(`Error deleting token "${id}"`, acl.deleteToken(id));
    out(`Token "${id}" deleted successfully\n`);
  },
});
