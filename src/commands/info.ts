import { defineCommand, explain } from '../cli/command.ts';
import { formatFlag } from '../cli/flags.ts';
import { toJson, wantsJson } from '../cli/format.ts';
import { agentApi } from '../client/agent.ts';

export default defineCommand({
  summary: 'Provides debugging information for operators',
  usage: 'info [options]',
  description: 'Prints what the agent knows about itself: its build, raft, gossip and runtime.',
  examples: [
    ['info', 'What the agent here knows of itself:'],
    ['info -format=json', 'For a script:'],
  ],
  http: 'agent',
  flags: { format: formatFlag },

  async run({ flags, out, http }) {
    const json = wantsJson(flags.format);
    const { Stats } = await explain('Error querying agent', agentApi(http()).self());
    if (json) return out(toJson(Stats));
    let text = '';
    for (const section of Object.keys(Stats).sort()) {
      text += `${section}:\n`;
      const values = Stats[section] ?? {};
      for (const key of Object.keys(values).sort()) text += `\t${key} = ${values[key]}\n`;
    }
    out(text);
  },
});
