/** Services and checks as they are defined, and what becomes of a definition in the catalog. Pure. */
import { formatDuration } from '../../lib/duration.ts';
import { parseIp } from '../../lib/sockaddr/ip.ts';
import {
  CheckType,
  ConnectProxyConfig,
  HealthCheck,
  NodeService,
  type ServiceAddress,
  ServiceConnect,
  type ServiceDefinition,
} from '../../structs/catalog.ts';
import { dictOf } from '../../structs/dict.ts';
import { make, zero } from '../../structs/make.ts';
import { bool, dur, type Infer, int64, map, slice, str, struct } from '../../structs/schema.ts';
import { faultList, isAnyAddress, kindFaults, serviceMetaFault, weightsFault } from '../../structs/service-faults.ts';
import { checkFault, checkKind, describesCheck, isStatus } from '../checks/definition.ts';
import { BadRequest } from '../errors.ts';

/** Where a definition came from: those of files follow the files, the others are kept in the data directory. */
export type Origin = 'config' | 'api';

/** A check of its own, as `agent/check/register` and configuration files define it. Fields in Consul's order. */
export const CheckDefinition = struct('CheckDefinition', {
  ID: str,
  Name: str,
  Notes: str,
  ServiceID: str,
  Token: str,
  Status: str,
  ScriptArgs: slice(str),
  HTTP: str,
  H2PING: str,
  Header: map(slice(str)),
  Method: str,
  Body: str,
  TCP: str,
  Interval: dur,
  DockerContainerID: str,
  Shell: str,
  GRPC: str,
  GRPCUseTLS: bool,
  TLSServerName: str,
  TLSSkipVerify: bool,
  AliasNode: str,
  AliasService: str,
  Timeout: dur,
  TTL: dur,
  SuccessBeforePassing: int64,
  FailuresBeforeCritical: int64,
  DeregisterCriticalServiceAfter: dur,
  OutputMaxSize: int64,
});
export type CheckDefinition = Infer<typeof CheckDefinition>;

export interface ServiceRegistration {
  readonly service: NodeService;
  readonly checks: readonly CheckType[];
  readonly token: string;
}

export interface CheckRegistration {
  readonly check: HealthCheck;
  readonly type: CheckType;
  readonly token: string;
}

/** The service that a definition describes. Throws BadRequest. The sidecar in it is the business of `sidecar.ts`. */
export function registrationOf(definition: ServiceDefinition): ServiceRegistration {
  if (definition.Name === '') throw new BadRequest('Missing service name');
  if (isAnyAddress(definition.Address)) throw new BadRequest('Invalid service address');
  const service = nodeServiceOf(definition);
  demand(prefixed('Invalid Service Meta', serviceMetaFault(service)));
  demand(prefixed('Invalid Weights', weightsFault(service)));
  demand(faultList(kindFaults({ ...service, Connect: { ...service.Connect, ...sidecarOf(definition) } })));
  const checks = [...(describesCheck(definition.Check) ? [definition.Check] : []), ...(definition.Checks ?? [])];
  for (const check of checks) {
    demand(prefixed('Invalid check', checkFault(check)));
    if (check.Status !== '' && !isStatus(check.Status)) {
      throw new BadRequest("Status for checks must 'passing', 'warning', 'critical'");
    }
  }
  return { service, checks, token: definition.Token };
}

const sidecarOf = ({ Connect }: ServiceDefinition): Pick<ServiceConnect, 'SidecarService'> => ({
  SidecarService: Connect === null ? null : Connect.SidecarService,
});

function nodeServiceOf(definition: ServiceDefinition): NodeService {
  const { Name, ID, Weights, Proxy: proxy, Connect } = definition;
  return make(NodeService, {
    Kind: definition.Kind,
    ID: ID || Name,
    Service: Name,
    Tags: definition.Tags,
    Address: definition.Address,
    TaggedAddresses: withOwnAddress(definition),
    Meta: definition.Meta,
    Port: definition.Port,
    SocketPath: definition.SocketPath,
    Weights: Weights ?? { Passing: 1, Warning: 1 },
    EnableTagOverride: definition.EnableTagOverride,
    Proxy: proxy === null ? zero(ConnectProxyConfig) : withUpstreamTypes(proxy),
    Connect: make(ServiceConnect, { Native: Connect?.Native ?? false }),
  });
}

/** What an upstream leads to is a service unless it says otherwise. */
const withUpstreamTypes = (proxy: ConnectProxyConfig): ConnectProxyConfig => ({
  ...proxy,
  Upstreams:
    proxy.Upstreams === null
      ? null
      : proxy.Upstreams.map((upstream) => ({
          ...upstream,
          DestinationType: upstream.DestinationType || 'service',
        })),
});

/** An address of a service is also its tagged address of that family, near and far. */
export function withOwnAddress({
  Address,
  Port,
  TaggedAddresses,
}: Pick<ServiceDefinition, 'Address' | 'Port' | 'TaggedAddresses'>): Record<string, ServiceAddress> | null {
  const ip = parseIp(Address);
  if (ip === undefined) return TaggedAddresses;
  const family = ip.length === 4 ? 'ipv4' : 'ipv6';
  const own = { Address, Port };
  return dictOf([[`lan_${family}`, own], [`wan_${family}`, own], ...Object.entries(TaggedAddresses ?? {})]);
}

/** The checks of a service as the catalog shows them. */
export function serviceChecks(node: string, { service, checks, token }: ServiceRegistration): CheckRegistration[] {
  return checks.map((type, i) => ({
    type,
    token,
    check: make(HealthCheck, {
      Node: node,
      CheckID: type.CheckID || `service:${service.ID}${checks.length > 1 ? `:${i + 1}` : ''}`,
      Name: type.Name || `Service '${service.Service}' check`,
      Status: type.Status || 'critical',
      Notes: type.Notes,
      ServiceID: service.ID,
      ServiceName: service.Service,
      ServiceTags: service.Tags,
      Type: checkKind(type),
    }),
  }));
}

/** The check that a definition describes; its service's name and tags are filled in later. Throws BadRequest. */
export function checkRegistrationOf(node: string, definition: CheckDefinition, origin: Origin): CheckRegistration {
  const { ID, Name, ServiceID, Token, Status, Notes, Interval, Timeout, ...rest } = definition;
  if (Name === '') throw new BadRequest('Missing check name');
  if (Status !== '' && !isStatus(Status)) throw new BadRequest('Bad check status');
  const type = make(CheckType, { ...rest, CheckID: ID || Name, Name, Status, Notes, Interval, Timeout });
  demand(prefixed('Invalid check', checkFault(type)));
  const check = make(HealthCheck, {
    Node: node,
    CheckID: type.CheckID,
    Name,
    Status: Status || 'critical',
    Notes,
    ServiceID,
    Type: origin === 'api' ? checkKind(type) : '',
    Interval: formatDuration(Interval),
    Timeout: formatDuration(Timeout),
  });
  return { check, type, token: Token };
}

const prefixed = (what: string, fault: string | null): string | null => (fault === null ? null : `${what}: ${fault}`);

function demand(fault: string | null): void {
  if (fault !== null) throw new BadRequest(fault);
}
