/** The document with which Envoy starts: who it is, where it is administered, and from whom it gets everything else. */
import { statsTags } from './stats-tags.ts';

/** What the settings of a proxy add, as Envoy's own JSON. */
export interface BootstrapExtras {
  readonly clusters: readonly unknown[];
  readonly listeners: readonly unknown[];
  readonly sinks: readonly unknown[];
  /** Instead of the tags of statistics that we know. */
  readonly statsConfig: object | null;
  readonly statsFlushInterval: string;
  readonly tracing: object | null;
}

export interface EnvoyBootstrap {
  /** The service that is proxied, or the gateway. */
  readonly cluster: string;
  readonly proxyId: string;
  readonly datacenter: string;
  readonly namespace: string;
  readonly envoyVersion: string;
  readonly token: string;
  readonly admin: { readonly accessLogPath: string; readonly address: string; readonly port: number };
  /** Where configuration is served: a socket or an address. */
  readonly agent: { readonly path: string } | { readonly address: string; readonly port: number };
  /** PEM of who may vouch for it; '' for a connection without TLS. */
  readonly agentCa: string;
  readonly withOlderTags: boolean;
  /** A backend whose metrics are merged with Envoy's; '' for none. */
  readonly prometheus: { readonly port: string };
  readonly extras: BootstrapExtras;
}

const socketAddress = (address: string, port_value: number): object => ({ socket_address: { address, port_value } });

const loadAssignment = (clusterName: string, address: object): object => ({
  clusterName,
  endpoints: [{ lbEndpoints: [{ endpoint: { address } }] }],
});

function localAgent({ agent, agentCa }: EnvoyBootstrap): object {
  const address = 'path' in agent ? { pipe: { path: agent.path } } : socketAddress(agent.address, agent.port);
  const tls = {
    name: 'tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
      common_tls_context: { validation_context: { trusted_ca: { inline_string: agentCa } } },
    },
  };
  return {
    name: 'local_agent',
    ignore_health_on_host_removal: false,
    connect_timeout: '1s',
    type: 'STATIC',
    ...(agentCa !== '' && { transport_socket: tls }),
    http2_protocol_options: {},
    loadAssignment: loadAssignment('local_agent', address),
  };
}

const prometheusBackend = ({ port }: EnvoyBootstrap['prometheus']): object => ({
  name: 'prometheus_backend',
  ignore_health_on_host_removal: false,
  connect_timeout: '5s',
  type: 'STATIC',
  http_protocol_options: {},
  loadAssignment: loadAssignment('prometheus_backend', socketAddress('127.0.0.1', Number(port))),
});

export function envoyBootstrap(bootstrap: EnvoyBootstrap): object {
  const { admin, cluster, proxyId, namespace, datacenter, envoyVersion, token, prometheus, extras } = bootstrap;
  const fromAgent = { ads: {}, resource_api_version: 'V3' };
  return {
    admin: { access_log_path: admin.accessLogPath, address: socketAddress(admin.address, admin.port) },
    node: { cluster, id: proxyId, metadata: { namespace, envoy_version: envoyVersion } },
    static_resources: {
      clusters: [
        localAgent(bootstrap),
        ...(prometheus.port === '' ? [] : [prometheusBackend(prometheus)]),
        ...extras.clusters,
      ],
      ...(extras.listeners.length > 0 && { listeners: extras.listeners }),
    },
    ...(extras.sinks.length > 0 && { stats_sinks: extras.sinks }),
    ...(extras.statsFlushInterval !== '' && { stats_flush_interval: extras.statsFlushInterval }),
    ...(extras.tracing !== null && { tracing: extras.tracing }),
    stats_config: extras.statsConfig ?? {
      stats_tags: statsTags({ service: cluster, namespace, datacenter }, bootstrap.withOlderTags),
      use_all_default_tags: true,
    },
    dynamic_resources: {
      lds_config: fromAgent,
      cds_config: fromAgent,
      ads_config: {
        api_type: 'DELTA_GRPC',
        transport_api_version: 'V3',
        grpc_services: {
          initial_metadata: [{ key: 'x-consul-token', value: token }],
          envoy_grpc: { cluster_name: 'local_agent' },
        },
      },
    },
  };
}
