import { defineCommand, explain } from '../cli/command.ts';
import { demandFilters } from '../cli/event-filters.ts';
import { flag, formatFlag } from '../cli/flags.ts';
import { toJson, wantsJson } from '../cli/format.ts';
import { agentApi } from '../client/agent.ts';
import { eventApi } from '../client/operator.ts';

export default defineCommand({
  summary: 'Fire a new event',
  usage: 'event [options] [payload]',
  description:
    'Tells every agent of the datacenter something, by name and with a small payload. Agents keep the last 256 events; whoever watches for them is woken. -node, -service and -tag are regular expressions that say whom it is for.',
  examples: [
    ['event -name=deploy 1609030', 'Tell everybody of a deploy:'],
    ['event -name=restart -service=web', 'Tell only those who run a service:'],
  ],
  http: 'agent',
  flags: {
    name: flag.string('Name of the event. Required.'),
    node: flag.string('Only for nodes whose name matches this regular expression.'),
    service: flag.string('Only for nodes with a service whose name matches this regular expression.'),
    tag: flag.string('Only for nodes with such a service that has a matching tag. Needs -service.'),
    format: formatFlag,
  },

  async run({ args, flags, out, err, help, http }) {
    const json = wantsJson(flags.format);
    const { name, node, service, tag } = flags;
    const wrong =
      name === '' ? 'Event name must be specified' : args.length > 1 ? 'Too many command line arguments.' : '';
    if (wrong !== '') {
      err(`${wrong}\n\n${help()}`);
      return 1;
    }
    demandFilters({ node, service, tag });
    // An agent that cannot be reached is told of before anything is sent.
    await explain('Error querying Consul agent', agentApi(http()).self());
    const fired = eventApi(http()).fire(name, args[0], { node, service, tag });
    const event = await explain('Error firing event', fired);
    out(json ? toJson(event) : `Event ID: ${event.ID}\n`);
    return 0;
  },
});
