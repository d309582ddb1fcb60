import { saying } from '../cli/acl.ts';
import { CliError, defineCommand } from '../cli/command.ts';
import { aclApi } from '../client/acl.ts';

export default defineCommand({
  summary: 'Destroy a Consul token created with login',
  usage: 'logout [options]',
  description: 'Destroys the token in use, if "tc login" has made it.',
  examples: [['logout -token-file=consul.token', 'The token of a file:']],
  http: 'all',
  async run({ args, http }) {
    if (args.length > 0) throw new CliError('Should have no non-flag arguments.');
    await saying('Error destroying token', aclApi(http()).logout());
  },
});
