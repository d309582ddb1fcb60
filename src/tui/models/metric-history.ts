/** The course of every metric since the dashboard runs: one value for each interval that the agent has completed. */
import type { AgentMetrics } from '../../client/index.ts';
import { type History, push } from './history.ts';
import { metricReadings } from './metrics.ts';
import type { Resource } from './resource.ts';
import { createStore, type Readable } from './store.ts';

export type MetricHistories = ReadonlyMap<string, History>;

interface Metered {
  readonly datacenter: { readonly feeds: { readonly metrics: Readable<Resource<AgentMetrics>> } };
}

/** One course for all who look at the same feed. */
const known = new WeakMap<Readable<unknown>, Readable<MetricHistories>>();

export function metricHistories({ datacenter }: Metered): Readable<MetricHistories> {
  const feed = datacenter.feeds.metrics;
  const existing = known.get(feed);
  if (existing !== undefined) return existing;
  const store = createStore<MetricHistories>(new Map());
  let last = '';
  feed.subscribe(() => {
    const { value } = feed.get();
    if (value === undefined || value.Timestamp === last) return;
    last = value.Timestamp;
    const before = store.get();
    store.set(
      new Map(
        metricReadings(value).map((reading) => [reading.name, push(before.get(reading.name) ?? [], reading.value)]),
      ),
    );
  });
  known.set(feed, store);
  return store;
}
