import {
  nodeIdentities,
  policyLinkFlags,
  policyLinks,
  roleText,
  saying,
  serviceIdentities,
  shownFlags,
} from '../../../cli/acl.ts';
import { CliError, defineCommand } from '../../../cli/command.ts';
import { flag } from '../../../cli/flags.ts';
import { aclApi } from '../../../client/acl.ts';

export default defineCommand({
  summary: 'Create an ACL role',
  usage: 'acl role create -name NAME [options]',
  description: 'Creates a role: policies and identities under one name, for tokens to link to.',
  examples: [['acl role create -name=web -policy-name=apps-read -service-identity=web', 'A policy and an identity:']],
  http: 'all',
  flags: {
    name: flag.string('Name of the role; required.'),
    description: flag.string('What it is for.'),
    ...policyLinkFlags,
    ...shownFlags,
  },
  async run({ flags, out, err, help, http }) {
    if (flags.name === '') {
      err(`Missing require '-name' flag\n${help()}`);
      return 1;
    }
    const kinds = ['policy-name', 'policy-id', 'service-identity', 'node-identity'] as const;
    if (kinds.every((kind) => flags[kind].length === 0)) {
      throw new CliError(
        'Cannot create a role without specifying -policy-name, -policy-id, -service-identity, or -node-identity at least once',
      );
    }
    const acl = aclApi(http());
    const role = {
      Name: flags.name,
      Description: flags.description,
      ServiceIdentities: serviceIdentities(flags['service-identity']),
      NodeIdentities: nodeIdentities(flags['node-identity']),
      Policies: await policyLinks(acl, flags),
    };
    out(roleText(await saying('Failed to create new role', acl.createRole(role)), flags));
    return 0;
  },
});
