/** The composition of logs and metrics from the configuration: the one thing the agent makes first and stops last. */
import { hostname as osHostname } from 'node:os';
import type { Clock } from '../../lib/runtime.ts';
import type { Config } from '../config/config.ts';
import type { Logger } from './api.ts';
import type { ConsoleStream } from './console-output.ts';
import { httpMetrics, type RequestTimer } from './http-metrics.ts';
import type { Interval } from './interval.ts';
import { configuredLevel, openLogSinks } from './log-sinks.ts';
import { LogFanOut, loggerOver } from './logger.ts';
import { metricDefinitions } from './metric-definitions.ts';
import { MetricRegistry } from './metric-registry.ts';
import { type MonitorOptions, monitorLog } from './monitor.ts';
import type { PrefixRules } from './prefix-filter.ts';
import { prometheusText } from './prometheus.ts';
import { reportRuntime } from './runtime-metrics.ts';
import { type PushTarget, pushMetrics } from './statsd.ts';
import { dogstatsdFormatter, statsdLine } from './statsd-format.ts';
import { type LineTransport, parseHostPort, tcpTransport, udpTransport } from './statsd-transport.ts';
import type { SyslogTransport } from './syslog.ts';

export interface TelemetryOptions {
  readonly log: Config['log'];
  readonly telemetry: Config['telemetry'];
  readonly clock: Clock;
  /** Where the log goes beside files and syslog: the process's standard output. */
  readonly console: ConsoleStream;
  readonly hostname?: string;
  readonly connectSyslog?: () => Promise<SyslogTransport>;
}

export interface Telemetry {
  /** Named `agent`. */
  readonly logger: Logger;
  readonly metrics: MetricRegistry;
  /** Console lines are held back until this is called, so that the start-up banner comes first. */
  releaseConsole(): void;
  /** On reload. Throws LogSetupError for a name that is no level. */
  setLevel(name: string): void;
  /** On reload. */
  setMetricsFilter(telemetry: Config['telemetry']): void;
  /** Future lines, each item one or more of them; ends when the telemetry stops. */
  monitor(options: MonitorOptions): AsyncIterableIterator<string>;
  /** The answer of `/v1/agent/metrics`. */
  metricsInterval(): Interval;
  /** The Prometheus text, or null when the retention time is not positive. */
  prometheus(): string | null;
  /** A timer for a route: see `httpMetrics`. */
  requestTimer(method: string, pattern: string): RequestTimer;
  /** For a process about to die: everything queued goes out now, blocking. */
  flushSync(): void;
  /** Flushes and closes everything, in at most a few seconds. */
  stop(): Promise<void>;
}

/** Throws LogSetupError when logging cannot be set up as configured. Bad metric addresses are logged and left out. */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  const { clock, telemetry } = options;
  const fanOut = new LogFanOut(clock);
  const sinks = openLogSinks({ ...options, fanOut });
  const logger = loggerOver(fanOut, 'agent');
  const hostname = options.hostname ?? osHostname();
  const withPrometheus = telemetry.prometheusRetentionMs > 0;
  const metrics = new MetricRegistry({
    clock,
    prefix: telemetry.metricsPrefix,
    hostname: telemetry.disableHostname ? '' : hostname,
    filter: filterOf(telemetry),
    withQuantiles: withPrometheus,
  });
  const help = withPrometheus ? defineMetrics(metrics) : new Map<string, string>();
  const stopRuntime = reportRuntime(metrics, clock);
  const targets = pushTargets(telemetry, hostname, clock, logger);
  const stopPushing = targets.length > 0 ? pushMetrics(metrics, targets, clock) : () => {};
  const stopping = new AbortController();

  return {
    logger,
    metrics,
    releaseConsole: () => sinks.consoleQueue.release(),
    setLevel: (name) => fanOut.setLevel(sinks.all, configuredLevel(name)),
    setMetricsFilter: (changed) => metrics.setFilter(filterOf(changed)),
    monitor: ({ signal, ...rest }) => {
      const signals = signal === undefined ? [stopping.signal] : [stopping.signal, signal];
      return monitorLog(fanOut, { ...rest, signal: AbortSignal.any(signals) });
    },
    metricsInterval: () => metrics.interval(),
    prometheus: () => {
      if (!withPrometheus) return null;
      const retentionMs = telemetry.prometheusRetentionMs;
      return prometheusText(metrics.series(), { nowMs: clock.nowMs(), retentionMs, help });
    },
    requestTimer: (method, pattern) => httpMetrics(metrics, method, pattern, !telemetry.disableCompat19),
    flushSync: () => {
      for (const queue of sinks.queues) queue.flushSync();
    },
    stop: async () => {
      stopRuntime();
      stopPushing();
      metrics.stop();
      stopping.abort();
      await Promise.all(sinks.queues.map((queue) => queue.stop()));
    },
  };
}

const filterOf = (telemetry: Config['telemetry']): PrefixRules => ({
  allow: telemetry.prefixAllow,
  deny: telemetry.prefixDeny,
  otherwise: telemetry.filterDefault,
});

/** Help texts by full name. */
function defineMetrics(metrics: MetricRegistry): Map<string, string> {
  const help = new Map<string, string>();
  for (const { kind, name, help: text } of metricDefinitions) {
    metrics.define(kind, name);
    help.set(metrics.fullName(kind, name), text);
  }
  return help;
}

const dogstatsdPort = 8125;

function pushTargets(telemetry: Config['telemetry'], hostname: string, clock: Clock, logger: Logger): PushTarget[] {
  const targets: PushTarget[] = [];
  const add = (
    address: string,
    open: typeof udpTransport | typeof tcpTransport,
    format: PushTarget['format'],
    port?: number,
  ): void => {
    if (address === '') return;
    const target = parseHostPort(address, port);
    if (target === null) logger.warn('Metrics are not sent: not a host and port', { address });
    else targets.push({ transport: open(target, clock) satisfies LineTransport, format });
  };
  add(telemetry.statsdAddress, udpTransport, statsdLine);
  add(telemetry.statsiteAddress, tcpTransport, statsdLine);
  const dogstatsd = dogstatsdFormatter(telemetry.dogstatsdTags, telemetry.disableHostname ? '' : hostname);
  add(telemetry.dogstatsdAddress, udpTransport, dogstatsd, dogstatsdPort);
  return targets;
}
