import { defineCommand, explain } from '../cli/command.ts';
import { formatFlag } from '../cli/flags.ts';
import { toJson, wantsJson } from '../cli/format.ts';
import { agentApi } from '../client/agent.ts';

export default defineCommand({
  summary: 'Triggers the agent to reload configuration files',
  usage: 'reload',
  description:
    'Makes the agent read its configuration files again, as SIGHUP does. What is wrong in them is told here.',
  examples: [['reload', 'After a change of the configuration files:']],
  http: 'agent',
  flags: { format: formatFlag },

  async run({ flags, out, http }) {
    const json = wantsJson(flags.format);
    await explain('Error reloading', agentApi(http()).reload());
    out(json ? toJson({ Reloaded: true }) : 'Configuration reload triggered\n');
  },
});
