import { policyId, policyIdByName, policyText, saying, shownFlags, textOf } from '../../../cli/acl.ts';
import { CliError, defineCommand } from '../../../cli/command.ts';
import { flag } from '../../../cli/flags.ts';
import { aclApi } from '../../../client/acl.ts';

export default defineCommand({
  summary: 'Update an ACL policy',
  usage: 'acl policy update [options]',
  description: 'Changes what is given of a policy; with -no-merge everything else is emptied.',
  examples: [['acl policy update -name=web-read -rules=@web.hcl', 'With new rules:']],
  http: 'all',
  flags: {
    id: flag.string('Id of the policy, or a unique beginning of it.'),
    name: flag.string('New name with -id; otherwise finds the policy.'),
    description: flag.string('New description.'),
    rules: flag.string('New rules, `@FILE` with them, or `-` for stdin.'),
    'valid-datacenter': flag.strings('Datacenter in which the policy holds.'),
    'no-merge': flag.bool('Replace every field instead of those given.'),
    ...shownFlags,
  },
  async run({ flags, given, out, http, stdin }) {
    if (flags.id === '' && flags.name === '') throw new CliError('Must specify either the -id or -name parameters');
    const acl = aclApi(http());
    const byName = flags.id === '';
    const id = await saying(
      'Error determining policy ID',
      byName ? policyIdByName(acl, flags.name) : policyId(acl, flags.id),
    );
    const rules = flags.rules === '' ? '' : await textOf(flags.rules, { stdin }, 'Error loading rules');
    const asked = (name: string): boolean => given.some((one) => one.name === name);
    const failed = `Error updating policy "${id}"`;
    const before = flags['no-merge'] ? undefined : await saying(failed, acl.policy(id));
    const policy = {
      ID: id,
      Name: flags.name !== '' ? flags.name : (before?.Name ?? ''),
      Description: asked('description') ? flags.description : (before?.Description ?? ''),
      Rules: asked('rules') ? rules : (before?.Rules ?? ''),
      Datacenters: asked('valid-datacenter') ? flags['valid-datacenter'] : (before?.Datacenters ?? null),
    };
    out(policyText(await saying(failed, acl.updatePolicy(id, policy)), flags));
  },
});
