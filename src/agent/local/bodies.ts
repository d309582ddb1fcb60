/** Registrations as JSON: the fields that bodies may have, under all the names by which they may be called. */
import { JsonObject, type JsonValue, parseFirst } from '../../lib/go-json/index.ts';
import {
  CheckType,
  ConnectProxyConfig,
  ServiceAddress,
  type ServiceDefinition,
  Weights,
} from '../../structs/catalog.ts';
import { decodeJsonValue } from '../../structs/json-decode.ts';
import { bool, int64, jsonStruct, lazy, map, ptr, type Schema, slice, str, struct } from '../../structs/schema.ts';
import { CheckDefinition } from './definitions.ts';

/** Other names of fields, in lower case, and the fields (in lower case too) that have some inside. */
interface Aliases {
  readonly names: Readonly<Record<string, string>>;
  readonly inside: () => Readonly<Record<string, Aliases>>;
}

const none = (): Readonly<Record<string, Aliases>> => ({});

const checkNames = {
  args: 'ScriptArgs',
  script_args: 'ScriptArgs',
  deregister_critical_service_after: 'DeregisterCriticalServiceAfter',
  docker_container_id: 'DockerContainerID',
  tls_server_name: 'TLSServerName',
  tls_skip_verify: 'TLSSkipVerify',
};
const checkTypeAliases: Aliases = { names: checkNames, inside: none };
const checkDefinitionAliases: Aliases = { names: { ...checkNames, service_id: 'ServiceID' }, inside: none };

const upstreamAliases: Aliases = {
  names: {
    destination_type: 'DestinationType',
    destination_namespace: 'DestinationNamespace',
    destination_name: 'DestinationName',
    local_bind_address: 'LocalBindAddress',
    local_bind_port: 'LocalBindPort',
    local_bind_socket_path: 'LocalBindSocketPath',
    local_bind_socket_mode: 'LocalBindSocketMode',
    mesh_gateway: 'MeshGateway',
  },
  inside: none,
};
const exposePathAliases: Aliases = {
  names: { listener_port: 'ListenerPort', local_path_port: 'LocalPathPort', parsed_from_check: 'ParsedFromCheck' },
  inside: none,
};
const proxyAliases: Aliases = {
  names: {
    destination_service_name: 'DestinationServiceName',
    destination_service_id: 'DestinationServiceID',
    local_service_address: 'LocalServiceAddress',
    local_service_port: 'LocalServicePort',
    local_service_socket_path: 'LocalServiceSocketPath',
    transparent_proxy: 'TransparentProxy',
    mesh_gateway: 'MeshGateway',
  },
  inside: () => ({
    upstreams: upstreamAliases,
    expose: { names: {}, inside: () => ({ paths: exposePathAliases }) },
    transparentproxy: {
      names: { outbound_listener_port: 'OutboundListenerPort', dialed_directly: 'DialedDirectly' },
      inside: none,
    },
  }),
};
const serviceAliases: Aliases = {
  names: { enable_tag_override: 'EnableTagOverride', tagged_addresses: 'TaggedAddresses' },
  inside: () => ({
    check: checkTypeAliases,
    checks: checkTypeAliases,
    proxy: proxyAliases,
    connect: { names: { sidecar_service: 'SidecarService' }, inside: () => ({ sidecarservice: serviceAliases }) },
  }),
};

/** The same document under the fields' own names. Where both are given, the own name counts. */
function withOwnNames(value: JsonValue, aliases: Aliases): JsonValue {
  if (Array.isArray(value)) return value.map((element) => withOwnNames(element, aliases));
  if (!(value instanceof JsonObject)) return value;
  const inside = aliases.inside();
  const given = new Set(value.members.map(([key]) => key.toLowerCase()));
  const members: (readonly [string, JsonValue])[] = [];
  for (const [key, member] of value.members) {
    const lower = key.toLowerCase();
    const own = Object.hasOwn(aliases.names, lower) ? aliases.names[lower]! : key;
    if (own !== key && given.has(own.toLowerCase())) continue;
    const deeper = own.toLowerCase();
    members.push([own, Object.hasOwn(inside, deeper) ? withOwnNames(member, inside[deeper]!) : member]);
  }
  return new JsonObject(members);
}

const strict = { unmarshaler: 'strict' } as const;
const CheckTypeBody = jsonStruct(CheckType, { ...strict, goType: 'structs.CheckType' });
const ProxyBody = jsonStruct(ConnectProxyConfig, strict);

const ServiceConnectBody = jsonStruct(
  struct('ServiceConnect', {
    Native: bool,
    SidecarService: ptr(lazy((): Schema<ServiceDefinition> => ServiceBody)),
  }),
  strict,
);

const ServiceBody: Schema<ServiceDefinition> = jsonStruct(
  struct('ServiceDefinition', {
    Kind: str,
    ID: str,
    Name: str,
    Tags: slice(str),
    Address: str,
    TaggedAddresses: map(ServiceAddress),
    Meta: map(str),
    Port: int64,
    SocketPath: str,
    Check: CheckTypeBody,
    Checks: slice(CheckTypeBody),
    Weights: ptr(Weights),
    Token: str,
    EnableTagOverride: bool,
    Proxy: ptr(ProxyBody),
    Connect: ptr(ServiceConnectBody),
  }),
  {
    ...strict,
    goType:
      'struct { EnableTagOverrideSnake bool "json:\\"enable_tag_override\\""; TaggedAddressesSnake map[string]structs.ServiceAddress "json:\\"tagged_addresses\\""; *structs.Alias }',
  },
);

const CheckBody = jsonStruct(CheckDefinition, strict);

/** The body of `agent/service/register`. Throws JsonError. */
export const decodeService = (body: Uint8Array): ServiceDefinition =>
  decodeJsonValue(ServiceBody, withOwnNames(parseFirst(body), serviceAliases));

/** The body of `agent/check/register`. Throws JsonError. */
export const decodeCheck = (body: Uint8Array): CheckDefinition =>
  decodeJsonValue(CheckBody, withOwnNames(parseFirst(body), checkDefinitionAliases));
