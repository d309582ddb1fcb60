/** The rows of service, check and proxy definitions, which appear in several places of the configuration. */

import type { Field } from './field.ts';
import { any, anyMap, blockMap, blocks, bool, duration, int, maybeBlock, str, stringMap, strings } from './field.ts';

const headers = {
  type: { kind: 'map', of: { kind: 'list', of: { kind: 'string' } } },
  doc: 'Headers of the request',
} as Field<Readonly<Record<string, readonly string[]>>, true>;

export const check = {
  id: str('Id, the name unless given'),
  name: str('Name'),
  notes: str('Remarks for people'),
  service_id: str('The service this check belongs to', { aliases: ['serviceid'] }),
  token: str('Token for the registration'),
  status: str('State before the first run'),
  args: strings('Script and its arguments', { aliases: ['scriptargs'] }),
  http: str('URL to ask'),
  header: headers,
  method: str('Method of the HTTP request'),
  body: str('Body of the HTTP request'),
  tcp: str('host:port to connect to'),
  grpc: str('host:port/service to ask'),
  grpc_use_tls: bool('TLS for gRPC'),
  h2ping: str('host:port to ping over HTTP/2'),
  docker_container_id: str('Container the script runs in', { aliases: ['dockercontainerid'] }),
  shell: str('Shell inside the container'),
  alias_node: str('Node whose state is mirrored'),
  alias_service: str('Service whose state is mirrored'),
  interval: duration('Pause between runs'),
  timeout: duration('Longest run'),
  ttl: duration('Time within which the application has to report'),
  tls_server_name: str('Name in the certificate'),
  tls_skip_verify: bool('Do not verify certificates', { aliases: ['tlsskipverify'] }),
  output_max_size: int('Bytes of output kept'),
  success_before_passing: int('Successes in a row before passing'),
  failures_before_critical: int('Failures in a row before critical'),
  deregister_critical_service_after: duration('Removes the service after so long in critical', {
    aliases: ['deregistercriticalserviceafter'],
  }),
};

const meshGateway = maybeBlock({ mode: str('none, local or remote') });

const upstream = {
  destination_type: str('service or prepared_query'),
  destination_name: str('Name of the destination'),
  destination_namespace: str('Namespace of the destination'),
  datacenter: str('Datacenter of the destination'),
  local_bind_address: str('Address of the local listener'),
  local_bind_port: int('Port of the local listener'),
  local_bind_socket_path: str('Socket of the local listener'),
  local_bind_socket_mode: str('Mode of that socket'),
  config: anyMap('Free settings of the proxy'),
  mesh_gateway: meshGateway,
};

const proxy = {
  destination_service_name: str('The service that is proxied'),
  destination_service_id: str('Its instance'),
  local_service_address: str('Where the application listens'),
  local_service_port: int('Where the application listens'),
  local_service_socket_path: str('Where the application listens'),
  mode: str('direct or transparent'),
  transparent_proxy: maybeBlock({
    outbound_listener_port: int('Port for redirected traffic'),
    dialed_directly: bool('Instances are dialed by address'),
  }),
  config: anyMap('Free settings of the proxy'),
  upstreams: blocks(upstream),
  mesh_gateway: meshGateway,
  expose: maybeBlock({
    checks: bool('Expose the paths of the checks'),
    port: int('Port of these listeners'),
    paths: blocks({
      path: str('Path that is exposed'),
      listener_port: int('Port of the listener'),
      local_path_port: int('Port of the application'),
      protocol: str('http or http2'),
    }),
  }),
};

const plainService = {
  id: str('Id, the name unless given'),
  name: str('Name'),
  tags: strings('Tags'),
  address: str('Address, that of the node unless given'),
  port: int('Port'),
  socket_path: str('Unix socket'),
  meta: stringMap('Metadata'),
  tagged_addresses: blockMap({ address: str('Address'), port: int('Port') }),
  weights: maybeBlock({ passing: int('Weight while passing'), warning: int('Weight while warning') }),
  enable_tag_override: bool('Others may change the tags'),
  token: str('Token for the registration'),
  kind: str('connect-proxy, mesh-gateway, …'),
  check: maybeBlock(check),
  checks: blocks(check),
  proxy: maybeBlock(proxy),
};

export const service = {
  ...plainService,
  connect: maybeBlock({
    native: bool('The application speaks Connect itself'),
    sidecar_service: maybeBlock({ ...plainService, connect: any('Not allowed in a sidecar') }),
  }),
};
