import { CliError, defineCommand, explain } from '../../cli/command.ts';
import { flag, formatFlag } from '../../cli/flags.ts';
import { toJson, wantsJson } from '../../cli/format.ts';
import { namespaceFlag } from '../../cli/namespace.ts';
import { servicesFrom } from '../../cli/service-files.ts';
import { agentServicesApi } from '../../client/agent-services.ts';

export default defineCommand({
  summary: 'Register services with the local agent',
  usage: 'services register [options] [FILE...]',
  description: `Registers one service given by flags, or all services that the files define. Files are configuration files of an agent, in JSON or HCL.

The agent keeps the services until they are deregistered, also over a restart.`,
  examples: [
    ['services register -name=web -port=8080 -tag=v1', 'Register a service by flags:'],
    ['services register web.json redis.hcl', 'Register what files define:'],
  ],
  http: 'all',
  flags: {
    id: flag.string('Id of the service. Default: its name.'),
    name: flag.string('Name of the service.'),
    address: flag.string('Address of the service. Default: that of the node.'),
    port: flag.int('Port of the service.'),
    socket: flag.string('Path of the unix socket of the service.'),
    tag: flag.strings('Tag of the service.'),
    meta: flag.pairs('Metadata of the service as key=value.'),
    'tagged-address': flag.pairs('Address under a name, as name=host:port.'),
    kind: flag.string('Kind of the service: connect-proxy, mesh-gateway and so on.'),
    namespace: namespaceFlag,
    format: formatFlag,
  },

  async run({ args, flags, out, err, http }) {
    const json = wantsJson(flags.format);
    if (args.length === 0 && flags.name === '') {
      throw new CliError('Service registration requires at least one argument or flags.');
    }
    if (args.length > 0 && (flags.name !== '' || flags.id !== '')) {
      throw new CliError('Service registration requires arguments or -id, not both.');
    }
    const services = args.length > 0 ? await servicesFrom(args, err) : [{ name: flags.name, body: fromFlags(flags) }];
    const api = agentServicesApi(http());
    for (const { name, body } of services) {
      await explain(`Error registering service "${name}"`, api.register(body));
      if (!json) out(`Registered service: ${name}\n`);
    }
    if (json) out(toJson({ Registered: services.map(({ name }) => name) }));
  },
});

interface ServiceFlags {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly socket: string;
  readonly tag: readonly string[];
  readonly meta: Readonly<Record<string, string>>;
  readonly 'tagged-address': Readonly<Record<string, string>>;
  readonly kind: string;
}

function fromFlags(flags: ServiceFlags): object {
  const tagged = Object.entries(flags['tagged-address']).map(([name, text]) => [name, taggedAddress(text)]);
  return {
    ...(flags.kind !== '' && { Kind: flags.kind }),
    ...(flags.id !== '' && { ID: flags.id }),
    Name: flags.name,
    ...(flags.tag.length > 0 && { Tags: flags.tag }),
    ...(flags.port !== 0 && { Port: flags.port }),
    ...(flags.address !== '' && { Address: flags.address }),
    ...(flags.socket !== '' && { SocketPath: flags.socket }),
    ...(tagged.length > 0 && { TaggedAddresses: Object.fromEntries(tagged) }),
    ...(Object.keys(flags.meta).length > 0 && { Meta: flags.meta }),
  };
}

/** `host:port`, an IPv6 address in brackets. */
function taggedAddress(text: string): object {
  const refuse = (why: string): CliError => new CliError(`Invalid Tagged Address: ${why}`);
  const colon = text.lastIndexOf(':');
  if (colon < 0 || text.endsWith(']')) throw refuse(`address ${text}: missing port in address`);
  const host = text.slice(0, colon);
  const port = text.slice(colon + 1);
  const bracketed = host.startsWith('[') && host.endsWith(']');
  if (!bracketed && host.includes(':')) throw refuse(`address ${text}: too many colons in address`);
  if (!/^[+-]?\d+$/.test(port)) throw refuse(`strconv.Atoi: parsing ${JSON.stringify(port)}: invalid syntax`);
  return { Address: bracketed ? host.slice(1, -1) : host, Port: Number(port) };
}
