import { saying, shownFlags } from '../../../cli/acl.ts';
import { configOf, methodFlags, methodText, ttlOf } from '../../../cli/acl-auth.ts';
import { CliError, defineCommand } from '../../../cli/command.ts';
import { flag } from '../../../cli/flags.ts';
import { aclApi } from '../../../client/acl.ts';

export default defineCommand({
  summary: 'Create an ACL auth method',
  usage: 'acl auth-method create -name NAME -type TYPE [options]',
  description: 'Creates an auth method: settings by which the tokens of others are believed.',
  examples: [['acl auth-method create -name=ci -type=jwt -config=@jwt.json', 'JSON Web Tokens:']],
  http: 'all',
  flags: {
    name: flag.string('Name of the auth method; required.'),
    type: flag.string('Its type, jwt or kubernetes; required.'),
    ...methodFlags,
    ...shownFlags,
  },
  async run({ flags, out, err, help, http, stdin }) {
    for (const name of ['type', 'name'] as const) {
      if (flags[name] !== '') continue;
      err(`Missing required '-${name}' flag\n${help()}`);
      return 1;
    }
    if (flags.type === 'kubernetes' && flags.config === '') {
      for (const name of ['kubernetes-host', 'kubernetes-ca-cert', 'kubernetes-service-account-jwt'] as const) {
        if (flags[name] === '') throw new CliError(`Missing required '-${name}' flag`);
      }
    }
    const method = {
      Name: flags.name,
      Type: flags.type,
      Description: flags.description,
      DisplayName: flags['display-name'],
      TokenLocality: flags['token-locality'],
      ...ttlOf(flags['max-token-ttl']),
      Config: (await configOf(flags, { stdin })) ?? null,
    };
    out(methodText(await saying('Failed to create new auth method', aclApi(http()).createAuthMethod(method)), flags));
    return 0;
  },
});
