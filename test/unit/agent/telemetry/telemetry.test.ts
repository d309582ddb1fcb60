import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Config } from '../../../../src/agent/config/config.ts';
import { createTelemetry } from '../../../../src/agent/telemetry/telemetry.ts';
import { FakeClock } from './fake-clock.ts';

const log: Config['log'] = {
  level: 'INFO',
  json: false,
  file: '',
  rotateBytes: 0,
  rotateDurationMs: 0,
  rotateMaxFiles: 0,
  syslog: false,
  syslogFacility: 'LOCAL0',
};

const metricsConfig: Config['telemetry'] = {
  statsdAddress: '',
  statsiteAddress: '',
  dogstatsdAddress: '',
  dogstatsdTags: [],
  prometheusRetentionMs: 0,
  metricsPrefix: 'consul',
  disableHostname: false,
  filterDefault: true,
  prefixAllow: [],
  prefixDeny: [],
  disableCompat19: false,
};

function open(logChanges: Partial<Config['log']> = {}, metricChanges: Partial<Config['telemetry']> = {}) {
  const clock = new FakeClock();
  const chunks: string[] = [];
  const console = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  const datagrams: string[] = [];
  const telemetry = createTelemetry({
    log: { ...log, ...logChanges },
    telemetry: { ...metricsConfig, ...metricChanges },
    clock,
    console,
    hostname: 'h1',
    connectSyslog: async () => ({
      send: async (datagram) => void datagrams.push(Buffer.from(datagram).toString()),
      close: () => {},
    }),
  });
  return { telemetry, clock, console: () => chunks.join(''), datagrams };
}

describe('the telemetry of an agent', () => {
  it('writes to console, file and syslog at once, and stops clean', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'telemetry-'));
    try {
      const { telemetry, clock, console, datagrams } = open({ file: `${directory}/`, syslog: true, level: 'debug' });
      telemetry.logger.named('server').debug('hello', { a: 'b c' });
      telemetry.logger.trace('not this');
      await telemetry.stop();
      const [name] = readdirSync(directory);
      expect(console()).toMatch(/^2021-\S+ \[DEBUG\] agent\.server: hello: a="b c"\n$/);
      expect(readFileSync(join(directory, name!), 'utf8')).toBe(console());
      expect(datagrams).toEqual([expect.stringMatching(/^<134>.* consul\[\d+\]: agent\.server: hello: a="b c"$/)]);
      expect(clock.timerCount).toBe(0);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('lets the banner go first', async () => {
    const { telemetry, console } = open();
    telemetry.logger.info('early');
    await new Promise((resolve) => setImmediate(resolve));
    expect(console()).toBe('');
    telemetry.releaseConsole();
    await new Promise((resolve) => setImmediate(resolve));
    expect(console()).toContain('early');
    await telemetry.stop();
  });

  it('refuses what it cannot set up, in the words operators know', () => {
    expect(() => open({ level: 'zap' })).toThrow(
      'Invalid log level: zap. Valid log levels are: [TRACE DEBUG INFO WARN ERR ERROR]',
    );
    expect(() => open({ syslog: true, syslogFacility: 'NOPE' })).toThrow(
      'Syslog setup error: invalid syslog facility: NOPE',
    );
    expect(() => open({ file: '/does/not/exist/x.log' })).toThrow(
      /^Failed to setup logging: open \/does\/not\/exist\/x-\d+\.log: no such file or directory$/,
    );
  });

  it('changes level and metric filter on reload', async () => {
    const { telemetry } = open();
    expect(telemetry.logger.enabled('debug')).toBe(false);
    telemetry.setLevel('debug');
    expect(telemetry.logger.enabled('debug')).toBe(true);
    expect(() => telemetry.setLevel('nope')).toThrow('Invalid log level: nope');
    const count = telemetry.metrics.counter('x');
    telemetry.setMetricsFilter({ ...metricsConfig, prefixDeny: ['consul.x'] });
    count();
    expect(telemetry.metricsInterval().Counters).toEqual([]);
    await telemetry.stop();
  });

  it('ends its monitors when it stops', async () => {
    const { telemetry } = open();
    const monitor = telemetry.monitor({ level: 'trace', json: false });
    const next = monitor.next();
    await telemetry.stop();
    expect(await next).toEqual({ value: undefined, done: true });
  });

  it('has Prometheus only with a retention time', async () => {
    const off = open();
    expect(off.telemetry.prometheus()).toBeNull();
    await off.telemetry.stop();
    const on = open({}, { prometheusRetentionMs: 60_000, disableHostname: true });
    on.telemetry.requestTimer('GET', '/v1/catalog/nodes')(1);
    const text = on.telemetry.prometheus()!;
    for (const pattern of [
      /^# HELP consul_/m,
      /^# TYPE consul_raft_apply counter$/m,
      /^# TYPE consul_rpc_request counter$/m,
      /^# TYPE consul_http_GET_v1_catalog_nodes summary$/m,
      /^consul_api_http\{method="GET",path="v1_catalog_nodes",quantile="0.5"\} 1$/m,
      /^consul_runtime_sys_bytes /m,
    ]) {
      expect(text).toMatch(pattern);
    }
    await on.telemetry.stop();
  });

  it('names the host in gauges unless told not to', async () => {
    const { telemetry } = open();
    const names = telemetry.metricsInterval().Gauges.map(({ Name }) => Name);
    expect(names).toContain('consul.h1.runtime.alloc_bytes');
    await telemetry.stop();
  });

  it('goes without a metrics daemon whose address is wrong', async () => {
    const { telemetry, console } = open({}, { statsdAddress: 'nonsense' });
    telemetry.releaseConsole();
    await telemetry.stop();
    expect(console()).toContain('[WARN]  agent: Metrics are not sent: not a host and port: address=nonsense');
  });
});
