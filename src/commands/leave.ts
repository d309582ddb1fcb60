import { defineCommand, explain } from '../cli/command.ts';
import { formatFlag } from '../cli/flags.ts';
import { toJson, wantsJson } from '../cli/format.ts';
import { agentApi } from '../client/agent.ts';

export default defineCommand({
  summary: 'Gracefully leaves the Consul cluster and shuts down',
  usage: 'leave [options]',
  description:
    'Makes the agent leave the cluster and stop. The others see that it left, not that it failed, and do not wait for it.',
  examples: [
    ['leave', 'The agent here:'],
    ['leave -http-addr=10.0.0.13:8500', 'Another:'],
  ],
  http: 'agent',
  flags: { format: formatFlag },

  async run({ args, flags, out, err, help, http }) {
    const json = wantsJson(flags.format);
    if (args.length > 0) {
      err(`Error found unexpected args: [${args.join(' ')}]\n`);
      out(help());
      return 1;
    }
    await explain('Error leaving', agentApi(http()).leave());
    out(json ? toJson({ Left: true }) : 'Graceful leave complete\n');
    return 0;
  },
});
