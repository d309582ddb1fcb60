import { describe, expect, it } from 'vitest';
import { httpMetrics } from '../../../../src/agent/telemetry/http-metrics.ts';
import { MetricRegistry } from '../../../../src/agent/telemetry/metric-registry.ts';
import { metricName, prometheusText } from '../../../../src/agent/telemetry/prometheus.ts';
import { FakeClock } from './fake-clock.ts';

function open() {
  const clock = new FakeClock();
  const metrics = new MetricRegistry({ clock, prefix: 'consul', hostname: 'host-1.x', withQuantiles: true });
  const text = (help = new Map<string, string>()) =>
    prometheusText(metrics.series(), { nowMs: clock.nowMs(), retentionMs: 60_000, help });
  return { clock, metrics, text };
}

describe('the Prometheus text', () => {
  it('has counters, gauges and summaries, sorted, each family with its head', () => {
    const { clock, metrics, text } = open();
    metrics.counter('raft.apply')(1_500_000);
    clock.advance(10_000);
    metrics.counter('raft.apply')();
    metrics.gauge('runtime.alloc_bytes')(75_057_152);
    metrics.sample('api.http', { path: 'v1_kv_', method: 'GET' })(4);
    metrics.sample('api.http', { path: 'a"b\\c', method: 'GET' })(4);
    expect(text(new Map([['consul.raft.apply', 'Entries\nproposed.']]))).toBe(
      [
        '# HELP consul_api_http consul_api_http',
        '# TYPE consul_api_http summary',
        ...['{method="GET",path="a\\"b\\\\c"', '{method="GET",path="v1_kv_"'].flatMap((labels) => [
          `consul_api_http${labels},quantile="0.5"} 4`,
          `consul_api_http${labels},quantile="0.9"} 4`,
          `consul_api_http${labels},quantile="0.99"} 4`,
          `consul_api_http_sum${labels}} 4`,
          `consul_api_http_count${labels}} 1`,
        ]),
        '# HELP consul_host_1_x_runtime_alloc_bytes consul_host_1_x_runtime_alloc_bytes',
        '# TYPE consul_host_1_x_runtime_alloc_bytes gauge',
        'consul_host_1_x_runtime_alloc_bytes 7.5057152e+07',
        '# HELP consul_raft_apply Entries\\nproposed.',
        '# TYPE consul_raft_apply counter',
        'consul_raft_apply 1.500001e+06',
        '',
      ].join('\n'),
    );
  });

  it('shows defined metrics from the start and for ever', () => {
    const { clock, metrics, text } = open();
    metrics.define('counter', 'raft.apply');
    metrics.define('sample', 'kvs.apply');
    clock.advance(1_000_000);
    expect(text()).toBe(
      [
        '# HELP consul_kvs_apply consul_kvs_apply',
        '# TYPE consul_kvs_apply summary',
        'consul_kvs_apply{quantile="0.5"} NaN',
        'consul_kvs_apply{quantile="0.9"} NaN',
        'consul_kvs_apply{quantile="0.99"} NaN',
        'consul_kvs_apply_sum 0',
        'consul_kvs_apply_count 0',
        '# HELP consul_raft_apply consul_raft_apply',
        '# TYPE consul_raft_apply counter',
        'consul_raft_apply 0',
        '',
      ].join('\n'),
    );
  });

  it('forgets a series after the retention time, and knows its total when it comes back', () => {
    const { clock, metrics, text } = open();
    const count = metrics.counter('c');
    count();
    clock.advance(70_000);
    expect(text()).toContain('consul_c 1\n');
    clock.advance(10_000);
    expect(text()).toBe('');
    count();
    expect(text()).toContain('consul_c 2\n');
  });

  it('never gives one family two types', () => {
    const { metrics, text } = open();
    metrics.counter('x.y')();
    metrics.sample('x_y')(1);
    expect(text().match(/# TYPE consul_x_y /g)).toHaveLength(1);
  });

  it('makes valid names', () => {
    expect(metricName('consul.a-b/c=d é')).toBe('consul_a_b_c_d__');
    expect(metricName('9lives')).toBe('_9lives');
  });
});

describe('HTTP timings', () => {
  it('have a labeled name and, until 1.9, a dotted one', () => {
    const { metrics } = open();
    httpMetrics(metrics, 'GET', '/v1/kv/', true)(2);
    httpMetrics(metrics, 'PUT', '/v1/catalog/nodes', false)(3);
    expect(metrics.interval().Samples).toMatchObject([
      { Name: 'consul.api.http', Sum: 2, Labels: { method: 'GET', path: 'v1_kv_' } },
      { Name: 'consul.api.http', Sum: 3, Labels: { method: 'PUT', path: 'v1_catalog_nodes' } },
      { Name: 'consul.http.GET.v1.kv._', Sum: 2, Labels: {} },
    ]);
  });
});
