/** From settings in the words of the files to the `Config` that the agent runs on. */

import { isIPv6 } from 'node:net';
import { parseCidr } from '../../lib/sockaddr/ip.ts';
import { type ResolvedAddresses, resolveAddresses, withPort } from './addresses.ts';
import { parseCipherSuites } from './cipher-suites.ts';
import type { Config, GossipTimers, TlsSettings } from './config.ts';
import { debugView } from './debug.ts';
import type { Host } from './host.ts';
import { durationMs, Problems } from './problems.ts';
import { checkIdentity, checkRules } from './rules.ts';
import { type Settings, schema } from './schema.ts';
import { prefixFilter, settingWarnings } from './warnings.ts';

/** Base times of Raft's timers, scaled by `performance.raft_multiplier`. */
const raftTimers = { electionTimeoutMs: 1000, heartbeatTimeoutMs: 1000, leaderLeaseTimeoutMs: 500 };
const raftTimersInDev = { electionTimeoutMs: 52, heartbeatTimeoutMs: 35, leaderLeaseTimeoutMs: 20 };

/** Shown as 0s and still rotated. */
const defaultLogRotationMs = 24 * 60 * 60 * 1000;

/** Throws ConfigError. The warnings are those about the settings themselves. */
export function buildConfig(settings: Settings, dev: boolean, host: Host, version: string): Config {
  const datacenter = settings.datacenter.toLowerCase();
  checkIdentity(settings, datacenter, dev);
  const problems = new Problems();
  const addresses = resolveAddresses(settings, host, problems);
  const filterWarnings: string[] = [];
  const nodeName = settings.node_name ?? host.hostname();
  const parts = partsOf(settings, dev, addresses, problems, (text) => filterWarnings.push(text));
  const ciphers = parseCipherSuites(settings.tls_cipher_suites);
  if ('unsupported' in ciphers) {
    problems.add(`tls_cipher_suites: invalid tls cipher suites: unsupported cipher "${ciphers.unsupported}"`);
  }
  problems.durations(settings, schema);
  problems.report();

  const draft: Config = {
    ...parts,
    nodeName,
    datacenter,
    primaryDatacenter: (settings.primary_datacenter ?? '').toLowerCase() || datacenter,
    warnings: [...filterWarnings, ...settingWarnings(settings, nodeName)],
    debug: {},
  };
  checkRules({ settings, addresses, config: draft, files: host.files });
  return { ...draft, debug: debugView(settings, draft, addresses, version) };
}

type Parts = Omit<Config, 'nodeName' | 'datacenter' | 'primaryDatacenter' | 'warnings' | 'debug'>;

function partsOf(
  settings: Settings,
  dev: boolean,
  addresses: ResolvedAddresses,
  problems: Problems,
  warn: (text: string) => void,
): Parts {
  const { acl, autopilot, http_config, limits, performance, telemetry, ui_config } = settings;
  const ports = portsOf(settings, problems);
  const single = settings.bootstrap_expect === 1;
  const timers = dev ? raftTimersInDev : raftTimers;
  const filter = prefixFilter(telemetry.prefix_filter, warn);
  return {
    devMode: dev,
    nodeId: (settings.node_id ?? '').toLowerCase(),
    nodeMeta: settings.node_meta,
    disableHostNodeId: settings.disable_host_node_id,
    server: settings.server,
    bootstrap: settings.bootstrap || single,
    bootstrapExpect: single ? 0 : settings.bootstrap_expect,
    dataDir: dev ? '' : settings.data_dir,
    pidFile: settings.pid_file,
    bindAddr: addresses.bind,
    advertiseAddr: addresses.advertise,
    advertiseAddrWan: addresses.advertiseWan,
    taggedAddresses: addresses.tagged,
    clientAddrs: addresses.clients,
    httpAddrs: withPort(addresses.http, ports.http),
    httpsAddrs: withPort(addresses.https, ports.https),
    dnsAddrs: withPort(addresses.dns, ports.dns),
    grpcAddrs: withPort(addresses.grpc, ports.grpc),
    unixSockets: settings.unix_sockets,
    ports,
    gossip: {
      lan: gossipTimers(settings.gossip_lan, {
        bindAddr: addresses.serfLan,
        reconnectTimeoutMs: durationMs(settings.reconnect_timeout) || defaultReconnectMs,
        allowedCidrs: settings.serf_lan_allowed_cidrs,
      }),
      wan: gossipTimers(settings.gossip_wan, {
        bindAddr: addresses.serfWan,
        reconnectTimeoutMs: durationMs(settings.reconnect_timeout_wan) || defaultReconnectMs,
        allowedCidrs: settings.serf_wan_allowed_cidrs,
      }),
      key: settings.encrypt === '' ? null : Buffer.from(settings.encrypt, 'base64'),
      verifyIncoming: settings.encrypt_verify_incoming,
      verifyOutgoing: settings.encrypt_verify_outgoing,
      disableKeyringFile: settings.disable_keyring_file,
      rejoinAfterLeave: settings.rejoin_after_leave,
    },
    tls: tlsOf(settings),
    joins: {
      lan: {
        start: addresses.startJoin,
        retry: addresses.retryJoin,
        retryIntervalMs: durationMs(settings.retry_interval),
        retryMax: settings.retry_max,
      },
      wan: {
        start: addresses.startJoinWan,
        retry: addresses.retryJoinWan,
        retryIntervalMs: durationMs(settings.retry_interval_wan),
        retryMax: settings.retry_max_wan,
      },
    },
    translateWanAddrs: settings.translate_wan_addrs,
    leaveOnTerm: settings.leave_on_terminate ?? !settings.server,
    skipLeaveOnInt: settings.skip_leave_on_interrupt ?? settings.server,
    acl: {
      enabled: acl.enabled ?? settings.acl_datacenter !== undefined,
      defaultPolicy: acl.default_policy as 'allow' | 'deny',
      downPolicy: acl.down_policy,
      tokenTtlMs: durationMs(acl.token_ttl),
      policyTtlMs: durationMs(acl.policy_ttl),
      roleTtlMs: durationMs(acl.role_ttl),
      bootstrapResetDir: settings.data_dir,
      explain: acl.explain,
      keyListPolicy: acl.enable_key_list_policy,
      tokenReplication: acl.enable_token_replication,
      persistTokens: acl.enable_token_persistence,
      tokens: {
        default: acl.tokens.default,
        agent: acl.tokens.agent,
        agentMaster: acl.tokens.agent_master,
        master: acl.tokens.master,
        replication: acl.tokens.replication,
      },
    },
    connect: {
      enabled: settings.connect.enabled,
      caProvider: settings.connect.ca_provider || 'consul',
      caConfig: settings.connect.ca_config,
    },
    disableRemoteExec: settings.disable_remote_exec,
    rpcStreaming: settings.rpc.enable_streaming ?? settings.server,
    useStreamingBackend: settings.use_streaming_backend,
    bootstrapEntries: settings.config_entries.bootstrap,
    domain: settings.domain,
    altDomain: settings.alt_domain,
    recursors: addresses.recursors.map(recursorAddress),
    dns: dnsOf(settings),
    sessionTtlMinMs: durationMs(settings.session_ttl_min) || 10_000,
    defaultQueryTimeMs: durationMs(settings.default_query_time),
    maxQueryTimeMs: durationMs(settings.max_query_time),
    discoveryMaxStaleMs: durationMs(settings.discovery_max_stale),
    http: {
      blockEndpoints: http_config.block_endpoints,
      allowWriteHttpFrom: http_config.allow_write_http_from.filter((cidr) => {
        const fine = parseCidr(cidr) !== undefined;
        if (!fine) problems.add(`http_config.allow_write_http_from: invalid cidr: ${cidr}`);
        return fine;
      }),
      responseHeaders: http_config.response_headers,
      useCache: http_config.use_cache,
      maxHeaderBytes: http_config.max_header_bytes,
      disableUnprintableCharFilter: settings.disable_http_unprintable_char_filter,
    },
    limits: {
      httpMaxConnsPerClient: limits.http_max_conns_per_client,
      rpcMaxConnsPerClient: limits.rpc_max_conns_per_client,
      httpsHandshakeTimeoutMs: durationMs(limits.https_handshake_timeout),
      rpcHandshakeTimeoutMs: durationMs(limits.rpc_handshake_timeout),
      rpcRate: limits.rpc_rate,
      rpcMaxBurst: limits.rpc_max_burst,
      kvMaxValueSize: limits.kv_max_value_size,
      txnMaxReqLen: limits.txn_max_req_len,
    },
    cacheFetchLimit: {
      perSecond: settings.cache.entry_fetch_rate ?? Number.POSITIVE_INFINITY,
      burst: settings.cache.entry_fetch_max_burst,
    },
    ui: {
      enabled: ui_config.enabled,
      dir: ui_config.dir,
      contentPath: contentPath(ui_config.content_path),
      metricsProxy: {
        baseUrl: ui_config.metrics_proxy.base_url,
        addHeaders: ui_config.metrics_proxy.add_headers,
        pathAllowlist: allowedPaths(ui_config),
      },
    },
    protocol: settings.protocol,
    raft: {
      protocol: settings.raft_protocol,
      multiplier: performance.raft_multiplier,
      electionTimeoutMs: timers.electionTimeoutMs * performance.raft_multiplier,
      heartbeatTimeoutMs: timers.heartbeatTimeoutMs * performance.raft_multiplier,
      leaderLeaseTimeoutMs: timers.leaderLeaseTimeoutMs * performance.raft_multiplier,
      snapshotThreshold: settings.raft_snapshot_threshold,
      snapshotIntervalMs: durationMs(settings.raft_snapshot_interval),
      trailingLogs: settings.raft_trailing_logs,
    },
    leaveDrainTimeMs: durationMs(performance.leave_drain_time),
    rpcHoldTimeoutMs: durationMs(performance.rpc_hold_timeout),
    autopilot: {
      cleanupDeadServers: autopilot.cleanup_dead_servers,
      lastContactThresholdMs: durationMs(autopilot.last_contact_threshold),
      maxTrailingLogs: autopilot.max_trailing_logs,
      minQuorum: autopilot.min_quorum,
      serverStabilizationTimeMs: durationMs(autopilot.server_stabilization_time),
    },
    disableCoordinates: settings.disable_coordinates,
    enableDebug: settings.enable_debug,
    log: {
      level: settings.log_level,
      json: settings.log_json,
      file: settings.log_file,
      rotateBytes: settings.log_rotate_bytes,
      rotateDurationMs: durationMs(settings.log_rotate_duration) || defaultLogRotationMs,
      rotateMaxFiles: settings.log_rotate_max_files,
      syslog: settings.enable_syslog,
      syslogFacility: settings.syslog_facility,
    },
    telemetry: {
      statsdAddress: telemetry.statsd_address,
      statsiteAddress: telemetry.statsite_address,
      dogstatsdAddress: telemetry.dogstatsd_addr,
      dogstatsdTags: telemetry.dogstatsd_tags,
      prometheusRetentionMs: durationMs(telemetry.prometheus_retention_time),
      metricsPrefix: telemetry.metrics_prefix,
      disableHostname: telemetry.disable_hostname,
      filterDefault: telemetry.filter_default,
      prefixAllow: filter.allow,
      prefixDeny: filter.deny,
      disableCompat19: telemetry['disable_compat_1.9'],
    },
    checks: {
      outputMaxBytes: settings.check_output_max_size,
      updateIntervalMs: durationMs(settings.check_update_interval),
      discardOutput: settings.discard_check_output,
      enableRemoteScripts: settings.enable_script_checks,
      enableLocalScripts: settings.enable_local_script_checks ?? settings.enable_script_checks,
    },
    sidecarPorts: { min: settings.ports.sidecar_min_port, max: settings.ports.sidecar_max_port },
    watches: settings.watches,
  };
}

const defaultReconnectMs = 72 * 3_600_000;

function gossipTimers(
  timers: Settings['gossip_lan'],
  place: Pick<GossipTimers, 'bindAddr' | 'reconnectTimeoutMs' | 'allowedCidrs'>,
): GossipTimers {
  return {
    ...place,
    gossipNodes: timers.gossip_nodes,
    gossipIntervalMs: durationMs(timers.gossip_interval),
    probeIntervalMs: durationMs(timers.probe_interval),
    probeTimeoutMs: durationMs(timers.probe_timeout),
    suspicionMult: timers.suspicion_mult,
    retransmitMult: timers.retransmit_mult,
  };
}

function tlsOf(settings: Settings): TlsSettings {
  const ciphers = parseCipherSuites(settings.tls_cipher_suites);
  const { auto_encrypt } = settings;
  return {
    caFile: settings.ca_file,
    caPath: settings.ca_path,
    certFile: settings.cert_file,
    keyFile: settings.key_file,
    verifyIncomingRpc: settings.verify_incoming || settings.verify_incoming_rpc,
    verifyIncomingHttps: settings.verify_incoming || settings.verify_incoming_https,
    verifyOutgoing: settings.verify_outgoing || settings.verify_server_hostname,
    verifyServerHostname: settings.verify_server_hostname,
    minVersion: settings.tls_min_version,
    ciphers: 'suites' in ciphers ? ciphers.suites.map(({ openssl }) => openssl) : [],
    preferServerCiphers: settings.tls_prefer_server_cipher_suites,
    useForChecks: settings.enable_agent_tls_for_checks,
    serverName: settings.server_name ?? '',
    autoEncrypt: {
      tls: auto_encrypt.tls,
      allowTls: auto_encrypt.allow_tls,
      dnsSan: auto_encrypt.dns_san,
      ipSan: auto_encrypt.ip_san,
    },
  };
}

function dnsOf({ dns_config: dns }: Settings): Config['dns'] {
  const ttls = Object.entries(dns.service_ttl).map(([name, ttl]) => [name, durationMs(ttl)] as const);
  return {
    allowStale: dns.allow_stale,
    maxStaleMs: durationMs(dns.max_stale),
    nodeTtlMs: durationMs(dns.node_ttl),
    serviceTtlMs: Object.fromEntries(ttls),
    aRecordLimit: dns.a_record_limit,
    udpAnswerLimit: dns.udp_answer_limit,
    enableTruncate: dns.enable_truncate,
    disableCompression: dns.disable_compression,
    onlyPassing: dns.only_passing,
    recursorTimeoutMs: durationMs(dns.recursor_timeout),
    nodeMetaTxt: dns.enable_additional_node_meta_txt,
    soa: { refresh: dns.soa.refresh, retry: dns.soa.retry, expire: dns.soa.expire, minTtl: dns.soa.min_ttl },
    useCache: dns.use_cache,
    cacheMaxAgeMs: durationMs(dns.cache_max_age),
  };
}

/** `host`, `host:port`, an IPv6 address bare or in brackets. */
function recursorAddress(text: string): string {
  if (isIPv6(text)) return `[${text}]:53`;
  return /:\d+$/.test(text) ? text : `${text}:53`;
}

function portsOf({ ports }: Settings, problems: Problems): Config['ports'] {
  const port = (name: string, value: number) => problems.port(`ports.${name}`, value);
  return {
    dns: port('dns', ports.dns),
    http: port('http', ports.http),
    https: port('https', ports.https),
    grpc: port('grpc', ports.grpc),
    server: port('server', ports.server),
    serfLan: port('serf_lan', ports.serf_lan),
    serfWan: port('serf_wan', ports.serf_wan),
  };
}

/** `/x/`, however the slashes were written. */
function contentPath(path: string): string {
  const inner = path.replace(/^\/+|\/+$/g, '');
  return inner === '' ? '/' : `/${inner}/`;
}

/** Prometheus is asked for queries alone, unless the operator says otherwise. */
const allowedPaths = ({ metrics_provider, metrics_proxy }: Settings['ui_config']): readonly string[] =>
  metrics_provider === 'prometheus' && metrics_proxy.path_allowlist.length === 0
    ? ['/api/v1/query', '/api/v1/query_range']
    : metrics_proxy.path_allowlist;
