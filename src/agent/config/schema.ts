/**
 * Every configuration key, once: type, default, development default, flag, reload, help line. Flags, files, merging,
 * defaults, help texts and the reload rules all come from this table; `unsupported.ts` says what is not built yet.
 */

import type { Settings as SettingsOf } from './field.ts';
import {
  any,
  anyMap,
  anyMaps,
  block,
  blocks,
  bool,
  duration,
  durationMap,
  float,
  int,
  maybeBlock,
  str,
  stringMap,
  strings,
} from './field.ts';
import { check, service } from './schema-definitions.ts';

/** Words that files may use although nothing can change the value. */
const fixed = any('Fixed, cannot be changed');

const identity = {
  node_name: str('Name of this node. Must be unique in the cluster', { flag: 'node' }),
  node_id: str(
    'A unique ID for this node across space and time. Defaults to a random one that is kept in the data directory',
    { flag: 'node-id' },
  ),
  node_meta: stringMap('A metadata pair key:value for this node. Can be given several times', {
    flag: 'node-meta',
    reload: true,
  }),
  disable_host_node_id: bool('Do not derive the node ID from the host. Defaults to true', {
    flag: 'disable-host-node-id',
    default: true,
  }),
  datacenter: str('Datacenter of the agent', { flag: 'datacenter', default: 'dc1' }),
  primary_datacenter: str('Where ACLs, intentions and the CA are managed'),
  server: bool('Switches the agent to server mode', { flag: 'server', default: false, dev: true }),
  server_name: str('Name for TLS checks instead of the node name'),
  bootstrap: bool('Sets the server to bootstrap mode', { flag: 'bootstrap', default: false }),
  bootstrap_expect: int('Sets the server to expect so many servers before it bootstraps', {
    flag: 'bootstrap-expect',
    default: 0,
  }),
  data_dir: str('Path to a directory to store the agent state', { flag: 'data-dir', default: '' }),
  pid_file: str('Path to a file to store the process ID', { flag: 'pid-file', default: '' }),
  bind_addr: str('Sets the bind address for cluster communication', {
    flag: 'bind',
    default: '0.0.0.0',
    dev: '127.0.0.1',
  }),
  advertise_addr: str('Sets the advertise address to use', { flag: 'advertise' }),
  advertise_addr_ipv4: str('The advertise address when it is IPv4'),
  advertise_addr_ipv6: str('The advertise address when it is IPv6'),
  advertise_addr_wan: str('Sets the address to advertise on the WAN instead of the -advertise address', {
    flag: 'advertise-wan',
  }),
  advertise_addr_wan_ipv4: str('The WAN address when it is IPv4'),
  advertise_addr_wan_ipv6: str('The WAN address when it is IPv6'),
  advertise_reconnect_timeout: duration('How long others keep this client when it fails'),
  tagged_addresses: stringMap('Extra node addresses'),
  translate_wan_addrs: bool('Hand out WAN addresses for other datacenters', { default: false }),
  client_addr: str('Sets the address to bind for client access. This includes HTTP, DNS and gRPC', {
    flag: 'client',
    default: '127.0.0.1',
  }),
  addresses: block({
    dns: str('DNS listeners'),
    http: str('HTTP listeners'),
    https: str('HTTPS listeners'),
    grpc: str('gRPC listeners'),
  }),
  unix_sockets: block({
    user: str('Owner of the socket files', { default: '' }),
    group: str('Group of the socket files', { default: '' }),
    mode: str('Mode of the socket files, octal', { default: '' }),
  }),
  start_join: strings('Address of an agent to join at start time. Can be given several times', { flag: 'join' }),
  start_join_wan: strings('Address of an agent to join over the WAN at start time. Can be given several times', {
    flag: 'join-wan',
  }),
  retry_join: strings('Address of an agent to join at start time, with retries. Can be given several times', {
    flag: 'retry-join',
  }),
  retry_join_wan: strings(
    'Address of an agent to join over the WAN at start time, with retries. Can be given several times',
    { flag: 'retry-join-wan' },
  ),
  retry_interval: duration('Time to wait between tries to join', { flag: 'retry-interval', default: '30s' }),
  retry_interval_wan: duration('Time to wait between tries to join over the WAN', {
    flag: 'retry-interval-wan',
    default: '30s',
  }),
  retry_max: int('Maximum number of tries to join. Defaults to 0, which tries for ever', {
    flag: 'retry-max',
    default: 0,
  }),
  retry_max_wan: int('Maximum number of tries to join over the WAN. Defaults to 0, which tries for ever', {
    flag: 'retry-max-wan',
    default: 0,
  }),
  rejoin_after_leave: bool('Ignores a previous leave and joins the cluster again', { flag: 'rejoin', default: false }),
  leave_on_terminate: bool('Leave on TERM. Defaults to true on clients, false on servers'),
  skip_leave_on_interrupt: bool('Do not leave on INT. Defaults to false on clients, true on servers'),
  reconnect_timeout: duration('When failed members are forgotten', { default: '0s' }),
  reconnect_timeout_wan: duration('When failed WAN members are forgotten', { default: '0s' }),
  primary_gateways: strings(
    'Address of a mesh gateway of the primary datacenter, for the WAN federation of a secondary. Can be given several times',
    { flag: 'primary-gateway' },
  ),
  primary_gateways_interval: duration('Pause between tries to reach them', { default: '30s' }),
  protocol: int('Sets the gossip protocol version. Defaults to 2', { flag: 'protocol', default: 2 }),
  raft_protocol: int('Sets the Raft protocol version. Only 3 is supported', { flag: 'raft-protocol', default: 3 }),
  raft_snapshot_threshold: int('Log entries between snapshots', { default: 16384, reload: true }),
  raft_snapshot_interval: duration('How often the threshold is looked at', { default: '30s', reload: true }),
  raft_trailing_logs: int('Entries kept after a snapshot', { default: 10240, reload: true }),
  read_replica: bool('(Enterprise-only) The server does not vote', {
    flag: 'read-replica',
    enterprise: 'read_replica (or the deprecated non_voting_server)',
  }),
  non_voting_server: bool('(Enterprise-only) Older name of -read-replica', {
    flag: 'non-voting-server',
    oldNameOf: 'read_replica',
  }),
  segment: str('(Enterprise-only) Sets the network segment to join', { flag: 'segment', default: '' }),
  segments: blocks({
    name: str('Name of the segment', { default: '' }),
    bind: str('Address to bind'),
    port: int('Port', { default: 0 }),
    advertise: str('Address to advertise'),
    rpc_listener: bool('A listener of its own'),
  }),
  license_path: str('License file', { enterprise: 'license_path' }),
  license_poll_base_time: duration('Not for users'),
  license_poll_max_time: duration('Not for users'),
  license_update_base_time: duration('Not for users'),
  license_update_max_time: duration('Not for users'),
  audit: maybeBlock(
    {
      enabled: bool('Write an audit log'),
      sink: blocks({
        name: str('Name'),
        type: str('file'),
        format: str('json'),
        path: str('Where'),
        delivery_guarantee: str('best-effort'),
        mode: str('Mode of the file'),
        rotate_bytes: int('Rotate after so many bytes'),
        rotate_duration: duration('Rotate after so long'),
        rotate_max_files: int('Files kept'),
      }),
    },
    'audit',
  ),
  serf_lan: str('Address to bind for LAN gossip. Defaults to the -bind address', { flag: 'serf-lan-bind' }),
  serf_wan: str('Address to bind for WAN gossip. Defaults to the -bind address', { flag: 'serf-wan-bind' }),
  serf_lan_allowed_cidrs: strings('Network that may gossip on the LAN, as a CIDR. Can be given several times', {
    flag: 'serf-lan-allowed-cidrs',
  }),
  serf_wan_allowed_cidrs: strings('Network that may gossip on the WAN, as a CIDR. Can be given several times', {
    flag: 'serf-wan-allowed-cidrs',
  }),
  snapshot_agent: anyMap('Accepted for another program'),
};

const ports = {
  ports: block({
    dns: int('Sets the DNS port to listen on', { flag: 'dns-port', default: 8600 }),
    http: int('Sets the HTTP API port to listen on', { flag: 'http-port', default: 8500 }),
    https: int('Sets the HTTPS API port to listen on', { flag: 'https-port', default: -1 }),
    grpc: int('Sets the gRPC API port to listen on', { flag: 'grpc-port', default: -1, dev: 8502 }),
    server: int('Sets the server RPC port to listen on', { flag: 'server-port', default: 8300 }),
    serf_lan: int('Sets the Serf LAN port to listen on', { flag: 'serf-lan-port', default: 8301 }),
    serf_wan: int('Sets the Serf WAN port to listen on. -1 turns the WAN pool off', {
      flag: 'serf-wan-port',
      default: 8302,
    }),
    proxy_min_port: int('Not used any more', { default: 20000 }),
    proxy_max_port: int('Not used any more', { default: 20255 }),
    sidecar_min_port: int('First port for sidecars without one', { default: 21000 }),
    sidecar_max_port: int('Last port for sidecars without one', { default: 21255 }),
    expose_min_port: int('First port for exposed checks', { default: 21500 }),
    expose_max_port: int('Last port for exposed checks', { default: 21755 }),
  }),
};

const acl = {
  acl: block({
    enabled: bool('Turns ACLs on'),
    default_policy: str('allow or deny', { default: 'allow' }),
    down_policy: str('allow, deny, extend-cache or async-cache', { default: 'extend-cache' }),
    token_ttl: duration('How long tokens are cached', { default: '30s' }),
    policy_ttl: duration('How long policies are cached', { default: '30s' }),
    role_ttl: duration('How long roles are cached', { default: '0s' }),
    disabled_ttl: duration('Fixed, cannot be changed'),
    explain: bool('(ours) Refusals tell the caller why, in the header X-Tc-Acl-Reason', { default: false }),
    enable_key_list_policy: bool('`list` for keys becomes its own right', { default: false }),
    enable_token_replication: bool('Secondaries copy tokens', { default: false }),
    enable_token_persistence: bool('Tokens set over HTTP are kept in data_dir', { default: false }),
    tokens: block({
      default: str('Used when a request has none', { default: '', reload: true }),
      agent: str("The agent's own registrations", { default: '', reload: true }),
      agent_master: str("Local management rights on the agent's own endpoints", { default: '', reload: true }),
      master: str('Created with all rights by the leader of the primary', { default: '' }),
      replication: str('For replication', { default: '', reload: true }),
      managed_service_provider: blocks(
        { accessor_id: str('Accessor'), secret_id: str('Secret') },
        { enterprise: 'acl.tokens.managed_service_provider' },
      ),
    }),
    msp_disable_bootstrap: bool('(Enterprise-only)', { enterprise: 'acl.msp_disable_bootstrap' }),
  }),
  acl_datacenter: str('Older name of primary_datacenter, turns ACLs on', {
    oldNameOf: 'primary_datacenter',
    deprecated: "The 'acl_datacenter' field is deprecated. Use the 'primary_datacenter' field instead.",
  }),
  acl_default_policy: str('Older name', { oldNameOf: 'acl.default_policy' }),
  acl_down_policy: str('Older name', { oldNameOf: 'acl.down_policy' }),
  acl_ttl: duration('Older name', { oldNameOf: 'acl.token_ttl' }),
  acl_enable_key_list_policy: bool('Older name', { oldNameOf: 'acl.enable_key_list_policy' }),
  enable_acl_replication: bool('Older name', { oldNameOf: 'acl.enable_token_replication' }),
  acl_token: str('Older name', { oldNameOf: 'acl.tokens.default' }),
  acl_agent_token: str('Older name', { oldNameOf: 'acl.tokens.agent' }),
  acl_agent_master_token: str('Older name', { oldNameOf: 'acl.tokens.agent_master' }),
  acl_master_token: str('Older name', { oldNameOf: 'acl.tokens.master' }),
  acl_replication_token: str('Older name', { oldNameOf: 'acl.tokens.replication' }),
  acl_disabled_ttl: duration('No effect'),
  acl_enforce_version_8: bool('No effect', {
    deprecated: 'config key "acl_enforce_version_8" is deprecated and should be removed',
  }),
};

const tls = {
  ca_file: str('PEM file of accepted CAs', { default: '', reload: true }),
  ca_path: str('Directory of such files', { default: '', reload: true }),
  cert_file: str("The agent's certificate", { default: '', reload: true }),
  key_file: str('Its key', { default: '', reload: true }),
  verify_incoming: bool('Ask for client certificates', { default: false, reload: true }),
  verify_incoming_rpc: bool('The same for RPC alone', { default: false, reload: true }),
  verify_incoming_https: bool('The same for HTTPS alone', { default: false, reload: true }),
  verify_outgoing: bool('Use and check TLS for RPC', { default: false, reload: true }),
  verify_server_hostname: bool('Server certificates must carry server.DC.DOMAIN', { default: false, reload: true }),
  tls_min_version: str('tls10 to tls13', { default: 'tls12', reload: true }),
  tls_cipher_suites: str('Names, comma separated', { default: '', reload: true }),
  tls_prefer_server_cipher_suites: bool('The server chooses the cipher', { default: false, reload: true }),
  enable_agent_tls_for_checks: bool("Checks use the agent's certificate", { default: false }),
  auto_encrypt: block({
    tls: bool('Clients: get certificates from the servers', { default: false }),
    allow_tls: bool('Servers: give them', { default: false }),
    dns_san: strings('DNS names in the certificate'),
    ip_san: strings('IP addresses in the certificate'),
  }),
  auto_config: block({
    enabled: bool('Clients: get the configuration from the servers', { default: false }),
    intro_token: str('JWT', { default: '', env: 'CONSUL_INTRO_TOKEN' }),
    intro_token_file: str('File with the JWT', { default: '' }),
    server_addresses: strings('Where to ask'),
    dns_sans: strings('DNS names in the certificate'),
    ip_sans: strings('IP addresses in the certificate'),
    authorization: block({
      enabled: bool('Servers: hand out configurations', { default: false }),
      static: block({
        claim_assertions: strings('Claims a JWT must have'),
        allow_reuse: bool('A JWT may be used more than once', { default: false }),
        jwt_supported_algs: strings('Algorithms'),
        bound_audiences: strings('Audiences'),
        bound_issuer: str('Issuer', { default: '' }),
        claim_mappings: stringMap('Claims to metadata'),
        list_claim_mappings: stringMap('List claims to metadata'),
        oidc_discovery_url: str('URL', { default: '' }),
        oidc_discovery_ca_cert: str('PEM', { default: '' }),
        jwks_url: str('URL', { default: '' }),
        jwks_ca_cert: str('PEM', { default: '' }),
        jwt_validation_pub_keys: strings('PEM'),
        expiration_leeway: duration('Leeway', { default: '0s' }),
        not_before_leeway: duration('Leeway', { default: '0s' }),
        clock_skew_leeway: duration('Leeway', { default: '0s' }),
      }),
    }),
  }),
  encrypt: str('The gossip encryption key, base64', { flag: 'encrypt', default: '' }),
  encrypt_verify_incoming: bool('Refuse plain gossip', { default: true }),
  encrypt_verify_outgoing: bool('Encrypt own gossip', { default: true }),
  disable_keyring_file: bool('Do not keep the keyring on disk', {
    flag: 'disable-keyring-file',
    default: false,
    dev: true,
  }),
};

const definitions = {
  service: maybeBlock(service),
  services: blocks(service, { reload: true }),
  check: maybeBlock(check),
  checks: blocks(check, { reload: true }),
  watches: anyMaps('Watches with their handlers', { reload: true }),
  enable_script_checks: bool('Enables health check scripts from everywhere', {
    flag: 'enable-script-checks',
    default: false,
  }),
  enable_local_script_checks: bool('Enables health check scripts from configuration files', {
    flag: 'enable-local-script-checks',
  }),
  check_output_max_size: int('Sets the maximum output size of checks on this agent', {
    flag: 'check_output_max_size',
    default: 4096,
  }),
  check_update_interval: duration('How long output-only changes are held back', { default: '5m' }),
  discard_check_output: bool('Store no output', { default: false, reload: true }),
  enable_central_service_config: bool('Merge service-defaults and proxy-defaults', { default: true }),
  config_entries: block({ bootstrap: anyMaps('Entries the leader creates when missing', { reload: true }) }),
  disable_remote_exec: bool('Do not answer `exec`', { default: true }),
  session_ttl_min: duration('Lower bound of session TTLs', { default: '0s' }),
};

const connect = {
  connect: block({
    enabled: bool('Mesh features and the CA', { default: false, dev: true }),
    ca_provider: str('consul, vault or aws-pca', { default: '' }),
    ca_config: anyMap('Settings of the provider'),
    enable_mesh_gateway_wan_federation: bool('Federation through mesh gateways', { default: false }),
    test_ca_leaf_root_change_spread: fixed,
  }),
};

const dns = {
  domain: str('Domain to use for the DNS interface', { flag: 'domain', default: 'consul.' }),
  alt_domain: str('Alternate domain to use for the DNS interface', { flag: 'alt-domain', default: '' }),
  recursors: strings('Address of an upstream DNS server. Can be given several times', {
    flag: 'recursor',
    reload: true,
  }),
  dns_config: block({
    allow_stale: bool('Any server may answer', { default: true, reload: true }),
    max_stale: duration('Older answers go to the leader', { default: '87600h', reload: true }),
    node_ttl: duration('TTL of nodes', { default: '0s', reload: true }),
    service_ttl: durationMap('TTL by service name', { reload: true }),
    a_record_limit: int('Cap of A, AAAA and ANY answers', { default: 0, reload: true }),
    udp_answer_limit: int('Cap for UDP without EDNS', { default: 3, reload: true }),
    enable_truncate: bool('Set TC when something is left out', { default: false, reload: true }),
    disable_compression: bool('No name compression', { default: false, reload: true }),
    only_passing: bool('Leave out warning instances', { default: false, reload: true }),
    recursor_timeout: duration('Per upstream', { default: '2s', reload: true }),
    enable_additional_node_meta_txt: bool('TXT metadata in the additional section', { default: true, reload: true }),
    soa: block({
      refresh: int('Seconds', { default: 3600, reload: true }),
      retry: int('Seconds', { default: 600, reload: true }),
      expire: int('Seconds', { default: 86400, reload: true }),
      min_ttl: int('Seconds', { default: 0, reload: true }),
    }),
    use_cache: bool("Answer from the agent's cache", { default: false, reload: true }),
    cache_max_age: duration('Oldest cached answer', { default: '0s', reload: true }),
    prefer_namespace: bool('(Enterprise-only)', { enterprise: 'dns_config.prefer_namespace' }),
  }),
};

const http = {
  http_config: block({
    block_endpoints: strings('Path prefixes answered with 403'),
    allow_write_http_from: strings('Network that may call write endpoints, as a CIDR. Can be given several times', {
      flag: 'allow-write-http-from',
    }),
    response_headers: stringMap('Added to every answer'),
    use_cache: bool('Honour ?cached', { default: true }),
    max_header_bytes: int('Largest request header, 0 is 1 MiB', { default: 0 }),
  }),
  limits: block({
    http_max_conns_per_client: int('HTTP connections from one address', { default: 200, reload: true }),
    https_handshake_timeout: duration('For TLS', { default: '5s' }),
    rpc_handshake_timeout: duration('For TLS', { default: '5s' }),
    rpc_rate: float('Requests of this agent to servers, per second; -1 is no limit', { default: -1, reload: true }),
    rpc_max_burst: int('Requests at once', { default: 1000, reload: true }),
    rpc_max_conns_per_client: int('RPC connections from one address', { default: 100, reload: true }),
    kv_max_value_size: int('Bytes', { default: 524288 }),
    txn_max_req_len: int('Bytes', { default: 524288 }),
  }),
  default_query_time: duration('The time blocking queries wait unless they say so. Defaults to 300s', {
    flag: 'default-query-time',
    default: '300s',
  }),
  max_query_time: duration('The longest time blocking queries may wait. Defaults to 600s', {
    flag: 'max-query-time',
    default: '600s',
  }),
  disable_http_unprintable_char_filter: bool('Accept control characters in paths', { default: false }),
  ui_config: block({
    enabled: bool('Enables the built-in web UI', { flag: 'ui', default: false, dev: true }),
    dir: str('Path to a directory with the web UI', { flag: 'ui-dir', default: '' }),
    content_path: str('Sets the external UI path. Defaults to /ui/', { flag: 'ui-content-path', default: '/ui/' }),
    metrics_provider: str('Name of the metrics provider', { default: '', reload: true }),
    metrics_provider_files: strings('Its files', { reload: true }),
    metrics_provider_options_json: str('Its settings', { default: '', reload: true }),
    metrics_proxy: block({
      base_url: str('Where metrics are', { default: '', reload: true }),
      add_headers: blocks(
        { name: str('Name', { default: '' }), value: str('Value', { default: '' }) },
        { reload: true },
      ),
      path_allowlist: strings('Paths that are let through', { reload: true }),
    }),
    dashboard_url_templates: stringMap('Links to dashboards', { reload: true }),
  }),
  ui: bool('Older name', {
    oldNameOf: 'ui_config.enabled',
    deprecated: "The 'ui' field is deprecated. Use the 'ui_config.enabled' field instead.",
  }),
  ui_dir: str('Older name', {
    oldNameOf: 'ui_config.dir',
    deprecated: "The 'ui_dir' field is deprecated. Use the 'ui_config.dir' field instead.",
  }),
  ui_content_path: str('Older name', {
    oldNameOf: 'ui_config.content_path',
    deprecated: "The 'ui_content_path' field is deprecated. Use the 'ui_config.content_path' field instead.",
  }),
};

const operation = {
  performance: block({
    raft_multiplier: int('Scales the timeouts of Raft, 1 to 10', { default: 5, dev: 1 }),
    leave_drain_time: duration('Wait before a leaving server stops', { default: '5s' }),
    rpc_hold_timeout: duration('Retry time while there is no leader', { default: '7s' }),
  }),
  autopilot: block({
    cleanup_dead_servers: bool('Remove failed servers', { default: true }),
    last_contact_threshold: duration('Healthy below', { default: '200ms' }),
    max_trailing_logs: int('Healthy below', { default: 250 }),
    min_quorum: int('Never below so many servers', { default: 0 }),
    server_stabilization_time: duration('Healthy so long before a vote', { default: '10s' }),
    redundancy_zone_tag: str('(Enterprise-only)', { enterprise: 'autopilot.redundancy_zone_tag' }),
    disable_upgrade_migration: bool('(Enterprise-only)', { enterprise: 'autopilot.disable_upgrade_migration' }),
    upgrade_version_tag: str('(Enterprise-only)', { enterprise: 'autopilot.upgrade_version_tag' }),
  }),
  gossip_lan: block({
    gossip_nodes: int('Receivers of a round', { default: 3 }),
    gossip_interval: duration('Pause between rounds', { default: '200ms', dev: '100ms' }),
    probe_interval: duration('Pause between probes', { default: '1s', dev: '100ms' }),
    probe_timeout: duration('For the direct answer', { default: '500ms', dev: '100ms' }),
    suspicion_mult: int('Scales the time to refute', { default: 4, dev: 3 }),
    retransmit_mult: int('Scales the number of transmissions', { default: 4 }),
  }),
  gossip_wan: block({
    gossip_nodes: int('Receivers of a round', { default: 3 }),
    gossip_interval: duration('Pause between rounds', { default: '500ms', dev: '100ms' }),
    probe_interval: duration('Pause between probes', { default: '5s', dev: '100ms' }),
    probe_timeout: duration('For the direct answer', { default: '3s', dev: '100ms' }),
    suspicion_mult: int('Scales the time to refute', { default: 6, dev: 3 }),
    retransmit_mult: int('Scales the number of transmissions', { default: 4 }),
  }),
  cache: block({
    entry_fetch_max_burst: int('Fetches of one entry at once, after a pause', { default: 2, reload: true }),
    entry_fetch_rate: float('Fetches of one entry per second, no limit unless given', { reload: true }),
  }),
  use_streaming_backend: bool('Health blocking queries over streams', { default: true }),
  rpc: block({ enable_streaming: bool('Serve streams. Defaults to true on servers') }),
  disable_coordinates: bool('No network coordinates', { default: false }),
  discovery_max_stale: duration('Stale service discovery for requests that ask for nothing', { default: '0s' }),
  log_level: str('Log level of the agent: trace, debug, info, warn or err', {
    flag: 'log-level',
    default: 'INFO',
    dev: 'DEBUG',
    reload: true,
  }),
  log_json: bool('Output logs in JSON format', { flag: 'log-json', default: false }),
  log_file: str('Path to the file the logs get written to', { flag: 'log-file', default: '' }),
  log_rotate_bytes: int('Maximum number of bytes in a log file', { flag: 'log-rotate-bytes', default: 0 }),
  log_rotate_duration: duration('Time after which a log file is rotated', {
    flag: 'log-rotate-duration',
    default: '0s',
  }),
  log_rotate_max_files: int('Maximum number of old log files to keep', { flag: 'log-rotate-max-files', default: 0 }),
  enable_syslog: bool('Enables logging to syslog', { flag: 'syslog', default: false }),
  syslog_facility: str('Facility of syslog', { default: 'LOCAL0' }),
  enable_debug: bool('Profiling endpoints', { default: false, dev: true }),
  disable_update_check: bool('No daily version check', { default: false }),
  disable_anonymous_signature: bool('Anonymous version check', { default: false, dev: true }),
  telemetry: block({
    statsd_address: str('Sink', { default: '' }),
    statsite_address: str('Sink', { default: '' }),
    dogstatsd_addr: str('Sink', { default: '' }),
    dogstatsd_tags: strings('Tags for every metric'),
    circonus_api_token: str('Circonus', { default: '' }),
    circonus_api_app: str('Circonus', { default: '' }),
    circonus_api_url: str('Circonus', { default: '' }),
    circonus_submission_interval: str('Circonus', { default: '' }),
    circonus_submission_url: str('Circonus', { default: '' }),
    circonus_check_id: str('Circonus', { default: '' }),
    circonus_check_force_metric_activation: str('Circonus', { default: '' }),
    circonus_check_instance_id: str('Circonus', { default: '' }),
    circonus_check_search_tag: str('Circonus', { default: '' }),
    circonus_check_tags: str('Circonus', { default: '' }),
    circonus_check_display_name: str('Circonus', { default: '' }),
    circonus_broker_id: str('Circonus', { default: '' }),
    circonus_broker_select_tag: str('Circonus', { default: '' }),
    prometheus_retention_time: duration('How long the Prometheus sink keeps a metric, 0 is off', { default: '0s' }),
    metrics_prefix: str('First word of every name', { default: 'consul' }),
    disable_hostname: bool('No host name in the names of gauges', { default: false }),
    filter_default: bool('What no rule names is kept', { default: true }),
    prefix_filter: strings('+name and -name rules', { reload: true }),
    'disable_compat_1.9': bool('Drop the names of 1.9', { default: false }),
  }),
};

const fixedWords = {
  ae_interval: fixed,
  check_reap_interval: fixed,
  check_deregister_interval_min: fixed,
  sync_coordinate_interval_min: fixed,
  sync_coordinate_rate_target: fixed,
  segment_limit: fixed,
  segment_name_limit: fixed,
  consul: block({
    coordinate: block({ update_batch_size: fixed, update_max_batches: fixed, update_period: fixed }),
    raft: block({ election_timeout: fixed, heartbeat_timeout: fixed, leader_lease_timeout: fixed }),
    server: block({ health_interval: fixed }),
  }),
  revision: fixed,
  version: fixed,
  version_prerelease: fixed,
};

export const schema = {
  ...identity,
  ...ports,
  ...acl,
  ...tls,
  ...definitions,
  ...connect,
  ...dns,
  ...http,
  ...operation,
  ...fixedWords,
};

/** The merged configuration with defaults filled in, still in the words of the files (durations are texts). */
export type Settings = SettingsOf<typeof schema>;
