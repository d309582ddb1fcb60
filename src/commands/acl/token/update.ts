import {
  nodeIdentities,
  policyLinkFlags,
  policyLinks,
  roleId,
  roleLinkFlags,
  saying,
  serviceIdentities,
  shownFlags,
  tokenId,
  tokenText,
} from '../../../cli/acl.ts';
import { CliError, defineCommand } from '../../../cli/command.ts';
import { flag } from '../../../cli/flags.ts';
import { type AclApi, type AclLink, aclApi } from '../../../client/acl.ts';

export default defineCommand({
  summary: 'Update an ACL token',
  usage: 'acl token update [options]',
  description:
    'Replaces what a token links to by what is given; with a -merge flag, links of that kind are added to those there are.',
  examples: [['acl token update -id=1b2f -policy-name=web-read -merge-policies', 'One more policy for it:']],
  http: 'all',
  flags: {
    id: flag.string('Accessor id of the token, or a unique beginning of it; required.'),
    description: flag.string('New description.'),
    'merge-policies': flag.bool('Add to the policies.'),
    'merge-roles': flag.bool('Add to the roles; -role-id takes names then.'),
    'merge-service-identities': flag.bool('Add to the service identities.'),
    'merge-node-identities': flag.bool('Add to the node identities.'),
    'upgrade-legacy': flag.bool('Make a token from before 1.4 one of today: its rules go.'),
    ...policyLinkFlags,
    ...roleLinkFlags,
    ...shownFlags,
  },
  async run({ flags, out, http }) {
    if (flags.id === '') throw new CliError('Cannot update a token without specifying the -id parameter');
    const acl = aclApi(http());
    const id = await saying('Error determining token ID', tokenId(acl, flags.id));
    const before = await saying('Error when retrieving current token', acl.token(id));
    const merging = <T>(
      merge: boolean,
      old: readonly T[] | undefined,
      added: readonly T[],
      same: (one: T) => string,
    ) => {
      const known = new Set((merge ? (old ?? []) : []).map(same));
      return [...(merge ? (old ?? []) : []), ...added.filter((one) => !known.has(same(one)))];
    };
    const nameOf = ({ ID, Name }: Partial<AclLink>): string => Name ?? ID ?? '';
    const token = {
      AccessorID: id,
      SecretID: before.SecretID,
      Local: before.Local,
      ...(before.ExpirationTime === undefined ? {} : { ExpirationTime: before.ExpirationTime }),
      Description: flags.description || before.Description,
      Policies: merging<Partial<AclLink>>(
        flags['merge-policies'],
        before.Policies,
        await policyLinks(acl, flags),
        nameOf,
      ),
      Roles: merging<Partial<AclLink>>(flags['merge-roles'], before.Roles, await linkedRoles(acl, flags), nameOf),
      ServiceIdentities: merging(
        flags['merge-service-identities'],
        before.ServiceIdentities,
        serviceIdentities(flags['service-identity']),
        ({ ServiceName }) => ServiceName,
      ),
      NodeIdentities: merging(
        flags['merge-node-identities'],
        before.NodeIdentities,
        nodeIdentities(flags['node-identity']),
        ({ NodeName, Datacenter }) => `${NodeName}:${Datacenter}`,
      ),
      ...(before.Rules === undefined || flags['upgrade-legacy'] ? {} : { Rules: before.Rules }),
    };
    out(tokenText(await saying(`Failed to update token ${id}`, acl.updateToken(id, token)), flags));
  },
});

interface RoleFlags {
  readonly 'merge-roles': boolean;
  readonly 'role-id': readonly string[];
  readonly 'role-name': readonly string[];
}

/** While merging Consul takes ids for names; scripts that knew put names there. */
async function linkedRoles(acl: AclApi, flags: RoleFlags): Promise<Partial<AclLink>[]> {
  const links: Partial<AclLink>[] = flags['role-name'].map((Name) => ({ Name }));
  for (const id of flags['role-id']) {
    const ID = await saying('Error resolving role ID ', roleId(acl, id));
    links.push(flags['merge-roles'] ? { Name: ID } : { ID });
  }
  return links;
}
