import { saying, shownFlags, tokenId, tokenText } from '../../../cli/acl.ts';
import { CliError, defineCommand } from '../../../cli/command.ts';
import { flag } from '../../../cli/flags.ts';
import { aclApi } from '../../../client/acl.ts';

export default defineCommand({
  summary: 'Read an ACL token',
  usage: 'acl token read [options] -id TOKENID',
  description: 'Prints a token and what it links to.',
  examples: [
    ['acl token read -self', 'What the token in use may do:'],
    ['acl token read -id=1b2f', 'Another, by the beginning of its accessor id:'],
  ],
  http: 'all',
  flags: {
    id: flag.string('Accessor id of the token, or a unique beginning of it.'),
    self: flag.bool('Print the token in use.'),
    ...shownFlags,
  },
  async run({ flags, out, http }) {
    const acl = aclApi(http());
    if (flags.self) return out(tokenText(await saying('Error reading token', acl.self()), flags));
    if (flags.id === '') throw new CliError('Must specify the -id parameter');
    const id = await saying('Error determining token ID', tokenId(acl, flags.id));
    out(tokenText(await saying(`Error reading token "${id}"`, acl.token(id)), flags));
  },
});
