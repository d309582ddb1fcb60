import { saying, tokenId } from '../../../cli/acl.ts';
import { CliError, defineCommand } from '../../../cli/command.ts';
import { flag, formatFlag } from '../../../cli/flags.ts';
import { toJson, wantsJson } from '../../../cli/format.ts';
import { namespaceFlag } from '../../../cli/namespace.ts';
import { aclApi } from '../../../client/acl.ts';

export default defineCommand({
  summary: 'Delete an ACL token',
  usage: 'acl token delete [options] -id TOKEN',
  description: 'Deletes a token: whoever holds its secret may do nothing with it any more.',
  examples: [['acl token delete -id=1b2f', 'One by the beginning of its accessor id:']],
  http: 'all',
  flags: {
    id: flag.string('Accessor id of the token, or a unique beginning of it.'),
    namespace: namespaceFlag,
    format: formatFlag,
  },
  async run({ flags, out, http }) {
    const json = wantsJson(flags.format);
    if (flags.id === '') throw new CliError('Must specify the -id parameter');
    const acl = aclApi(http());
    const id = await saying('Error determining token ID', tokenId(acl, flags.id));
    await saying(`Error deleting token "${id}"`, acl.deleteToken(id));
    out(json ? toJson({ ID: id, Deleted: true }) : `Token "${id}" deleted successfully\n`);
  },
});
