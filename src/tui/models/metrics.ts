/**
 * The numbers the first page draws, taken from one aggregate of `/v1/agent/metrics`. Names may carry the host name in
 * front (`consul.HOST.runtime.alloc_bytes`), which is why they are looked for by their end.
 */
import type { AgentMetrics, SampledValue } from '../../client/index.ts';

/** Length of an aggregate of the agent's in-memory sink. */
const intervalSeconds = 10;

export interface LoadFigures {
  /** HTTP requests a second, mean of the last complete interval. */
  readonly httpPerSecond: number;
  /** RPC requests a second: what this server answered, or what this client asked. */
  readonly rpcPerSecond: number;
  readonly dnsPerSecond: number;
  /** Packets of the gossip layer a second, in and out; undefined where the agent does not measure them. */
  readonly gossipPerSecond: number | undefined;
  /** Mean time from proposal to commit, milliseconds; undefined without writes. */
  readonly commitMeanMs: number | undefined;
  /** Bytes of heap in use; undefined where the agent does not say. */
  readonly allocatedBytes: number | undefined;
}

export function loadFigures({ Gauges, Counters, Samples }: AgentMetrics): LoadFigures {
  const perSecond = (samples: readonly SampledValue[], ...names: string[]) =>
    samples.reduce((sum, { Name, Count }) => (names.some((name) => nameIs(Name, name)) ? sum + Count : sum), 0) /
    intervalSeconds;
  return {
    httpPerSecond: perSecond(Samples, 'api.http'),
    rpcPerSecond: perSecond(Counters, 'rpc.request', 'client.rpc'),
    dnsPerSecond: perSecond(Samples, 'dns.domain_query', 'dns.ptr_query'),
    // Each observation is a packet, its value the bytes of it.
    gossipPerSecond: Counters.some(({ Name }) => Name.includes('.memberlist.'))
      ? perSecond(Counters, 'memberlist.udp.sent', 'memberlist.udp.received')
      : undefined,
    commitMeanMs: Samples.find(({ Name }) => nameIs(Name, 'raft.commitTime'))?.Mean,
    allocatedBytes: Gauges.find(({ Name }) => nameIs(Name, 'runtime.alloc_bytes'))?.Value,
  };
}

/** `name` is `PREFIX.wanted` or `PREFIX.HOST.wanted`. */
function nameIs(name: string, wanted: string): boolean {
  return name.endsWith(wanted) && name.charAt(name.length - wanted.length - 1) === '.';
}

export interface MetricReading {
  /** With its labels: `consul.api.http{method=GET}`. */
  readonly name: string;
  readonly kind: 'gauge' | 'counter' | 'sample';
  /** What is plotted: a gauge's value, a counter's rate, a sample's mean. */
  readonly value: number;
  /** Observations in the interval; for gauges none. */
  readonly count: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly raw: unknown;
}

/** Every metric of an aggregate, by name. */
export function metricReadings({ Gauges, Counters, Samples }: AgentMetrics): MetricReading[] {
  const readings: MetricReading[] = Gauges.map((gauge) => ({
    name: fullName(gauge.Name, gauge.Labels),
    kind: 'gauge',
    value: gauge.Value,
    count: undefined,
    min: undefined,
    max: undefined,
    raw: gauge,
  }));
  const sampled = (kind: 'counter' | 'sample', value: (sample: SampledValue) => number) => (sample: SampledValue) =>
    readings.push({
      name: fullName(sample.Name, sample.Labels),
      kind,
      value: value(sample),
      count: sample.Count,
      min: sample.Min,
      max: sample.Max,
      raw: sample,
    });
  Counters.forEach(sampled('counter', ({ Sum }) => Sum / intervalSeconds));
  Samples.forEach(sampled('sample', ({ Mean }) => Mean));
  return readings.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function fullName(name: string, labels: Readonly<Record<string, string>> | null): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}
