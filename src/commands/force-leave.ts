import { defineCommand, explain } from '../cli/command.ts';
import { flag } from '../cli/flags.ts';
import { agentApi } from '../client/agent.ts';

export default defineCommand({
  summary: 'Forces a member of the cluster to enter the "left" state',
  usage: 'force-leave [options] name',
  description:
    'Makes the others take a failed member for one that left. A member that is still alive joins again by itself.',
  examples: [
    ['force-leave node-3', 'A member that will not come back:'],
    ['force-leave -prune node-3', 'And forget that it was there:'],
  ],
  http: 'agent',
  flags: { prune: flag.bool('Drop the member from the list altogether.') },

  async run({ args, flags, err, help, http }) {
    const [name] = args;
    if (name === undefined || args.length !== 1) {
      err(`A single node name must be specified to force leave.\n\n${help()}`);
      return 1;
    }
    await explain('Error force leaving', agentApi(http()).forceLeave(name, { prune: flags.prune }));
    return 0;
  },
});
