/** Services and checks of configuration files as definitions. Pure. */
import { parseDuration } from '../../lib/duration.ts';
import {
  CheckType,
  ConnectProxyConfig,
  ExposeConfig,
  ExposePath,
  MeshGatewayConfig,
  ServiceConnect,
  ServiceDefinition,
  TransparentProxyConfig,
  Upstream,
} from '../../structs/catalog.ts';
import { dictOf } from '../../structs/dict.ts';
import { make, zero } from '../../structs/make.ts';
import type { Settings } from '../config/schema.ts';
import { CheckDefinition } from './definitions.ts';

type ConfiguredService = Settings['services'][number];
type ConfiguredCheck = Settings['checks'][number];
type ConfiguredProxy = NonNullable<ConfiguredService['proxy']>;
/** A sidecar's section is a service but for the sections that it must not have. */
type AnyService = Omit<ConfiguredService, 'connect'> & { readonly connect?: unknown };

export const checkOf = (check: ConfiguredCheck): CheckDefinition =>
  make(CheckDefinition, {
    ...commonOf(check),
    ID: check.id ?? '',
    ServiceID: check.service_id ?? '',
    Token: check.token ?? '',
  });

const checkTypeOf = (check: ConfiguredCheck): CheckType =>
  make(CheckType, { ...commonOf(check), CheckID: check.id ?? '' });

const nsOf = (text: string | undefined): number => (text === undefined || text === '' ? 0 : parseDuration(text));

function commonOf(check: ConfiguredCheck) {
  return {
    Name: check.name ?? '',
    Notes: check.notes ?? '',
    Status: check.status ?? '',
    ScriptArgs: check.args.length > 0 ? [...check.args] : null,
    HTTP: check.http ?? '',
    H2PING: check.h2ping ?? '',
    Header: listsOf(check.header),
    Method: check.method ?? '',
    Body: check.body ?? '',
    TCP: check.tcp ?? '',
    Interval: nsOf(check.interval),
    DockerContainerID: check.docker_container_id ?? '',
    Shell: check.shell ?? '',
    GRPC: check.grpc ?? '',
    GRPCUseTLS: check.grpc_use_tls ?? false,
    TLSServerName: check.tls_server_name ?? '',
    TLSSkipVerify: check.tls_skip_verify ?? false,
    AliasNode: check.alias_node ?? '',
    AliasService: check.alias_service ?? '',
    Timeout: nsOf(check.timeout),
    TTL: nsOf(check.ttl),
    SuccessBeforePassing: check.success_before_passing ?? 0,
    FailuresBeforeCritical: check.failures_before_critical ?? 0,
    DeregisterCriticalServiceAfter: nsOf(check.deregister_critical_service_after),
    OutputMaxSize: check.output_max_size ?? 0,
  };
}

function listsOf(header: Readonly<Record<string, readonly string[]>>): Record<string, string[] | null> | null {
  const entries = Object.entries(header);
  return entries.length === 0 ? null : dictOf(entries.map(([name, values]) => [name, [...values]]));
}

export function serviceOf(service: AnyService): ServiceDefinition {
  const connect = service.connect as ConfiguredService['connect'];
  const sidecar = connect?.sidecar_service;
  return make(ServiceDefinition, {
    Kind: service.kind ?? '',
    ID: service.id ?? '',
    Name: service.name ?? '',
    Tags: listOrNull(service.tags),
    Address: service.address ?? '',
    TaggedAddresses: taggedOf(service.tagged_addresses),
    Meta: mapOrNull(service.meta),
    Port: service.port ?? 0,
    SocketPath: service.socket_path ?? '',
    Check: service.check === undefined ? zero(CheckType) : checkTypeOf(service.check),
    Checks: service.checks.length === 0 ? null : service.checks.map(checkTypeOf),
    Weights:
      service.weights === undefined
        ? null
        : { Passing: service.weights.passing ?? 1, Warning: service.weights.warning ?? 1 },
    Token: service.token ?? '',
    EnableTagOverride: service.enable_tag_override ?? false,
    Proxy: service.proxy === undefined ? null : proxyOf(service.proxy),
    Connect:
      connect === undefined
        ? null
        : make(ServiceConnect, {
            Native: connect.native ?? false,
            SidecarService: sidecar === undefined ? null : serviceOf(sidecar),
          }),
  });
}

function proxyOf(proxy: ConfiguredProxy): ConnectProxyConfig {
  const { transparent_proxy: transparent, expose, mesh_gateway: gateway } = proxy;
  return make(ConnectProxyConfig, {
    DestinationServiceName: proxy.destination_service_name ?? '',
    DestinationServiceID: proxy.destination_service_id ?? '',
    LocalServiceAddress: proxy.local_service_address ?? '',
    LocalServicePort: proxy.local_service_port ?? 0,
    LocalServiceSocketPath: proxy.local_service_socket_path ?? '',
    Mode: proxy.mode ?? '',
    Config: mapOrNull(proxy.config),
    Upstreams: proxy.upstreams.length === 0 ? null : proxy.upstreams.map(upstreamOf),
    MeshGateway: make(MeshGatewayConfig, { Mode: gateway?.mode ?? '' }),
    Expose: make(ExposeConfig, {
      Checks: expose?.checks ?? false,
      Paths:
        expose === undefined || expose.paths.length === 0
          ? null
          : expose.paths.map((path) =>
              make(ExposePath, {
                ListenerPort: path.listener_port ?? 0,
                Path: path.path ?? '',
                LocalPathPort: path.local_path_port ?? 0,
                Protocol: path.protocol ?? '',
              }),
            ),
    }),
    TransparentProxy: make(TransparentProxyConfig, {
      OutboundListenerPort: transparent?.outbound_listener_port ?? 0,
      DialedDirectly: transparent?.dialed_directly ?? false,
    }),
  });
}

const upstreamOf = (upstream: ConfiguredProxy['upstreams'][number]): Upstream =>
  make(Upstream, {
    DestinationType: upstream.destination_type ?? '',
    DestinationNamespace: upstream.destination_namespace ?? '',
    DestinationName: upstream.destination_name ?? '',
    Datacenter: upstream.datacenter ?? '',
    LocalBindAddress: upstream.local_bind_address ?? '',
    LocalBindPort: upstream.local_bind_port ?? 0,
    LocalBindSocketPath: upstream.local_bind_socket_path ?? '',
    LocalBindSocketMode: upstream.local_bind_socket_mode ?? '',
    Config: mapOrNull(upstream.config),
    MeshGateway: make(MeshGatewayConfig, { Mode: upstream.mesh_gateway?.mode ?? '' }),
  });

function taggedOf(tagged: ConfiguredService['tagged_addresses']) {
  const entries = Object.entries(tagged);
  if (entries.length === 0) return null;
  return dictOf(entries.map(([name, { address, port }]) => [name, { Address: address ?? '', Port: port ?? 0 }]));
}

const listOrNull = (list: readonly string[]): string[] | null => (list.length === 0 ? null : [...list]);
const mapOrNull = <T>(map: Readonly<Record<string, T>>): Record<string, T> | null =>
  Object.keys(map).length === 0 ? null : dictOf(Object.entries(map));
