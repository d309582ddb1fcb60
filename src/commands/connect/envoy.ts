import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { CliError, defineCommand, explain } from '../../cli/command.ts';
import { AddressError, parseHostPort } from '../../cli/connect/addresses.ts';
import { bootstrapExtras } from '../../cli/connect/bootstrap-extras.ts';
import { type EnvoyBootstrap, envoyBootstrap } from '../../cli/connect/envoy-bootstrap.ts';
import { gatewayKinds, registerGateway } from '../../cli/connect/gateway.ts';
import { runEnvoy, versionOf } from '../../cli/connect/run-envoy.ts';
import { sidecarFor } from '../../cli/connect/sidecar.ts';
import { flag } from '../../cli/flags.ts';
import { toJson } from '../../cli/format.ts';
import { namespaceFlag } from '../../cli/namespace.ts';
import { agentApi } from '../../client/agent.ts';
import { type AgentServiceEntry, type ConnectApi, connectApi } from '../../client/connect.ts';
import type { ClientOptions } from '../../client/settings.ts';
import type { AgentSelf } from '../../client/types.ts';
import { systemText } from '../../lib/system-text.ts';

const defaultGrpcPort = 8502;

export default defineCommand({
  summary: 'Runs or configures Envoy for the service mesh',
  usage: 'connect envoy [options]',
  description: `Makes the document with which an Envoy starts as the proxy of a service or as a gateway, and starts it. With -bootstrap the document is printed and nothing is started.

Envoy then gets its listeners from the agent by xDS. Consul's agents serve that; those of tc do not yet: use \`connect proxy\` with them.`,
  examples: [
    ['connect envoy -sidecar-for web', 'The proxy of a service of this agent:'],
    ['connect envoy -gateway=mesh -register -address 10.0.0.1:8443', 'A mesh gateway:'],
    ['connect envoy -sidecar-for web -bootstrap > bootstrap.json', 'The document alone:'],
  ],
  http: 'agent',
  flags: {
    'sidecar-for': flag.string('Id of the service whose proxy this is.'),
    'proxy-id': flag.string('Id of the proxy. CONNECT_PROXY_ID does the same.'),
    gateway: flag.string('A gateway: mesh, terminating or ingress.'),
    'mesh-gateway': flag.bool('Older form of -gateway=mesh.'),
    bootstrap: flag.bool('Print the document and start nothing.'),
    'envoy-binary': flag.string('Program to run. Default: envoy, from the PATH.'),
    'envoy-version': flag.string('Version of Envoy. Default: what the program says.'),
    'admin-bind': flag.string('Where Envoy is administered, as host:port.', { initial: 'localhost:19000' }),
    'admin-access-log-path': flag.string('File for requests to the administration.', { initial: '/dev/null' }),
    'grpc-addr': flag.string(
      'Where the agent serves xDS, as host:port or unix://PATH. CONSUL_GRPC_ADDR does the same. Default: as the agent says.',
    ),
    'no-central-config': flag.bool("Do not look at the proxy's settings."),
    'omit-deprecated-tags': flag.bool('Leave out the names of statistics of before Consul 1.9.'),
    'prometheus-backend-port': flag.string("Port of a backend that merges Envoy's metrics with others."),
    'prometheus-scrape-path': flag.string('Path at which metrics are scraped.', { initial: '/metrics' }),
    register: flag.bool('Register the gateway first.'),
    service: flag.string('Name to register it by. Default: its kind.'),
    address: flag.string('Where it is reached, as host:port.'),
    'wan-address': flag.string('Where it is reached from other datacenters, as host:port.'),
    'bind-address': flag.pairs('Address to listen on, under a name.', '<name>=<ip>:<port>'),
    'expose-servers': flag.bool('The servers are reached through this mesh gateway.'),
    'deregister-after-critical': flag.string('How long it may be critical before it is taken out.', { initial: '6h' }),
    namespace: namespaceFlag,
  },

  async run({ args, flags, env, out, err, http, clientOptions, interrupted }) {
    const kind = gatewayKind(flags.gateway, flags['mesh-gateway']);
    const connection = http();
    const api = connectApi(connection);
    let proxyId = flags['proxy-id'] || (flags['sidecar-for'] === '' ? (env['CONNECT_PROXY_ID'] ?? '') : '');
    if (flags.register) {
      if (kind === '') throw new CliError('Auto-Registration can only be used for gateways');
      const name = flags.service || kind;
      proxyId ||= name;
      await registerGateway(connection, {
        kind,
        id: proxyId,
        name,
        address: flags.address,
        wanAddress: flags['wan-address'],
        bindAddresses: flags['bind-address'],
        exposeServers: flags['expose-servers'],
        deregisterAfter: flags['deregister-after-critical'],
      });
      if (!flags.bootstrap) out(`Registered service: ${name}\n`);
    }
    if (flags['sidecar-for'] !== '') proxyId = await sidecarFor(api, flags['sidecar-for']);
    if (proxyId === '' && kind !== '') proxyId = await gatewayOf(api, kind);
    if (proxyId === '') {
      throw new CliError('No proxy ID specified. One of -proxy-id, -sidecar-for, or -gateway is required');
    }
    const program = flags['envoy-binary'] || 'envoy';
    const admin = await placeOf(flags['admin-bind']);
    const service = await explain('failed fetch proxy config from local agent', api.service(proxyId));
    const self = await explain('failed to fetch agent config', agentApi(connection).self());
    const options = clientOptions();
    const agent = await xdsPlace(flags['grpc-addr'] || env['CONSUL_GRPC_ADDR'] || '', self);
    const settings = flags['no-central-config'] ? {} : (service.Proxy?.Config ?? {});
    const document: EnvoyBootstrap = {
      cluster: clusterOf(service),
      proxyId,
      datacenter: self.Config.Datacenter,
      namespace: 'default',
      envoyVersion: flags['envoy-version'] || (flags.bootstrap ? '' : await versionOf(program)),
      token: tokenOf(options),
      admin: { accessLogPath: flags['admin-access-log-path'], address: admin.address, port: admin.port },
      agent: agent.place,
      agentCa: agent.tls && options.caFile !== undefined ? read(options.caFile) : '',
      withOlderTags: !flags['omit-deprecated-tags'],
      prometheus: { port: flags['prometheus-backend-port'] },
      extras: bootstrapExtras(settings),
    };
    const text = toJson(envoyBootstrap(document), '  ');
    if (flags.bootstrap) return out(text);
    return runEnvoy({ program, document: text, args, env, err, signal: interrupted() });
  },
});

function gatewayKind(word: string, older: boolean): string {
  if (older && word !== '') {
    throw new CliError('The mesh-gateway flag is deprecated and cannot be used alongside the gateway flag');
  }
  if (older) return 'mesh-gateway';
  if (word === '') return '';
  const kind = Object.hasOwn(gatewayKinds, word) ? gatewayKinds[word] : undefined;
  if (kind === undefined) throw new CliError('Gateway must be one of: terminating, mesh, or ingress');
  return kind;
}

async function gatewayOf(api: ConnectApi, kind: string): Promise<string> {
  const services = Object.values(await explain('Failed looking up gateway info', api.services()));
  const ids = services.filter((service) => service.Kind === kind).map(({ ID }) => ID);
  if (ids.length === 1) return ids[0]!;
  if (ids.length === 0) throw new CliError(`No ${kind} services registered with this agent`);
  throw new CliError(`Cannot lookup the local ${kind}: ${ids.length} are registered. Use -proxy-id with one of ${ids}`);
}

/** The service that is proxied; gateways stand for themselves. */
const clusterOf = (entry: AgentServiceEntry): string => entry.Proxy?.DestinationServiceName || entry.Service;

/** Envoy wants addresses, not names. */
async function placeOf(text: string): Promise<{ readonly address: string; readonly port: number }> {
  try {
    const { host, port } = parseHostPort(text);
    return { address: await resolve(host), port };
  } catch (error) {
    if (error instanceof AddressError) throw new CliError(`Invalid Consul HTTP address: ${error.message}`);
    throw error;
  }
}

async function resolve(host: string): Promise<string> {
  if (host === '' || host === 'localhost') return '127.0.0.1';
  try {
    return (await lookup(host)).address;
  } catch (error) {
    throw new CliError(`Failed to resolve "${host}": ${systemText(error)}`);
  }
}

async function xdsPlace(
  written: string,
  { DebugConfig }: AgentSelf,
): Promise<{ readonly place: EnvoyBootstrap['agent']; readonly tls: boolean }> {
  const path = /^unix:(?:\/\/)?(.*)$/.exec(written)?.[1];
  if (path !== undefined) return { place: { path }, tls: false };
  const told = Number(DebugConfig?.['GRPCPort'] ?? 0);
  const text = written || `127.0.0.1:${told > 0 ? told : defaultGrpcPort}`;
  return { place: await placeOf(text.replace(/^https?:\/\//, '')), tls: text.startsWith('https://') };
}

function tokenOf({ token = '', tokenFile }: ClientOptions): string {
  return tokenFile === undefined ? token : read(tokenFile).trim();
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliError(`Error loading ${path}: ${systemText(error)}`);
  }
}
