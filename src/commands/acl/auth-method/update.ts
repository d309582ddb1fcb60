import { saying, shownFlags } from '../../../cli/acl.ts';
import { configOf, methodFlags, methodText, ttlOf } from '../../../cli/acl-auth.ts';
import { CliError, defineCommand } from '../../../cli/command.ts';
import { flag } from '../../../cli/flags.ts';
import { aclApi } from '../../../client/acl.ts';

export default defineCommand({
  summary: 'Update an ACL auth method',
  usage: 'acl auth-method update -name NAME [options]',
  description: 'Changes what is given of an auth method; with -no-merge everything else is emptied.',
  examples: [['acl auth-method update -name=ci -config=@ci.json', 'With a new configuration:']],
  http: 'all',
  flags: {
    name: flag.string('Name of the auth method; required.'),
    'no-merge': flag.bool('Replace every field instead of those given.'),
    ...methodFlags,
    ...shownFlags,
  },
  async run({ flags, out, http, stdin }) {
    if (flags.name === '') throw new CliError('Cannot update an auth method without specifying the -name parameter');
    const acl = aclApi(http());
    const before = await saying(`Error when retrieving current auth method`, acl.authMethod(flags.name));
    if (before === null) throw new CliError(`Auth method not found with name "${flags.name}"`);
    const kept = flags['no-merge'] ? undefined : before;
    const ttl = flags['max-token-ttl'];
    const method = {
      Name: flags.name,
      Type: before.Type,
      Description: flags.description || (kept?.Description ?? ''),
      DisplayName: flags['display-name'] || (kept?.DisplayName ?? ''),
      TokenLocality: flags['token-locality'] || (kept?.TokenLocality ?? ''),
      ...(ttl === 0 && kept?.MaxTokenTTL !== undefined ? { MaxTokenTTL: kept.MaxTokenTTL } : ttlOf(ttl)),
      Config: (await configOf(flags, { stdin })) ?? kept?.Config ?? null,
    };
    const failed = `Error updating auth method "${flags.name}"`;
    out(methodText(await saying(failed, acl.updateAuthMethod(flags.name, method)), flags));
  },
});
