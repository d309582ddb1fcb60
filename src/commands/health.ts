import { CliError, defineCommand, explain } from '../cli/command.ts';
import { flag, formatFlag } from '../cli/flags.ts';
import { toJson, wantsJson } from '../cli/format.ts';
import { checksReport, exitCodeOf, type Report, reportText, serviceReport, unknownExit } from '../cli/health-report.ts';
import { catalogApi, healthApi } from '../client/catalog.ts';

export default defineCommand({
  summary: 'Tells how well a service, a node or the datacenter is',
  usage: 'health [options] [SERVICE]',
  description: `Counts states and lists the checks that do not pass: those of a service, with -node those of a node, or all of the datacenter.

The exit code is 0 when all pass, 1 for a warning, 2 when something is critical or the service has no instance, 3 when it could not be found out: what monitoring systems expect of a plugin.`,
  examples: [
    ['health', 'The datacenter:'],
    ['health web', 'One service:'],
    ['health -min-passing=2 web && ./deploy-next.sh', 'Only go on while two instances are well:'],
    ['health -node=web-1', 'One node:'],
  ],
  http: 'all',
  badFlagsExit: unknownExit,
  flags: {
    'min-passing': flag.int('The service counts as well when this many of its instances pass.'),
    node: flag.string('Name of a node, instead of a service.'),
    tag: flag.strings('Only instances with this tag.'),
    format: formatFlag,
  },
  flagsAnywhere: true,

  async run({ args, flags, out, http }) {
    try {
      const json = wantsJson(flags.format);
      if (args.length > 1) throw new CliError(`Too many arguments (expected 1, got ${args.length})`);
      const [service] = args;
      const { node, tag, 'min-passing': enough } = flags;
      if (service !== undefined && node !== '') throw new CliError('Either a service or -node may be given, not both');
      if (service === undefined && (enough > 0 || tag.length > 0)) {
        throw new CliError('-min-passing and -tag need a service');
      }
      const connection = http();
      const health = healthApi(connection);
      const report = async (): Promise<Report> => {
        if (service !== undefined) {
          const { value } = await health.service(service, { tags: tag });
          return serviceReport(service, value, enough > 0 ? enough : undefined);
        }
        if (node !== '') {
          const { value } = await health.node(node);
          if (value.length === 0 && (await catalogApi(connection).node(node)).value === null) {
            throw new CliError(`There is no node named ${node}`);
          }
          return checksReport(node, value);
        }
        return checksReport('all', (await health.state('any')).value);
      };
      const { state, summary, troubles } = await explain('Error querying health', report());
      out(
        json
          ? toJson({ State: state, Summary: summary, Troubles: troubles })
          : reportText({ state, summary, troubles }),
      );
      return exitCodeOf(state);
    } catch (error) {
      throw error instanceof CliError ? new CliError(error.message, unknownExit, error.cause) : error;
    }
  },
});
