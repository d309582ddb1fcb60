import { defineCommand, explain } from '../cli/command.ts';
import { flag, formatFlag } from '../cli/flags.ts';
import { toJson, wantsJson } from '../cli/format.ts';
import { agentApi } from '../client/agent.ts';

export default defineCommand({
  summary: 'Tell Consul agent to join cluster',
  usage: 'join [options] address ...',
  description: 'Makes the agent join the cluster of which the addresses are members. One that answers is enough.',
  examples: [
    ['join 10.0.0.11 10.0.0.12', 'By the addresses of two members:'],
    ['join -wan 10.1.0.11', 'A server of another datacenter:'],
  ],
  http: 'agent',
  flags: { wan: flag.bool('Join the pool that joins the datacenters. Servers only.'), format: formatFlag },

  async run({ args, flags, out, err, help, http, progress, tell }) {
    const json = wantsJson(flags.format);
    if (args.length === 0) {
      err(`At least one address to join must be specified.\n\n${help()}`);
      return 1;
    }
    const agent = agentApi(http());
    let joined = 0;
    for (const [at, address] of args.entries()) {
      progress(args.length === 1 ? `Joining ${address}` : `Joining ${address} (${at + 1} of ${args.length})`);
      try {
        await explain(`Error joining address '${address}'`, agent.join(address, { wan: flags.wan }));
        joined += 1;
      } catch (error) {
        await tell(error);
      }
    }
    if (joined === 0) {
      err('Failed to join any nodes.\n');
      return 1;
    }
    out(json ? toJson({ Joined: joined }) : `Successfully joined cluster by contacting ${joined} nodes.\n`);
    return 0;
  },
});
