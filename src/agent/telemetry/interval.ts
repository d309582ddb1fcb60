/** What happened in one interval, in the shape of `/v1/agent/metrics`. */
import { goTimestamp } from '../../lib/go-format.ts';
import type { Labels } from './api.ts';
import type { Series } from './series.ts';

/** Seconds of an interval: rates are per second. */
const intervalSeconds = 10;

export interface GaugeValue {
  readonly Name: string;
  readonly Value: number;
  readonly Labels: Labels;
}

export interface SampledValue {
  readonly Name: string;
  readonly Count: number;
  readonly Rate: number;
  readonly Sum: number;
  readonly Min: number;
  readonly Max: number;
  readonly Mean: number;
  readonly Stddev: number;
  readonly Labels: Labels;
}

/** The answer of `/v1/agent/metrics`; keys in the order they are written. */
export interface Interval {
  /** Start of the interval, '2021-07-22 10:54:50 +0000 UTC'. */
  readonly Timestamp: string;
  readonly Gauges: readonly GaugeValue[];
  /** Always empty: nothing in Consul emits plain points. */
  readonly Points: readonly never[];
  readonly Counters: readonly SampledValue[];
  readonly Samples: readonly SampledValue[];
}

export function snapshotInterval(all: Iterable<Series>, startWallMs: number): Interval {
  const active = [...all].filter((series) => series.count > 0);
  active.sort((a, b) => (a.sortKey < b.sortKey ? -1 : 1));
  const ofKind = (kind: Series['kind']) => active.filter((series) => series.kind === kind);
  return {
    Timestamp: goTimestamp(startWallMs),
    Gauges: ofKind('gauge').map(({ name, value, labels }) => ({ Name: name, Value: value, Labels: labels })),
    Points: [],
    Counters: ofKind('counter').map(sampledValue),
    Samples: ofKind('sample').map(sampledValue),
  };
}

function sampledValue({ name, labels, count, sum, sumSquares, min, max }: Series): SampledValue {
  return {
    Name: name,
    Count: count,
    Rate: sum / intervalSeconds,
    Sum: sum,
    Min: min,
    Max: max,
    Mean: sum / count,
    Stddev: standardDeviation(count, sum, sumSquares),
    Labels: labels,
  };
}

/** Of a sample of a population (divided by n - 1); rounding must not make it the root of something negative. */
function standardDeviation(count: number, sum: number, sumSquares: number): number {
  if (count < 2) return 0;
  return Math.sqrt(Math.max(0, count * sumSquares - sum * sum) / (count * (count - 1)));
}
