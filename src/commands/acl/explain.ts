import { aclFormatFlag, saying } from '../../cli/acl.ts';
import { accessOf, decisionText } from '../../cli/acl-explain.ts';
import { CliError, defineCommand } from '../../cli/command.ts';
import { flag } from '../../cli/flags.ts';
import { toJson, wantsJson } from '../../cli/format.ts';
import { aclApi } from '../../client/acl.ts';

export default defineCommand({
  summary: 'Explain what a token may do, and why',
  usage: 'acl explain [options] RESOURCE:NAME:ACCESS ...',
  description: `Prints for each access whether the token in use has it, which rule decides, and by which role and policy the token has the rule. Resources there is one of (acl, keyring, operator) have no name: operator:read.

Exits 0 when everything is allowed and 2 when something is denied.`,
  examples: [
    ['acl explain -token=b9c8d7e6-0f1a-4b2c-8d3e-4f5a6b7c8d9e key:apps/web:write', 'May this token write a key:'],
    [
      'acl explain -accessor=1b2f4c9e-6a3d-4e58-9c07-2d5f8a1e7b34 service:web:read operator:read',
      'Another, by its accessor id:',
    ],
  ],
  http: 'all',
  flags: {
    accessor: flag.string('Accessor id of another token to explain; needs the right acl:read.'),
    format: aclFormatFlag,
  },
  async run({ args, flags, out, http }) {
    if (args.length === 0) throw new CliError('Must specify what to explain: RESOURCE:NAME:ACCESS');
    const asked = args.map(accessOf);
    const explained = await saying('Error explaining', aclApi(http()).explain(asked, flags.accessor));
    out(wantsJson(flags.format) ? toJson(explained) : decisionText(explained));
    return explained.Decisions.every(({ Allow }) => Allow) ? 0 : 2;
  },
});
