import { policyText, saying, shownFlags, textOf, tokenId } from '../../../cli/acl.ts';
import { CliError, defineCommand } from '../../../cli/command.ts';
import { filledFlags, isToBeAsked } from '../../../cli/filled-form.ts';
import { flag } from '../../../cli/flags.ts';
import { type AclApi, aclApi } from '../../../client/acl.ts';

const ownFlags = {
  name: flag.string('Name of the policy; required.'),
  description: flag.string('What it is for.'),
  rules: flag.string('The rules, `@FILE` with them, or `-` for stdin.'),
  'from-token': flag.string('Take the rules of a token from before 1.4, by its id.'),
  'token-secret': flag.bool('The value of -from-token is a secret id.'),
  'valid-datacenter': flag.strings('Datacenter in which the policy holds; all when left out.'),
};

export default defineCommand({
  summary: 'Create an ACL policy',
  usage: 'acl policy create -name NAME [options]',
  description:
    'Creates a policy: rules under a name, for tokens and roles to link to. Without flags, on a terminal, it asks for everything and shows the command that does the same.',
  examples: [
    [`acl policy create -name=apps-read -rules='key_prefix "apps/" { policy = "read" }'`, 'Rules as they are:'],
    ['acl policy create -name=apps-read -rules=@apps.hcl -valid-datacenter=dc1', 'From a file, for one datacenter:'],
    ['acl policy create -name=old -from-token=1b2f4c9e-6a3d-4e58-9c07-2d5f8a1e7b34', 'What an old token may do:'],
  ],
  http: 'all',
  flags: { ...ownFlags, ...shownFlags },
  async run(context) {
    const { out, err, help, http, stdin } = context;
    let { flags } = context;
    if (isToBeAsked(context, ownFlags)) {
      const { policyForm } = await import('../../../cli/acl-forms.ts');
      const { questions } = await import('../../../cli/prompts.ts');
      const filled = await policyForm(questions, err);
      if (filled === null) return 1;
      flags = { ...flags, ...filledFlags(filled) };
    }
    if (flags.name === '') {
      err(`Missing require '-name' flag\n${help()}`);
      return 1;
    }
    const acl = aclApi(http());
    const policy = {
      Name: flags.name,
      Description: flags.description,
      Rules: await rulesOf(flags, acl, { stdin }),
      Datacenters: flags['valid-datacenter'].length === 0 ? null : flags['valid-datacenter'],
    };
    out(policyText(await saying('Failed to create new policy', acl.createPolicy(policy)), flags));
    return 0;
  },
});

interface Source {
  readonly rules: string;
  readonly 'from-token': string;
  readonly 'token-secret': boolean;
}

async function rulesOf(flags: Source, acl: AclApi, io: { stdin(): Promise<Buffer> }): Promise<string> {
  const failed = 'Error loading rules';
  const token = flags['from-token'];
  if (token === '') return flags.rules === '' ? '' : textOf(flags.rules, io, failed);
  if (flags.rules !== '') throw new CliError(`${failed}: Cannot specify both -rules and -from-token`);
  const found = flags['token-secret']
    ? await saying(failed, acl.self(token))
    : await saying(
        failed,
        tokenId(acl, token).then((id) => acl.token(id)),
      );
  if (!found.Rules) throw new CliError(`${failed}: Token is not a legacy token with rules`);
  const { translateRules } = await import('../../../agent/acl/translate.ts');
  return translateRules(found.Rules);
}
