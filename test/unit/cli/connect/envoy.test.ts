import { describe, expect, it } from 'vitest';
import { parseHostPort, parsePort } from '../../../../src/cli/connect/addresses.ts';
import { bootstrapExtras } from '../../../../src/cli/connect/bootstrap-extras.ts';
import { type EnvoyBootstrap, envoyBootstrap } from '../../../../src/cli/connect/envoy-bootstrap.ts';
import { statsTags } from '../../../../src/cli/connect/stats-tags.ts';

const base: EnvoyBootstrap = {
  cluster: 'web',
  proxyId: 'web-sidecar-proxy',
  datacenter: 'dc1',
  namespace: 'default',
  envoyVersion: '1.18.4',
  token: 't',
  admin: { accessLogPath: '/dev/null', address: '127.0.0.1', port: 19000 },
  agent: { address: '127.0.0.1', port: 8502 },
  agentCa: '',
  withOlderTags: true,
  prometheus: { port: '' },
  extras: bootstrapExtras({}),
};
type Document = {
  static_resources: { clusters: Record<string, unknown>[]; listeners?: unknown[] };
  stats_config: unknown;
  stats_flush_interval?: string;
};

describe('the document of an Envoy', () => {
  it('finds in the name of a cluster what it is about', () => {
    const name = 'cluster.v1.web.default.dc2.internal.87906318-9a58.consul.upstream_cx_total';
    const found = Object.fromEntries(
      statsTags({ service: 'a', namespace: 'default', datacenter: 'dc1' }, false).flatMap(({ tag_name, regex }) => {
        const match = regex === undefined ? null : new RegExp(regex).exec(name);
        return match?.[2] === undefined ? [] : [[tag_name.replace('consul.destination.', ''), match[2]]];
      }),
    );
    expect(found).toEqual({
      service_subset: 'v1',
      service: 'web',
      namespace: 'default',
      datacenter: 'dc2',
      routing_type: 'internal',
      trust_domain: '87906318-9a58',
      target: 'v1.web.default.dc2',
      full_target: 'v1.web.default.dc2.internal.87906318-9a58',
    });
  });

  it('reaches the agent by a socket, or by TLS', () => {
    const clusters = (more: Partial<EnvoyBootstrap>) =>
      (envoyBootstrap({ ...base, ...more }) as Document).static_resources.clusters;
    expect(JSON.stringify(clusters({ agent: { path: '/run/grpc.sock' } }))).toContain(
      '"pipe":{"path":"/run/grpc.sock"}',
    );
    expect(JSON.stringify(clusters({ agentCa: 'PEM' }))).toContain('"trusted_ca":{"inline_string":"PEM"}');
    expect(clusters({ prometheus: { port: '20100' } })[1]).toMatchObject({ name: 'prometheus_backend' });
  });

  it('takes what the settings of the proxy add', () => {
    const extras = bootstrapExtras({
      envoy_extra_static_clusters_json: '{"name":"a"},{"name":"b"},',
      envoy_extra_static_listeners_json: '{"name":"l"}',
      envoy_stats_config_json: '{"stats_tags":[]}',
      envoy_stats_flush_interval: '5s',
    });
    const document = envoyBootstrap({ ...base, extras }) as Document;
    expect(document.static_resources.clusters.map(({ name }) => name)).toEqual(['local_agent', 'a', 'b']);
    expect(document.static_resources.listeners).toEqual([{ name: 'l' }]);
    expect(document.stats_config).toEqual({ stats_tags: [] });
    expect(document.stats_flush_interval).toBe('5s');
  });

  it('refuses settings that it cannot follow', () => {
    expect(() => bootstrapExtras({ envoy_extra_static_clusters_json: '{' })).toThrow('is no JSON');
    expect(() => bootstrapExtras({ envoy_statsd_url: 'udp://x' })).toThrow('not supported yet');
  });
});

describe('an address in a flag', () => {
  it.each([
    ['127.0.0.1:80', { host: '127.0.0.1', port: 80 }],
    [':80', { host: '', port: 80 }],
    ['[::1]:80', { host: '::1', port: 80 }],
  ])('is read: %s', (text, place) => {
    expect(parseHostPort(text)).toEqual(place);
  });

  it.each([
    ['bad', 'address bad: missing port in address'],
    ['[::1]', 'address [::1]: missing port in address'],
    ['::1:80', 'address ::1:80: too many colons in address'],
    ['a:70000', 'strconv.ParseInt: parsing "70000": value out of range'],
  ])('is refused as Go refuses it: %s', (text, message) => {
    expect(() => parseHostPort(text)).toThrow(message);
    expect(() => parsePort('xx')).toThrow('strconv.ParseInt: parsing "xx": invalid syntax');
  });
});
