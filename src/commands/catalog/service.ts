import { CliError, defineCommand, explain } from '../../cli/command.ts';
import { flag } from '../../cli/flags.ts';
import { columns, toJson } from '../../cli/format.ts';
import { catalogApi, healthApi } from '../../client/catalog.ts';
import type { ServiceEntry } from '../../client/types.ts';
import { joinHostPort } from '../../lib/host-port.ts';

const formats = ['pretty', 'json', 'address', 'hosts'] as const;

export default defineCommand({
  summary: 'Lists the instances of a service',
  usage: 'catalog service [options] SERVICE',
  description: `Prints where a service is to be found: its instances with node, address and tags.

With -format=address only HOST:PORT, one a line; with -format=hosts lines for /etc/hosts. The exit code is 1 when there is no such instance.`,
  examples: [
    ['catalog service web', 'All instances:'],
    ['catalog service -passing -format=address web', 'Addresses of those that are well, for a script:'],
    ['catalog service -tag=primary db', 'Those with a tag:'],
  ],
  http: 'all',
  flags: {
    filter: flag.string('Filter expression that instances must match, in the terms of the health endpoint.'),
    near: flag.string('Node to sort by distance from; `_agent` is the one asked.'),
    passing: flag.bool('Only instances all of whose checks pass.'),
    tag: flag.strings('Only instances with this tag.'),
    format: flag.string('Output format: `pretty`, `json`, `address` or `hosts`.', {
      initial: 'pretty',
      choices: formats,
    }),
  },
  flagsAnywhere: true,

  async run({ args, flags, out, http }) {
    const format = formats.find((name) => name === flags.format);
    if (format === undefined) throw new CliError(`Unknown format: ${flags.format}`);
    const [service, ...more] = args;
    if (service === undefined) throw new CliError('Missing SERVICE argument');
    if (more.length > 0) throw new CliError(`Too many arguments (expected 1, got ${args.length})`);
    const { filter, near, passing, tag } = flags;
    const connection = http();
    const failed = 'Error listing instances';
    const asked = healthApi(connection).service(service, { filter, near, passing, tags: tag });
    const { value } = await explain(failed, asked);
    if (format === 'json') out(toJson(value));
    if (value.length === 0) {
      const { value: all } = await explain(failed, catalogApi(connection).services());
      const known = Object.hasOwn(all, service);
      throw new CliError(known ? `No instance of ${service} matches` : `There is no service named ${service}`);
    }
    if (format === 'address')
      out(value.map((entry) => `${joinHostPort(hostOf(entry), entry.Service.Port)}\n`).join(''));
    if (format === 'hosts') out(columns(value.map((entry) => [hostOf(entry), entry.Node.Node, service])));
    if (format === 'pretty') out(columns(rows(value)));
  },
});

const hostOf = ({ Node, Service }: ServiceEntry): string => Service.Address || Node.Address;

const worst = ({ Checks }: ServiceEntry): string =>
  ['critical', 'warning'].find((state) => Checks.some(({ Status }) => Status === state)) ?? 'passing';

const rows = (entries: readonly ServiceEntry[]): string[][] => [
  ['Node', 'ID', 'Address', 'State', 'Tags'],
  ...entries.map((entry) => [
    entry.Node.Node,
    entry.Service.ID,
    joinHostPort(hostOf(entry), entry.Service.Port),
    worst(entry),
    (entry.Service.Tags ?? []).join(','),
  ]),
];
