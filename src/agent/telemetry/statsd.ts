/**
 * Pushes the metrics to statsd, statsite and dogstatsd daemons ten times a second: counters as what was added, gauges as what
 * was set, samples one by one.
 */
import type { Clock, Timer } from '../../lib/runtime.ts';
import type { MetricRegistry } from './metric-registry.ts';
import type { Series } from './series.ts';
import type { UpdateFormatter, UpdateType } from './statsd-format.ts';
import type { LineTransport } from './statsd-transport.ts';

const flushEveryMs = 100;

export interface PushTarget {
  readonly transport: LineTransport;
  readonly format: UpdateFormatter;
}

interface Update {
  readonly series: Series;
  readonly type: UpdateType;
  readonly value: number;
}

/** Returns the stopper, which sends what is left. */
export function pushMetrics(registry: MetricRegistry, targets: readonly PushTarget[], clock: Clock): () => void {
  registry.keepUnsent();
  const flush = () => {
    const updates = takeUpdates(registry.series());
    if (updates.length === 0) return;
    for (const { transport, format } of targets) {
      transport.send(updates.map(({ series, type, value }) => format(series.name, series.labels, value, type)));
    }
  };
  let timer: Timer;
  const tick = () => {
    flush();
    timer = clock.after(flushEveryMs, tick);
  };
  timer = clock.after(flushEveryMs, tick);
  return () => {
    timer.cancel();
    flush();
    for (const { transport } of targets) transport.close();
  };
}

function takeUpdates(all: Iterable<Series>): Update[] {
  const updates: Update[] = [];
  for (const series of all) {
    if (series.kind === 'counter') {
      const sum = series.totalSum + series.sum;
      if (sum === series.sentSum) continue;
      updates.push({ series, type: 'c', value: sum - series.sentSum });
      series.sentSum = sum;
    } else if (series.kind === 'gauge') {
      if (!series.isDirty) continue;
      series.isDirty = false;
      updates.push({ series, type: 'g', value: series.value });
    } else if (series.unsent !== null && series.unsent.length > 0) {
      for (const value of series.unsent) updates.push({ series, type: 'ms', value });
      series.unsent = [];
    }
  }
  return updates;
}
