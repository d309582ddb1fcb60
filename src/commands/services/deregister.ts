import { CliError, defineCommand, explain } from '../../cli/command.ts';
import { flag, formatFlag } from '../../cli/flags.ts';
import { toJson, wantsJson } from '../../cli/format.ts';
import { namespaceFlag } from '../../cli/namespace.ts';
import { servicesFrom } from '../../cli/service-files.ts';
import { agentServicesApi } from '../../client/agent-services.ts';

export default defineCommand({
  summary: 'Deregister services with the local agent',
  usage: 'services deregister [options] [FILE...]',
  description:
    'Takes one service given by its id, or all services that the files define, off the agent where they were registered. Services of the configuration of the agent itself come back with its next reload.',
  examples: [
    ['services deregister -id=web', 'Deregister a service:'],
    ['services deregister web.json', 'Deregister what a file defines:'],
  ],
  http: 'all',
  flags: { id: flag.string('Id of the service.'), namespace: namespaceFlag, format: formatFlag },

  async run({ args, flags, out, err, http }) {
    const json = wantsJson(flags.format);
    if (args.length === 0 && flags.id === '') {
      throw new CliError('Service deregistration requires at least one argument or -id.');
    }
    if (args.length > 0 && flags.id !== '') {
      throw new CliError('Service deregistration requires arguments or -id, not both.');
    }
    const services = args.length > 0 ? await servicesFrom(args, err) : [{ id: flags.id, name: '' }];
    const api = agentServicesApi(http());
    for (const { id, name } of services) {
      await explain(`Error registering service "${name}"`, api.deregister(id));
      if (!json) out(`Deregistered service: ${id}\n`);
    }
    if (json) out(toJson({ Deregistered: services.map(({ id }) => id) }));
  },
});
