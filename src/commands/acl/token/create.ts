import {
  nodeIdentities,
  policyLinkFlags,
  policyLinks,
  roleLinkFlags,
  roleLinks,
  saying,
  serviceIdentities,
  shownFlags,
  tokenText,
} from '../../../cli/acl.ts';
import { CliError, defineCommand } from '../../../cli/command.ts';
import { filledFlags, isToBeAsked } from '../../../cli/filled-form.ts';
import { flag } from '../../../cli/flags.ts';
import { aclApi } from '../../../client/acl.ts';

const ownFlags = {
  accessor: flag.string('Public id; drawn at random when left out.'),
  secret: flag.string('Secret id; drawn at random when left out.'),
  description: flag.string('What it is for.'),
  local: flag.bool('Valid in this datacenter only.'),
  'expires-ttl': flag.durationMs('How long it is valid, 1m to 24h.'),
  ...policyLinkFlags,
  ...roleLinkFlags,
};

export default defineCommand({
  summary: 'Create an ACL token',
  usage: 'acl token create [options]',
  description:
    'Creates a token that may do what its policies, roles and identities grant, and prints it with its secret. Without flags, on a terminal, it asks for everything and shows the command that does the same.',
  examples: [
    ['acl token create -description=web -policy-name=apps-read -expires-ttl=8h', 'For eight hours:'],
    ['acl token create -service-identity=web -local', 'For a service, in this datacenter only:'],
  ],
  http: 'all',
  flags: { ...ownFlags, ...shownFlags },
  async run(context) {
    const { out, err, http } = context;
    let { flags } = context;
    const acl = aclApi(http());
    if (isToBeAsked(context, ownFlags)) {
      const { tokenForm } = await import('../../../cli/acl-forms.ts');
      const { questions } = await import('../../../cli/prompts.ts');
      const filled = await saying('Failed to create new token', tokenForm(acl, questions, err));
      if (filled === null) return 1;
      flags = { ...flags, ...filledFlags(filled) };
    }
    const kinds = ['policy-name', 'policy-id', 'role-name', 'role-id', 'service-identity', 'node-identity'] as const;
    if (kinds.every((kind) => flags[kind].length === 0)) {
      throw new CliError(
        'Cannot create a token without specifying -policy-name, -policy-id, -role-name, -role-id, -service-identity, or -node-identity at least once',
      );
    }
    const ttlMs = flags['expires-ttl'];
    const token = {
      Description: flags.description,
      Local: flags.local,
      AccessorID: flags.accessor,
      SecretID: flags.secret,
      ...(ttlMs === 0 ? {} : { ExpirationTTL: Math.round(ttlMs * 1e6) }),
      ServiceIdentities: serviceIdentities(flags['service-identity']),
      NodeIdentities: nodeIdentities(flags['node-identity']),
      Policies: await policyLinks(acl, flags),
      Roles: await roleLinks(acl, flags),
    };
    out(tokenText(await saying('Failed to create new token', acl.createToken(token)), flags));
    return 0;
  },
});
