import {
  nodeIdentities,
  policyLinkFlags,
  policyLinks,
  roleId,
  roleText,
  saying,
  serviceIdentities,
  shownFlags,
} from '../../../cli/acl.ts';
import { CliError, defineCommand } from '../../../cli/command.ts';
import { flag } from '../../../cli/flags.ts';
import { aclApi } from '../../../client/acl.ts';

export default defineCommand({
  summary: 'Update an ACL role',
  usage: 'acl role update [options]',
  description: 'Changes what is given of a role and adds links to it; with -no-merge everything else is emptied.',
  examples: [['acl role update -name=deploy -policy-name=web-read', 'One more policy for it:']],
  http: 'all',
  flags: {
    id: flag.string('Id of the role, or a unique beginning of it; required.'),
    name: flag.string('New name.'),
    description: flag.string('New description.'),
    'no-merge': flag.bool('Replace every field instead of adding links.'),
    ...policyLinkFlags,
    ...shownFlags,
  },
  async run({ flags, out, http }) {
    if (flags.id === '') throw new CliError('Cannot update a role without specifying the -id parameter');
    const acl = aclApi(http());
    const id = await saying('Error determining role ID', roleId(acl, flags.id));
    const failed = `Error updating role "${id}"`;
    const before = flags['no-merge'] ? null : await saying(failed, acl.role(id));
    if (before === null && !flags['no-merge']) throw new CliError(`Role not found with ID "${id}"`);
    // The servers put equal ones together.
    const role = {
      ID: id,
      Name: flags.name || (before?.Name ?? ''),
      Description: flags.description || (before?.Description ?? ''),
      Policies: [...(before?.Policies ?? []), ...(await policyLinks(acl, flags))],
      ServiceIdentities: merged(before?.ServiceIdentities, serviceIdentities(flags['service-identity']), 'ServiceName'),
      NodeIdentities: [...(before?.NodeIdentities ?? []), ...nodeIdentities(flags['node-identity'])],
    };
    out(roleText(await saying(failed, acl.updateRole(id, role)), flags));
  },
});

/** New ones of a name take the place of old ones. */
function merged<T, K extends keyof T>(before: readonly T[] | undefined, added: readonly T[], key: K): T[] {
  const names = new Set(added.map((one) => one[key]));
  return [...(before ?? []).filter((one) => !names.has(one[key])), ...added];
}
