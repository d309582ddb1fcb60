/** One pool: where it listens, and how fast it talks. */
export interface GossipTimers {
  readonly bindAddr: string;
  readonly gossipNodes: number;
  readonly gossipIntervalMs: number;
  readonly probeIntervalMs: number;
  readonly probeTimeoutMs: number;
  readonly suspicionMult: number;
  readonly retransmitMult: number;
  /** Failed members are forgotten after this long. */
  readonly reconnectTimeoutMs: number;
  /** Networks that may gossip; empty = all. */
  readonly allowedCidrs: readonly string[];
}

/** Whom to join at the start. */
export interface Joins {
  /** Once; failing ends the agent. */
  readonly start: readonly string[];
  /** Until it works. */
  readonly retry: readonly string[];
  readonly retryIntervalMs: number;
  /** 0 = no limit. */
  readonly retryMax: number;
}

/** What goes over TLS, with which certificate, and who is checked. Files are read by `tls/material.ts`. */
export interface TlsSettings {
  readonly caFile: string;
  readonly caPath: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** Only peers with a certificate of our authority may ask. */
  readonly verifyIncomingRpc: boolean;
  readonly verifyIncomingHttps: boolean;
  /** Servers are asked over TLS, and must have a certificate of our authority. */
  readonly verifyOutgoing: boolean;
  /** ... and one for the name `server.DATACENTER.DOMAIN`. */
  readonly verifyServerHostname: boolean;
  /** tls10, tls11, tls12 or tls13. */
  readonly minVersion: string;
  /** In OpenSSL's words; empty = its own choice. */
  readonly ciphers: readonly string[];
  readonly preferServerCiphers: boolean;
  /** Checks show the agent's certificate, and demand this name where they say none; '' = that of the address. */
  readonly useForChecks: boolean;
  readonly serverName: string;
  readonly autoEncrypt: {
    /** A client that gets its certificate from the servers. */
    readonly tls: boolean;
    /** A server that gives them. */
    readonly allowTls: boolean;
    readonly dnsSan: readonly string[];
    readonly ipSan: readonly string[];
  };
}

/**
 * The agent's configuration after all sources were merged, defaults filled, templates resolved and rules checked
 * (`config/load.ts`). Everything else reads this and nothing else. Durations are milliseconds, sizes bytes.
 */
export interface Config {
  readonly devMode: boolean;
  readonly nodeName: string;
  /** Empty = make one and keep it in the data directory. */
  readonly nodeId: string;
  readonly nodeMeta: Readonly<Record<string, string>>;
  readonly disableHostNodeId: boolean;
  readonly datacenter: string;
  readonly primaryDatacenter: string;
  readonly server: boolean;
  readonly bootstrap: boolean;
  readonly bootstrapExpect: number;
  /** Empty in development mode: nothing is written. */
  readonly dataDir: string;
  readonly pidFile: string;
  /** The addresses and ports of every listener, resolved. Port -1: listener off. */
  readonly bindAddr: string;
  readonly advertiseAddr: string;
  readonly advertiseAddrWan: string;
  readonly taggedAddresses: Readonly<Record<string, string>>;
  readonly clientAddrs: readonly string[];
  /** `host:port`, or `unix:///path`. */
  readonly httpAddrs: readonly string[];
  readonly httpsAddrs: readonly string[];
  readonly dnsAddrs: readonly string[];
  readonly grpcAddrs: readonly string[];
  readonly unixSockets: { readonly user: string; readonly group: string; readonly mode: string };
  readonly ports: {
    readonly dns: number;
    readonly http: number;
    readonly https: number;
    readonly grpc: number;
    readonly server: number;
    readonly serfLan: number;
    readonly serfWan: number;
  };
  readonly gossip: {
    readonly lan: GossipTimers;
    readonly wan: GossipTimers;
    /** Raw bytes of `encrypt`; null = plain text, unless a keyring file exists. */
    readonly key: Uint8Array | null;
    readonly verifyIncoming: boolean;
    readonly verifyOutgoing: boolean;
    readonly disableKeyringFile: boolean;
    readonly rejoinAfterLeave: boolean;
  };
  readonly tls: TlsSettings;
  readonly joins: { readonly lan: Joins; readonly wan: Joins };
  readonly translateWanAddrs: boolean;
  readonly leaveOnTerm: boolean;
  readonly skipLeaveOnInt: boolean;
  readonly acl: {
    readonly enabled: boolean;
    readonly defaultPolicy: 'allow' | 'deny';
    readonly downPolicy: string;
    readonly tokenTtlMs: number;
    readonly policyTtlMs: number;
    readonly roleTtlMs: number;
    /** Where the file stands that allows another bootstrap; '' = nowhere. */
    readonly bootstrapResetDir: string;
    /** Refusals tell the caller why. */
    readonly explain: boolean;
    /** Listing keys is a right of its own. */
    readonly keyListPolicy: boolean;
    /** A secondary datacenter has the tokens of the primary, and its own. */
    readonly tokenReplication: boolean;
    /** Tokens set over the API outlive the agent. */
    readonly persistTokens: boolean;
    /** '' where there is none. */
    readonly tokens: {
      readonly default: string;
      readonly agent: string;
      readonly agentMaster: string;
      readonly master: string;
      readonly replication: string;
    };
  };
  readonly connect: {
    readonly enabled: boolean;
    readonly caProvider: string;
    /** As written; the cluster starts with them. */
    readonly caConfig: Readonly<Record<string, unknown>>;
  };
  /** Jobs of `exec` are not run. */
  readonly disableRemoteExec: boolean;
  /** A server offers streams of events on its RPC port. */
  readonly rpcStreaming: boolean;
  /** Watched health comes as a stream of events. */
  readonly useStreamingBackend: boolean;
  /** Config entries that the leader creates where they are missing, as they were written. */
  readonly bootstrapEntries: readonly Readonly<Record<string, unknown>>[];
  readonly domain: string;
  readonly altDomain: string;
  /** Upstream DNS servers as `host:port`, in the order they are asked. */
  readonly recursors: readonly string[];
  readonly dns: {
    readonly allowStale: boolean;
    readonly maxStaleMs: number;
    readonly nodeTtlMs: number;
    /** By service name, or `prefix*`. */
    readonly serviceTtlMs: Readonly<Record<string, number>>;
    /** 0 = no limit. */
    readonly aRecordLimit: number;
    readonly udpAnswerLimit: number;
    readonly enableTruncate: boolean;
    readonly disableCompression: boolean;
    readonly onlyPassing: boolean;
    readonly recursorTimeoutMs: number;
    /** Metadata of nodes as TXT records beside the answer. */
    readonly nodeMetaTxt: boolean;
    /** Seconds. */
    readonly soa: {
      readonly refresh: number;
      readonly retry: number;
      readonly expire: number;
      readonly minTtl: number;
    };
    readonly useCache: boolean;
    readonly cacheMaxAgeMs: number;
  };
  readonly sessionTtlMinMs: number;
  readonly defaultQueryTimeMs: number;
  readonly maxQueryTimeMs: number;
  readonly discoveryMaxStaleMs: number;
  readonly http: {
    readonly blockEndpoints: readonly string[];
    /** CIDRs; empty = everybody may write. */
    readonly allowWriteHttpFrom: readonly string[];
    readonly responseHeaders: Readonly<Record<string, string>>;
    readonly useCache: boolean;
    readonly maxHeaderBytes: number;
    readonly disableUnprintableCharFilter: boolean;
  };
  readonly limits: {
    readonly httpMaxConnsPerClient: number;
    readonly rpcMaxConnsPerClient: number;
    readonly httpsHandshakeTimeoutMs: number;
    readonly rpcHandshakeTimeoutMs: number;
    readonly rpcRate: number;
    readonly rpcMaxBurst: number;
    readonly kvMaxValueSize: number;
    readonly txnMaxReqLen: number;
  };
  /** Of every entry of the cache. */
  readonly cacheFetchLimit: {
    /** Infinite: no limit. */
    readonly perSecond: number;
    readonly burst: number;
  };
  readonly ui: {
    readonly enabled: boolean;
    readonly dir: string;
    readonly contentPath: string;
    readonly metricsProxy: {
      /** '' = none. */
      readonly baseUrl: string;
      readonly addHeaders: readonly { readonly name: string; readonly value: string }[];
      /** Full paths; empty = all. */
      readonly pathAllowlist: readonly string[];
    };
  };
  /** Of Consul among its members: told to them, nothing hangs on it. */
  readonly protocol: number;
  readonly raft: {
    readonly protocol: number;
    readonly multiplier: number;
    /** Already scaled by the multiplier; development mode has much shorter ones. */
    readonly electionTimeoutMs: number;
    readonly heartbeatTimeoutMs: number;
    readonly leaderLeaseTimeoutMs: number;
    readonly snapshotThreshold: number;
    readonly snapshotIntervalMs: number;
    readonly trailingLogs: number;
  };
  readonly leaveDrainTimeMs: number;
  readonly rpcHoldTimeoutMs: number;
  readonly autopilot: {
    readonly cleanupDeadServers: boolean;
    readonly lastContactThresholdMs: number;
    readonly maxTrailingLogs: number;
    readonly minQuorum: number;
    readonly serverStabilizationTimeMs: number;
  };
  readonly disableCoordinates: boolean;
  readonly enableDebug: boolean;
  readonly log: {
    readonly level: string;
    readonly json: boolean;
    readonly file: string;
    readonly rotateBytes: number;
    readonly rotateDurationMs: number;
    /** 0 keeps all, -1 keeps none. */
    readonly rotateMaxFiles: number;
    readonly syslog: boolean;
    readonly syslogFacility: string;
  };
  readonly telemetry: {
    readonly statsdAddress: string;
    readonly statsiteAddress: string;
    readonly dogstatsdAddress: string;
    readonly dogstatsdTags: readonly string[];
    readonly prometheusRetentionMs: number;
    readonly metricsPrefix: string;
    readonly disableHostname: boolean;
    readonly filterDefault: boolean;
    readonly prefixAllow: readonly string[];
    readonly prefixDeny: readonly string[];
    readonly disableCompat19: boolean;
  };
  readonly checks: {
    /** What is kept of an output, and how long changes of it alone are held back. */
    readonly outputMaxBytes: number;
    readonly updateIntervalMs: number;
    readonly discardOutput: boolean;
    /** Whether registrations over the API, and definitions in files, may run programs. */
    readonly enableRemoteScripts: boolean;
    readonly enableLocalScripts: boolean;
  };
  /** Ports for sidecars that ask for none; 0 when there are none to give. */
  readonly sidecarPorts: { readonly min: number; readonly max: number };
  readonly watches: readonly Readonly<Record<string, unknown>>[];
  /** Deprecations and other remarks, logged once the logger stands. */
  readonly warnings: readonly string[];
  /** The merged configuration as Consul shows it under DebugConfig in `/v1/agent/self` (secrets hidden). */
  readonly debug: Readonly<Record<string, unknown>>;
}
