/** One metric with one set of labels: what happened in the current interval, and since the start. */
import type { Labels } from './api.ts';
import { Quantiles } from './quantiles.ts';

export type SeriesKind = 'counter' | 'gauge' | 'sample';

/** The figures of a counter or sample over one interval. */
export interface Aggregate {
  readonly count: number;
  readonly sum: number;
  readonly sumSquares: number;
  readonly min: number;
  readonly max: number;
}

export class Series {
  readonly kind: SeriesKind;
  /** With prefix and, for gauges, host: 'consul.raft.apply'. */
  readonly name: string;
  readonly labels: Labels;
  /** The order of series in every output: `name;label=value`. */
  readonly sortKey: string;
  /** False while the prefix filter excludes it. */
  allowed: boolean;
  /** Defined metrics are shown before their first value and never expire. */
  defined = false;

  count = 0;
  sum = 0;
  sumSquares = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  /** The last value of a gauge; of other kinds 0. */
  value = 0;

  totalCount = 0;
  totalSum = 0;
  /** End of the last interval with a value, monotonic; -Infinity = never. */
  lastActiveMs = Number.NEGATIVE_INFINITY;

  /** Only with Prometheus on. */
  readonly quantiles: Quantiles | null;
  /** Values for statsd since its last flush; null while there is no such sink. */
  unsent: number[] | null = null;
  /** Counters: the part of the total that statsd knows. Gauges: intervals aside, whether it was set since. */
  sentSum = 0;
  isDirty = false;

  constructor(kind: SeriesKind, name: string, labels: Labels, allowed: boolean, withQuantiles: boolean) {
    this.kind = kind;
    this.name = name;
    this.labels = labels;
    this.sortKey = sortKeyOf(name, labels);
    this.allowed = allowed;
    this.quantiles = kind === 'sample' && withQuantiles ? new Quantiles() : null;
  }

  /** A counter's step or a sample's value. */
  add(value: number): void {
    this.count++;
    this.sum += value;
    this.sumSquares += value * value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }

  set(value: number): void {
    this.value = value;
    this.count++;
    this.isDirty = true;
  }

  /** Starts a new interval. */
  rotate(nowMs: number): void {
    this.quantiles?.rotate();
    if (this.count === 0) return;
    this.lastActiveMs = nowMs;
    this.totalCount += this.count;
    this.totalSum += this.sum;
    this.count = 0;
    this.sum = 0;
    this.sumSquares = 0;
    this.min = Number.POSITIVE_INFINITY;
    this.max = Number.NEGATIVE_INFINITY;
  }
}

export function sortKeyOf(name: string, labels: Labels): string {
  let key = name;
  for (const label in labels) key += `;${label}=${labels[label]}`;
  return key;
}
