import { CliError, defineCommand, explain } from '../../cli/command.ts';
import { flag, formatFlag } from '../../cli/flags.ts';
import { toJson, wantsJson } from '../../cli/format.ts';
import { type ConfigEntry, configApi } from '../../client/config.ts';
import { statusOf } from '../../client/errors.ts';
import { intentionsApi } from '../../client/intentions.ts';

interface IngressService {
  readonly Name: string;
  readonly Hosts?: readonly string[] | null;
}
interface Listener {
  readonly Port: number;
  readonly Protocol: string;
  readonly Services: readonly IngressService[] | null;
}
interface Ingress extends ConfigEntry {
  readonly Listeners: readonly Listener[] | null;
}

export default defineCommand({
  summary: 'Expose a service of the mesh through an ingress gateway',
  usage: 'connect expose [options]',
  description:
    "Adds a service to a listener of an ingress gateway's config entry, and an intention that lets the gateway talk to it.",
  examples: [
    ['connect expose -service=web -ingress-gateway=edge -port=8888', 'web behind port 8888 of the gateway edge:'],
  ],
  http: 'all',
  flags: {
    service: flag.string('Service to expose. Required.'),
    'ingress-gateway': flag.string('Service of the gateway. Required.'),
    port: flag.int('Port of the listener. Required.'),
    protocol: flag.string('Protocol of the listener: tcp, http, http2 or grpc.', { initial: 'tcp' }),
    host: flag.strings('Host name by which requests are for this service; not with tcp.'),
    format: formatFlag,
  },

  async run({ flags, out, http }) {
    const json = wantsJson(flags.format);
    const say = (text: string): void => {
      if (!json) out(text);
    };
    const { service, 'ingress-gateway': gateway, port, protocol, host: hosts } = flags;
    if (service === '') throw new CliError('A service name must be given via the -service flag.');
    if (gateway === '') throw new CliError('An ingress gateway service must be given via the -ingress-gateway flag.');
    if (port === 0) throw new CliError('A port must be provided via the -port flag.');
    const connection = http();
    const config = configApi(connection);
    const found = await explain('Error fetching existing ingress gateway configuration', entryOf(config, gateway));
    const entry = withService(found, { service, port, protocol, hosts }, say);
    const written = await explain(
      'Error writing ingress config entry',
      config.set(entry, { cas: String(found.ModifyIndex ?? 0) }),
    );
    if (!written) throw new CliError('Ingress config entry was changed while attempting to update, please try again.');
    say(`Successfully updated config entry for ingress service "${gateway}"\n`);

    const intentions = intentionsApi(connection);
    const ends = `"${gateway}" -> "${service}"`;
    const old = await explain('Error looking up existing intention', intentions.exact(gateway, service));
    const done = (IntentionCreated: boolean): string =>
      toJson({ IngressGateway: gateway, Service: service, Port: port, IntentionCreated });
    if (old?.Action === 'allow') return out(json ? done(false) : `Intention already exists for ${ends}\n`);
    if (old !== null) throw new CliError(`Error creating intention: there is one already that denies ${ends}`);
    await explain(
      'Error creating intention',
      intentions.setExact({ SourceName: gateway, DestinationName: service, SourceType: 'consul', Action: 'allow' }),
    );
    out(json ? done(true) : `Successfully set up intention for ${ends}\n`);
  },
});

async function entryOf(config: ReturnType<typeof configApi>, name: string): Promise<Ingress> {
  try {
    return (await config.get('ingress-gateway', name)).value as Ingress;
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    return { Kind: 'ingress-gateway', Name: name, Listeners: null };
  }
}

interface Wanted {
  readonly service: string;
  readonly port: number;
  readonly protocol: string;
  readonly hosts: readonly string[];
}

/** The entry with the service on the listener of this port, which is made where there is none. */
function withService(entry: Ingress, wanted: Wanted, out: (text: string) => void): Ingress {
  const { service, port, protocol, hosts } = wanted;
  const added: IngressService = { Name: service, ...(hosts.length > 0 && { Hosts: hosts }) };
  const listeners = entry.Listeners ?? [];
  const listener = listeners.find(({ Port }) => Port === port);
  if (listener === undefined) {
    return { ...entry, Listeners: [...listeners, { Port: port, Protocol: protocol, Services: [added] }] };
  }
  if (listener.Protocol !== protocol) {
    throw new CliError(
      `Listener on port ${port} already configured with conflicting protocol ${JSON.stringify(listener.Protocol)}`,
    );
  }
  const services = listener.Services ?? [];
  const at = services.findIndex(({ Name }) => Name === service);
  if (at >= 0) out(`Updating service definition for "${service}" on listener with port ${port}\n`);
  const Services = at >= 0 ? services.with(at, added) : [...services, added];
  return { ...entry, Listeners: listeners.map((one) => (one === listener ? { ...one, Services } : one)) };
}
