/** The DebugConfig of `/v1/agent/self`: every setting under the name Consul gives it there, secrets hidden. */
import { formatDurationMs } from '../../lib/duration.ts';
import { joinHostPort } from '../../lib/host-port.ts';
import type { ResolvedAddresses } from './addresses.ts';
import { parseCipherSuites } from './cipher-suites.ts';
import type { Config } from './config.ts';
import { definitionsDebug } from './debug-definitions.ts';
import { durationMs } from './problems.ts';
import type { Settings } from './schema.ts';

/** Stands for a secret whether it is set or not. */
const hidden = 'hidden';

/** A duration as Go prints it, however it was written. */
const text = (duration: string | undefined): string => formatDurationMs(durationMs(duration ?? '0s'));

export function debugView(
  settings: Settings,
  config: Config,
  addresses: ResolvedAddresses,
  version: string,
): Readonly<Record<string, unknown>> {
  const view: Record<string, unknown> = {
    ...aclView(settings, config),
    ...addressView(settings, config, addresses),
    ...clusterView(settings, config, addresses),
    ...securityView(settings),
    ...definitionsView(settings),
    ...dnsView(settings),
    ...httpView(settings, config),
    ...operationView(settings, config),
    ...fixedView(config),
    Revision: '',
    Version: version,
    VersionPrerelease: '',
  };
  return Object.fromEntries(Object.entries(view).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function aclView({ acl }: Settings, config: Config) {
  return {
    ACLDatacenter: config.primaryDatacenter,
    ACLDefaultPolicy: acl.default_policy,
    ACLDisabledTTL: '2m0s',
    ACLDownPolicy: acl.down_policy,
    ACLEnableKeyListPolicy: acl.enable_key_list_policy,
    ACLMasterToken: hidden,
    ACLPolicyTTL: text(acl.policy_ttl),
    ACLRoleTTL: text(acl.role_ttl),
    ACLTokenReplication: acl.enable_token_replication,
    ACLTokenTTL: text(acl.token_ttl),
    ACLTokens: {
      ACLAgentMasterToken: hidden,
      ACLAgentToken: hidden,
      ACLDefaultToken: hidden,
      ACLReplicationToken: hidden,
      EnablePersistence: acl.enable_token_persistence,
      EnterpriseConfig: {},
    },
    ACLsEnabled: config.acl.enabled,
  };
}

const tcp = (ip: string, port: number): string => `tcp://${joinHostPort(ip, port)}`;
const tcpAll = (hostPorts: readonly string[]): string[] =>
  hostPorts.map((address) => (address.startsWith('unix://') ? address : `tcp://${address}`));

function addressView(settings: Settings, config: Config, addresses: ResolvedAddresses) {
  const { ports } = config;
  return {
    AdvertiseAddrLAN: addresses.advertise,
    AdvertiseAddrWAN: addresses.advertiseWan,
    BindAddr: addresses.bind,
    ClientAddrs: addresses.clients,
    ConnectSidecarMaxPort: settings.ports.sidecar_max_port,
    ConnectSidecarMinPort: settings.ports.sidecar_min_port,
    DNSAddrs: config.dnsAddrs.flatMap((address) => [`tcp://${address}`, `udp://${address}`]),
    DNSPort: ports.dns,
    ExposeMaxPort: settings.ports.expose_max_port,
    ExposeMinPort: settings.ports.expose_min_port,
    GRPCAddrs: tcpAll(config.grpcAddrs),
    GRPCPort: ports.grpc,
    HTTPAddrs: tcpAll(config.httpAddrs),
    HTTPPort: ports.http,
    HTTPSAddrs: tcpAll(config.httpsAddrs),
    HTTPSPort: ports.https,
    RPCAdvertiseAddr: tcp(addresses.advertise, ports.server),
    RPCBindAddr: tcp(addresses.bind, ports.server),
    SerfAdvertiseAddrLAN: tcp(addresses.advertise, ports.serfLan),
    SerfAdvertiseAddrWAN: ports.serfWan === -1 ? '' : tcp(addresses.advertiseWan, ports.serfWan),
    SerfAllowedCIDRsLAN: settings.serf_lan_allowed_cidrs,
    SerfAllowedCIDRsWAN: settings.serf_wan_allowed_cidrs,
    SerfBindAddrLAN: tcp(addresses.serfLan, ports.serfLan),
    SerfBindAddrWAN: ports.serfWan === -1 ? '' : tcp(addresses.serfWan, ports.serfWan),
    SerfPortLAN: ports.serfLan,
    SerfPortWAN: ports.serfWan,
    ServerPort: ports.server,
    TaggedAddresses: addresses.tagged,
    TranslateWANAddrs: config.translateWanAddrs,
    UnixSocketGroup: settings.unix_sockets.group,
    UnixSocketMode: settings.unix_sockets.mode,
    UnixSocketUser: settings.unix_sockets.user,
  };
}

function clusterView(settings: Settings, config: Config, addresses: ResolvedAddresses) {
  const { autopilot, gossip_lan: lan, gossip_wan: wan } = settings;
  return {
    AdvertiseReconnectTimeout: text(settings.advertise_reconnect_timeout),
    AutopilotCleanupDeadServers: autopilot.cleanup_dead_servers,
    AutopilotDisableUpgradeMigration: autopilot.disable_upgrade_migration ?? false,
    AutopilotLastContactThreshold: text(autopilot.last_contact_threshold),
    AutopilotMaxTrailingLogs: autopilot.max_trailing_logs,
    AutopilotMinQuorum: autopilot.min_quorum,
    AutopilotRedundancyZoneTag: autopilot.redundancy_zone_tag ?? '',
    AutopilotServerStabilizationTime: text(autopilot.server_stabilization_time),
    AutopilotUpgradeVersionTag: autopilot.upgrade_version_tag ?? '',
    Bootstrap: config.bootstrap,
    BootstrapExpect: config.bootstrapExpect,
    ConsulRaftElectionTimeout: formatDurationMs(config.raft.electionTimeoutMs),
    ConsulRaftHeartbeatTimeout: formatDurationMs(config.raft.heartbeatTimeoutMs),
    ConsulRaftLeaderLeaseTimeout: formatDurationMs(config.raft.leaderLeaseTimeoutMs),
    DataDir: config.dataDir,
    Datacenter: config.datacenter,
    DevMode: config.devMode,
    DisableCoordinates: settings.disable_coordinates,
    DisableHostNodeID: settings.disable_host_node_id,
    DisableKeyringFile: settings.disable_keyring_file,
    GossipLANGossipInterval: text(lan.gossip_interval),
    GossipLANGossipNodes: lan.gossip_nodes,
    GossipLANProbeInterval: text(lan.probe_interval),
    GossipLANProbeTimeout: text(lan.probe_timeout),
    GossipLANRetransmitMult: lan.retransmit_mult,
    GossipLANSuspicionMult: lan.suspicion_mult,
    GossipWANGossipInterval: text(wan.gossip_interval),
    GossipWANGossipNodes: wan.gossip_nodes,
    GossipWANProbeInterval: text(wan.probe_interval),
    GossipWANProbeTimeout: text(wan.probe_timeout),
    GossipWANRetransmitMult: wan.retransmit_mult,
    GossipWANSuspicionMult: wan.suspicion_mult,
    LeaveDrainTime: text(settings.performance.leave_drain_time),
    LeaveOnTerm: config.leaveOnTerm,
    NodeID: config.nodeId,
    NodeMeta: config.nodeMeta,
    NodeName: config.nodeName,
    PidFile: config.pidFile,
    PrimaryDatacenter: config.primaryDatacenter,
    PrimaryGateways: settings.primary_gateways,
    PrimaryGatewaysInterval: text(settings.primary_gateways_interval),
    RPCHoldTimeout: text(settings.performance.rpc_hold_timeout),
    RPCProtocol: settings.protocol,
    RaftProtocol: settings.raft_protocol,
    RaftSnapshotInterval: text(settings.raft_snapshot_interval),
    RaftSnapshotThreshold: settings.raft_snapshot_threshold,
    RaftTrailingLogs: settings.raft_trailing_logs,
    ReadReplica: settings.read_replica ?? false,
    ReconnectTimeoutLAN: text(settings.reconnect_timeout),
    ReconnectTimeoutWAN: text(settings.reconnect_timeout_wan),
    RejoinAfterLeave: settings.rejoin_after_leave,
    RetryJoinIntervalLAN: text(settings.retry_interval),
    RetryJoinIntervalWAN: text(settings.retry_interval_wan),
    RetryJoinLAN: addresses.retryJoin.map(withoutSecrets),
    RetryJoinMaxAttemptsLAN: settings.retry_max,
    RetryJoinMaxAttemptsWAN: settings.retry_max_wan,
    RetryJoinWAN: addresses.retryJoinWan.map(withoutSecrets),
    SegmentName: settings.segment,
    Segments: [],
    ServerMode: config.server,
    SkipLeaveOnInt: config.skipLeaveOnInt,
    StartJoinAddrsLAN: addresses.startJoin,
    StartJoinAddrsWAN: addresses.startJoinWan,
  };
}

function securityView(settings: Settings) {
  const { auto_config: auto, auto_encrypt } = settings;
  const { static: jwt } = auto.authorization;
  const ciphers = parseCipherSuites(settings.tls_cipher_suites);
  return {
    AutoConfig: {
      Authorizer: {
        AllowReuse: jwt.allow_reuse,
        AuthMethod: {
          ACLAuthMethodEnterpriseFields: {},
          Config: {
            BoundAudiences: nullIfEmpty(jwt.bound_audiences),
            BoundIssuer: jwt.bound_issuer,
            ClaimMappings: nullIfEmpty(jwt.claim_mappings),
            ClockSkewLeeway: durationMs(jwt.clock_skew_leeway) * 1e6,
            ExpirationLeeway: durationMs(jwt.expiration_leeway) * 1e6,
            JWKSCACert: jwt.jwks_ca_cert,
            JWKSURL: jwt.jwks_url,
            JWTSupportedAlgs: nullIfEmpty(jwt.jwt_supported_algs),
            JWTValidationPubKeys: nullIfEmpty(jwt.jwt_validation_pub_keys),
            ListClaimMappings: nullIfEmpty(jwt.list_claim_mappings),
            NotBeforeLeeway: durationMs(jwt.not_before_leeway) * 1e6,
            OIDCDiscoveryCACert: jwt.oidc_discovery_ca_cert,
            OIDCDiscoveryURL: jwt.oidc_discovery_url,
          },
          Description: '',
          DisplayName: '',
          EnterpriseMeta: {},
          MaxTokenTTL: '0s',
          Name: 'Auto Config Authorizer',
          RaftIndex: { CreateIndex: 0, ModifyIndex: 0 },
          TokenLocality: '',
          Type: 'jwt',
        },
        ClaimAssertions: jwt.claim_assertions,
        Enabled: auto.authorization.enabled,
      },
      DNSSANs: auto.dns_sans,
      Enabled: auto.enabled,
      IPSANs: auto.ip_sans,
      IntroToken: hidden,
      IntroTokenFile: auto.intro_token_file,
      ServerAddresses: auto.server_addresses,
    },
    AutoEncryptAllowTLS: auto_encrypt.allow_tls,
    AutoEncryptDNSSAN: auto_encrypt.dns_san,
    AutoEncryptIPSAN: auto_encrypt.ip_san,
    AutoEncryptTLS: auto_encrypt.tls,
    CAFile: settings.ca_file,
    CAPath: settings.ca_path,
    CertFile: settings.cert_file,
    EnableAgentTLSForChecks: settings.enable_agent_tls_for_checks,
    EncryptKey: hidden,
    EncryptVerifyIncoming: settings.encrypt_verify_incoming,
    EncryptVerifyOutgoing: settings.encrypt_verify_outgoing,
    KeyFile: hidden,
    ServerName: settings.server_name ?? '',
    TLSCipherSuites: 'suites' in ciphers ? ciphers.suites.map(({ number }) => number) : [],
    TLSMinVersion: settings.tls_min_version,
    TLSPreferServerCipherSuites: settings.tls_prefer_server_cipher_suites,
    VerifyIncoming: settings.verify_incoming,
    VerifyIncomingHTTPS: settings.verify_incoming_https,
    VerifyIncomingRPC: settings.verify_incoming_rpc,
    VerifyOutgoing: settings.verify_outgoing,
    VerifyServerHostname: settings.verify_server_hostname,
  };
}

function definitionsView(settings: Settings) {
  return {
    ...definitionsDebug(settings),
    CheckOutputMaxSize: settings.check_output_max_size,
    CheckUpdateInterval: text(settings.check_update_interval),
    ConfigEntryBootstrap: settings.config_entries.bootstrap,
    ConnectCAConfig: withoutSecretFields(settings.connect.ca_config),
    ConnectCAProvider: settings.connect.ca_provider,
    ConnectEnabled: settings.connect.enabled,
    ConnectMeshGatewayWANFederationEnabled: settings.connect.enable_mesh_gateway_wan_federation,
    DisableRemoteExec: settings.disable_remote_exec,
    DiscardCheckOutput: settings.discard_check_output,
    EnableCentralServiceConfig: settings.enable_central_service_config,
    EnableLocalScriptChecks: settings.enable_local_script_checks ?? settings.enable_script_checks,
    EnableRemoteScriptChecks: settings.enable_script_checks,
    SessionTTLMin: text(settings.session_ttl_min),
    Watches: withoutSecretFields(settings.watches),
  };
}

function dnsView(settings: Settings) {
  const { dns_config: dns } = settings;
  return {
    DNSARecordLimit: dns.a_record_limit,
    DNSAllowStale: dns.allow_stale,
    DNSAltDomain: settings.alt_domain,
    DNSCacheMaxAge: text(dns.cache_max_age),
    DNSDisableCompression: dns.disable_compression,
    DNSDomain: settings.domain,
    DNSEnableTruncate: dns.enable_truncate,
    DNSMaxStale: text(dns.max_stale),
    DNSNodeMetaTXT: dns.enable_additional_node_meta_txt,
    DNSNodeTTL: text(dns.node_ttl),
    DNSOnlyPassing: dns.only_passing,
    DNSRecursorTimeout: text(dns.recursor_timeout),
    DNSRecursors: settings.recursors,
    DNSSOA: { Expire: dns.soa.expire, Minttl: dns.soa.min_ttl, Refresh: dns.soa.refresh, Retry: dns.soa.retry },
    DNSServiceTTL: Object.fromEntries(Object.entries(dns.service_ttl).map(([name, ttl]) => [name, text(ttl)])),
    DNSUDPAnswerLimit: dns.udp_answer_limit,
    DNSUseCache: dns.use_cache,
  };
}

function httpView(settings: Settings, config: Config) {
  const { http_config: http, limits, ui_config: ui } = settings;
  return {
    AllowWriteHTTPFrom: config.http.allowWriteHttpFrom,
    DefaultQueryTime: text(settings.default_query_time),
    DisableHTTPUnprintableCharFilter: settings.disable_http_unprintable_char_filter,
    DiscoveryMaxStale: text(settings.discovery_max_stale),
    HTTPBlockEndpoints: http.block_endpoints,
    HTTPMaxConnsPerClient: limits.http_max_conns_per_client,
    HTTPMaxHeaderBytes: http.max_header_bytes,
    HTTPResponseHeaders: http.response_headers,
    HTTPSHandshakeTimeout: text(limits.https_handshake_timeout),
    HTTPUseCache: http.use_cache,
    KVMaxValueSize: limits.kv_max_value_size,
    MaxQueryTime: text(settings.max_query_time),
    RPCHandshakeTimeout: text(limits.rpc_handshake_timeout),
    RPCMaxBurst: limits.rpc_max_burst,
    RPCMaxConnsPerClient: limits.rpc_max_conns_per_client,
    RPCRateLimit: limits.rpc_rate,
    TxnMaxReqLen: limits.txn_max_req_len,
    UIConfig: {
      ContentPath: config.ui.contentPath,
      DashboardURLTemplates: ui.dashboard_url_templates,
      Dir: ui.dir,
      Enabled: ui.enabled,
      MetricsProvider: ui.metrics_provider,
      MetricsProviderFiles: ui.metrics_provider_files,
      MetricsProviderOptionsJSON: ui.metrics_provider_options_json,
      MetricsProxy: {
        AddHeaders: ui.metrics_proxy.add_headers.map(({ name }) => ({ Name: name, Value: hidden })),
        BaseURL: ui.metrics_proxy.base_url,
        PathAllowlist: ui.metrics_proxy.path_allowlist,
      },
    },
  };
}

function operationView(settings: Settings, config: Config) {
  const { telemetry } = settings;
  return {
    Cache: {
      EntryFetchMaxBurst: settings.cache.entry_fetch_max_burst,
      EntryFetchRate: settings.cache.entry_fetch_rate ?? Number.MAX_VALUE,
      Logger: null,
    },
    DisableAnonymousSignature: settings.disable_anonymous_signature,
    DisableUpdateCheck: settings.disable_update_check,
    EnableDebug: settings.enable_debug,
    Logging: {
      EnableSyslog: settings.enable_syslog,
      LogFilePath: settings.log_file,
      LogJSON: settings.log_json,
      LogLevel: settings.log_level,
      LogRotateBytes: settings.log_rotate_bytes,
      LogRotateDuration: text(settings.log_rotate_duration),
      LogRotateMaxFiles: settings.log_rotate_max_files,
      Name: '',
      SyslogFacility: settings.syslog_facility,
    },
    RPCConfig: { EnableStreaming: settings.rpc.enable_streaming ?? settings.server },
    Telemetry: {
      AllowedPrefixes: config.telemetry.prefixAllow,
      BlockedPrefixes: config.telemetry.prefixDeny,
      CirconusAPIApp: telemetry.circonus_api_app,
      CirconusAPIToken: hidden,
      CirconusAPIURL: telemetry.circonus_api_url,
      CirconusBrokerID: telemetry.circonus_broker_id,
      CirconusBrokerSelectTag: telemetry.circonus_broker_select_tag,
      CirconusCheckDisplayName: telemetry.circonus_check_display_name,
      CirconusCheckForceMetricActivation: telemetry.circonus_check_force_metric_activation,
      CirconusCheckID: telemetry.circonus_check_id,
      CirconusCheckInstanceID: telemetry.circonus_check_instance_id,
      CirconusCheckSearchTag: telemetry.circonus_check_search_tag,
      CirconusCheckTags: telemetry.circonus_check_tags,
      CirconusSubmissionInterval: telemetry.circonus_submission_interval,
      CirconusSubmissionURL: telemetry.circonus_submission_url,
      Disable: false,
      DisableCompatOneNine: config.telemetry.disableCompat19,
      DisableHostname: telemetry.disable_hostname,
      DogstatsdAddr: telemetry.dogstatsd_addr,
      DogstatsdTags: telemetry.dogstatsd_tags,
      FilterDefault: telemetry.filter_default,
      MetricsPrefix: telemetry.metrics_prefix,
      PrometheusOpts: {
        CounterDefinitions: [],
        Expiration: text(telemetry.prometheus_retention_time),
        GaugeDefinitions: [],
        Name: telemetry.metrics_prefix,
        Registerer: null,
        SummaryDefinitions: [],
      },
      StatsdAddr: telemetry.statsd_address,
      StatsiteAddr: telemetry.statsite_address,
    },
    UseStreamingBackend: settings.use_streaming_backend,
  };
}

/** Values that nothing can change. */
function fixedView({ devMode }: Config) {
  return {
    AEInterval: '1m0s',
    CheckDeregisterIntervalMin: '1m0s',
    CheckReapInterval: '30s',
    ConnectTestCALeafRootChangeSpread: '0s',
    ConsulCoordinateUpdateBatchSize: 128,
    ConsulCoordinateUpdateMaxBatches: 5,
    ConsulCoordinateUpdatePeriod: devMode ? '100ms' : '5s',
    ConsulServerHealthInterval: devMode ? '10ms' : '2s',
    EnterpriseRuntimeConfig: {},
    SegmentLimit: 64,
    SegmentNameLimit: 64,
    SyncCoordinateIntervalMin: '15s',
    SyncCoordinateRateTarget: 64,
  };
}

function nullIfEmpty<T extends object>(value: T): T | null {
  return Object.keys(value).length === 0 ? null : value;
}

/** Credentials inside a cloud discovery string ("provider=x secret_key=…"). */
const withoutSecrets = (join: string): string => join.replace(/(\S*(?:key|token|secret)\S*)=\S+/gi, `$1=${hidden}`);

/** The same value with the content of every field hidden whose name says key, token, secret or password. */
function withoutSecretFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecretFields);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      /key|token|secret|password/i.test(name) && typeof inner === 'string' ? hidden : withoutSecretFields(inner),
    ]),
  );
}
