import { saying } from '../../cli/acl.ts';
import { CliError, defineCommand } from '../../cli/command.ts';
import { formatFlag } from '../../cli/flags.ts';
import { toJson, wantsJson } from '../../cli/format.ts';
import { aclApi } from '../../client/acl.ts';

/** Words of the command, and what the API calls them. */
const kinds: Readonly<Record<string, string>> = {
  default: 'default',
  agent: 'agent',
  master: 'agent_master',
  replication: 'replication',
};

export default defineCommand({
  summary: "Update an agent's ACL tokens",
  usage: 'acl set-agent-token [options] TYPE TOKEN',
  description: `Sets a token that the agent itself uses. TYPE is one of:

default: for requests that come without a token; agent: for what the agent does by itself; master: for this agent's own endpoints when no server can be reached; replication: for copying from the primary datacenter.`,
  examples: [['acl set-agent-token agent c4d0f8df-3aba-4ab6-a7a0-35b760dc29a1', "The agent's own token:"]],
  http: 'all',
  flags: { format: formatFlag },
  async run({ args, flags, out, http }) {
    const json = wantsJson(flags.format);
    const [kind, token, ...more] = args;
    if (kind === undefined) throw new CliError('Error! Missing TYPE and TOKEN arguments');
    if (token === undefined) throw new CliError('Error! Missing TOKEN argument');
    if (more.length > 0) throw new CliError(`Error! Too many arguments: expected 2 got ${args.length}`);
    const name = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
    if (name === undefined) throw new CliError('Unknown token type');
    await saying(`Failed to set ACL token "${kind}"`, aclApi(http()).setAgentToken(name, token));
    out(json ? toJson({ Type: kind, Set: true }) : `ACL token "${kind}" set successfully\n`);
  },
});
