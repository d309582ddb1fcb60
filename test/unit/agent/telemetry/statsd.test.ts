import { describe, expect, it } from 'vitest';
import { MetricRegistry } from '../../../../src/agent/telemetry/metric-registry.ts';
import { pushMetrics } from '../../../../src/agent/telemetry/statsd.ts';
import { dogstatsdFormatter, statsdLine } from '../../../../src/agent/telemetry/statsd-format.ts';
import { packets, parseHostPort } from '../../../../src/agent/telemetry/statsd-transport.ts';
import { FakeClock } from './fake-clock.ts';

function open(format = statsdLine) {
  const clock = new FakeClock();
  const metrics = new MetricRegistry({ clock, prefix: 'consul', hostname: 'h1' });
  const sent: string[][] = [];
  let closed = false;
  const transport = {
    send: (lines: readonly string[]) => void sent.push([...lines]),
    close: () => {
      closed = true;
    },
  };
  const stop = pushMetrics(metrics, [{ transport, format }], clock);
  return { clock, metrics, sent, stop, isClosed: () => closed };
}

describe('metrics for statsd', () => {
  it('are what was added, set and measured since the last time', () => {
    const { clock, metrics, sent } = open();
    const count = metrics.counter('c');
    const time = metrics.sample('api.http', { method: 'GET', path: 'v1_kv_' });
    const set = metrics.gauge('g');
    count(2);
    count();
    time(1.5);
    time(2.5);
    set(1);
    set(7);
    clock.advance(100);
    count();
    clock.advance(20_000);
    expect(sent).toEqual([
      [
        'consul.c:3.000000|c\n',
        'consul.api.http.GET.v1_kv_:1.500000|ms\n',
        'consul.api.http.GET.v1_kv_:2.500000|ms\n',
        'consul.h1.g:7.000000|g\n',
      ],
      ['consul.c:1.000000|c\n'],
    ]);
  });

  it('carry tags for dogstatsd, and no host in names', () => {
    const { clock, metrics, sent } = open(dogstatsdFormatter(['env:prod', 'a|b'], 'h1'));
    metrics.counter('c', { dc: 'x,y' })(1e20);
    metrics.gauge('g')(1e-7);
    clock.advance(100);
    expect(sent).toEqual([
      ['consul.c:100000000000000000000|c|#env:prod,a_b,dc:x_y\n', 'consul.g:0.0000001|g|#env:prod,a_b\n'],
    ]);
  });

  it('are sent to the end on stop', () => {
    const { clock, metrics, sent, stop, isClosed } = open();
    metrics.counter('c')();
    stop();
    metrics.stop();
    expect(sent).toHaveLength(1);
    expect(isClosed()).toBe(true);
    expect(clock.timerCount).toBe(0);
  });

  it('do not pile up without limit', () => {
    const { clock, metrics, sent } = open();
    const time = metrics.sample('s');
    for (let at = 0; at < 20_000; at++) time(1);
    clock.advance(100);
    expect(sent[0]).toHaveLength(10_000);
  });

  it('have names without colons, bars and spaces', () => {
    expect(statsdLine('a b:c', { x: 'p|q' }, 1, 'c')).toBe('a_b_c.p_q:1.000000|c\n');
  });
});

describe('packets', () => {
  it('hold whole lines up to 1400 bytes', () => {
    const lines = Array.from({ length: 100 }, (_, at) => `${'x'.repeat(at * 20)}\n`);
    const made = packets(lines);
    expect(made.join('')).toBe(lines.join(''));
    for (const packet of made) {
      expect(packet.endsWith('\n')).toBe(true);
      expect(packet.length <= 1400 || packet.indexOf('\n') === packet.length - 1).toBe(true);
    }
    expect(packets([])).toEqual([]);
  });
});

describe('addresses', () => {
  it.each([
    ['127.0.0.1:8125', { host: '127.0.0.1', port: 8125 }],
    ['[::1]:9', { host: '::1', port: 9 }],
    ['statsd.local', { host: 'statsd.local', port: 77 }],
    ['host:99999', null],
    ['host:', null],
    ['a:b:c', null],
    ['', null],
  ])('reads %s', (text, expected) => {
    expect(parseHostPort(text, 77)).toEqual(expected);
  });
});
