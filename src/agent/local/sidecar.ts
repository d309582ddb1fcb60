/** The proxy beside a service, from the `sidecar_service` section of its definition. Pure. */
import { CheckType, ConnectProxyConfig, type NodeService, type ServiceDefinition } from '../../structs/catalog.ts';
import { make, zero } from '../../structs/make.ts';
import { BadRequest } from '../errors.ts';
import { registrationOf, type ServiceRegistration } from './definitions.ts';

export interface PortRange {
  /** Both 0: ports are not given out. */
  readonly min: number;
  readonly max: number;
}

const listenIntervalNs = 10e9;

export const sidecarIdOf = (serviceId: string): string => `${serviceId}-sidecar-proxy`;

/**
 * `others` are the services of this agent, whose ports are taken. Throws BadRequest when the section is wrong or no port is
 * left.
 */
export function sidecarRegistration(
  parent: NodeService,
  parentToken: string,
  section: ServiceDefinition,
  others: Iterable<NodeService>,
  range: PortRange,
): ServiceRegistration {
  const id = sidecarIdOf(parent.ID);
  const proxy = section.Proxy ?? zero(ConnectProxyConfig);
  const LocalServiceSocketPath = proxy.LocalServiceSocketPath || parent.SocketPath;
  const overSocket = LocalServiceSocketPath !== '';
  const definition: ServiceDefinition = {
    ...section,
    Kind: 'connect-proxy',
    ID: id,
    Name: section.Name || sidecarIdOf(parent.Service),
    Tags: section.Tags ?? parent.Tags,
    Meta: section.Meta ?? parent.Meta,
    Address: section.Address || parent.Address,
    Port: section.Port || freePort(id, others, range),
    Token: section.Token || parentToken,
    Proxy: {
      ...proxy,
      DestinationServiceName: parent.Service,
      DestinationServiceID: parent.ID,
      LocalServiceSocketPath,
      LocalServiceAddress: proxy.LocalServiceAddress || (overSocket ? '' : '127.0.0.1'),
      LocalServicePort: proxy.LocalServicePort > 0 || overSocket ? proxy.LocalServicePort : parent.Port,
    },
    Connect: null,
  };
  const { service, checks, token } = registrationOf(definition);
  return {
    service: { ...service, LocallyRegisteredAsSidecar: true },
    checks: checks.length > 0 ? checks : defaultChecks(service, parent.ID),
    token,
  };
}

/** That somebody listens, and that the service itself is well. */
function defaultChecks({ Address, Port, Proxy: proxy }: NodeService, parentId: string): CheckType[] {
  const host = Address || proxy.LocalServiceAddress || '127.0.0.1';
  return [
    make(CheckType, {
      Name: 'Connect Sidecar Listening',
      TCP: `${host.includes(':') ? `[${host}]` : host}:${Port}`,
      Interval: listenIntervalNs,
    }),
    make(CheckType, { Name: `Connect Sidecar Aliasing ${parentId}`, AliasService: parentId }),
  ];
}

/** The port that the sidecar has already, else the first that no service of this agent uses. */
function freePort(id: string, others: Iterable<NodeService>, { min, max }: PortRange): number {
  const taken = new Set<number>();
  for (const other of others) {
    if (other.ID === id && other.Port >= min && other.Port <= max) return other.Port;
    taken.add(other.Port);
  }
  if (min <= 0 || max <= 0) {
    throw new BadRequest(
      'no port provided for sidecar_service and none left in the configured range (auto-assignment disabled in config)',
    );
  }
  for (let port = min; port <= max; port++) if (!taken.has(port)) return port;
  throw new BadRequest(`no port provided for sidecar_service and none left in the configured range [${min}, ${max}]`);
}
