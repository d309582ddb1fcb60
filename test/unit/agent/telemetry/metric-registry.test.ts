import { describe, expect, it } from 'vitest';
import { MetricRegistry, type RegistryOptions } from '../../../../src/agent/telemetry/metric-registry.ts';
import { isAllowed } from '../../../../src/agent/telemetry/prefix-filter.ts';
import { FakeClock } from './fake-clock.ts';

function open(overrides: Partial<RegistryOptions> = {}) {
  const clock = new FakeClock(Date.UTC(2021, 6, 22, 10, 54, 53));
  return { clock, metrics: new MetricRegistry({ clock, prefix: 'consul', ...overrides }) };
}

describe('the metrics of an interval', () => {
  it('has the shape of /v1/agent/metrics', () => {
    const { metrics } = open({ hostname: 'web 1' });
    metrics.gauge('runtime.alloc_bytes')(5);
    const apply = metrics.counter('raft.apply');
    apply();
    apply(3);
    const timer = metrics.sample('api.http', { method: 'GET', path: 'v1_kv_' });
    for (const value of [2, 4, 4, 4, 5, 5, 7, 9]) timer(value);
    expect(JSON.stringify(metrics.interval())).toBe(
      JSON.stringify({
        Timestamp: '2021-07-22 10:54:50 +0000 UTC',
        Gauges: [{ Name: 'consul.web_1.runtime.alloc_bytes', Value: 5, Labels: {} }],
        Points: [],
        Counters: [
          {
            Name: 'consul.raft.apply',
            Count: 2,
            Rate: 0.4,
            Sum: 4,
            Min: 1,
            Max: 3,
            Mean: 2,
            Stddev: Math.SQRT2,
            Labels: {},
          },
        ],
        Samples: [
          {
            Name: 'consul.api.http',
            Count: 8,
            Rate: 4,
            Sum: 40,
            Min: 2,
            Max: 9,
            Mean: 5,
            Stddev: Math.sqrt(32 / 7),
            Labels: { method: 'GET', path: 'v1_kv_' },
          },
        ],
      }),
    );
  });

  it('shows the running interval first, then always the last finished one', () => {
    const { clock, metrics } = open();
    const count = metrics.counter('c');
    count();
    expect(metrics.interval().Timestamp).toBe('2021-07-22 10:54:50 +0000 UTC');
    clock.advance(7000);
    count(5);
    count(5);
    expect(metrics.interval()).toMatchObject({ Timestamp: '2021-07-22 10:54:50 +0000 UTC', Counters: [{ Sum: 1 }] });
    clock.advance(10_000);
    expect(metrics.interval()).toMatchObject({ Timestamp: '2021-07-22 10:55:00 +0000 UTC', Counters: [{ Sum: 10 }] });
    clock.advance(10_000);
    expect(metrics.interval()).toMatchObject({ Timestamp: '2021-07-22 10:55:10 +0000 UTC', Counters: [] });
  });

  it('sorts by name and labels', () => {
    const { metrics } = open();
    metrics.counter('b', { x: '2' })();
    metrics.counter('b', { x: '1' })();
    metrics.counter('a')();
    const names = metrics.interval().Counters.map(({ Name, Labels }) => `${Name}${Labels['x'] ?? ''}`);
    expect(names).toEqual(['consul.a', 'consul.b1', 'consul.b2']);
  });

  it('gives one series to all handles of a name', () => {
    const { metrics } = open();
    metrics.counter('c', { a: '1' })();
    metrics.counter('c', { a: '1' })();
    expect(metrics.interval().Counters).toMatchObject([{ Count: 2 }]);
  });

  it('bounds the number of series', () => {
    const { metrics } = open();
    for (let at = 0; at < 20_100; at++) metrics.counter('c', { at: String(at) })();
    expect(metrics.interval().Counters).toHaveLength(20_000);
  });

  it('stops its timer', () => {
    const { clock, metrics } = open();
    metrics.stop();
    expect(clock.timerCount).toBe(0);
  });
});

describe('the prefix filter', () => {
  const rules = { allow: ['consul.raft', 'consul.http.get'], deny: ['consul.http', 'consul.raft.x'], otherwise: true };

  it.each([
    ['consul.raft.apply', true],
    ['consul.raft.xyz', false],
    ['consul.http.put', false],
    ['consul.http.get.v1', true],
    ['consul.other', true],
  ])('decides %s by the longest prefix', (name, kept) => {
    expect(isAllowed(rules, name)).toBe(kept);
  });

  it('denies what is both allowed and denied, and has a default', () => {
    expect(isAllowed({ allow: ['a'], deny: ['a'], otherwise: true }, 'a.b')).toBe(false);
    expect(isAllowed({ allow: ['a'], deny: [], otherwise: false }, 'b')).toBe(false);
  });

  it('changes for handles that exist', () => {
    const { metrics } = open({ filter: { allow: [], deny: ['consul.c'], otherwise: true } });
    const count = metrics.counter('c');
    count();
    metrics.setFilter({ allow: [], deny: [], otherwise: true });
    count();
    expect(metrics.interval().Counters).toMatchObject([{ Count: 1 }]);
  });
});
