/**
 * All metrics of the agent with go-metrics' meaning: intervals of ten seconds, of which the last finished one is shown.
 * Updating a handle touches a few numbers; no clock, no lookup, no allocation.
 */
import type { Clock, Timer } from '../../lib/runtime.ts';
import type { Labels, Metrics } from './api.ts';
import { type Interval, snapshotInterval } from './interval.ts';
import { isAllowed, keepAll, type PrefixRules } from './prefix-filter.ts';
import { Series, type SeriesKind, sortKeyOf } from './series.ts';

export const intervalMs = 10_000;
/** A bug that makes labels without end must not eat the memory; what is beyond is not recorded. */
const maxSeries = 20_000;
/** Values kept for statsd between two flushes. */
const maxUnsent = 10_000;

export interface RegistryOptions {
  readonly clock: Clock;
  readonly prefix: string;
  /** Part of gauge names; empty = left out. */
  readonly hostname?: string;
  readonly filter?: PrefixRules;
  readonly withQuantiles?: boolean;
}

const ignore = (): void => {};

export class MetricRegistry implements Metrics {
  readonly #options: RegistryOptions;
  readonly #series = new Map<string, Series>();
  #filter: PrefixRules;
  #startMs: number;
  #finished: Interval | null = null;
  #timer: Timer | null = null;
  #keepsUnsent = false;
  #stopped = false;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#filter = options.filter ?? keepAll;
    this.#startMs = truncate(options.clock.wallMs());
    this.#scheduleRotation();
  }

  counter(name: string, labels: Labels = {}): (by?: number) => void {
    const series = this.#find('counter', name, labels);
    if (series === null) return ignore;
    return (by = 1) => {
      if (series.allowed) series.add(by);
    };
  }

  sample(name: string, labels: Labels = {}): (value: number) => void {
    const series = this.#find('sample', name, labels);
    if (series === null) return ignore;
    const { quantiles } = series;
    return (value) => {
      if (!series.allowed) return;
      series.add(value);
      if (quantiles !== null) quantiles.add(value);
      const { unsent } = series;
      if (unsent !== null && unsent.length < maxUnsent) unsent.push(value);
    };
  }

  gauge(name: string, labels: Labels = {}): (value: number) => void {
    const series = this.#find('gauge', name, labels);
    if (series === null) return ignore;
    return (value) => {
      if (series.allowed) series.set(value);
    };
  }

  /** Shown with zero values from the start, and never expired. */
  define(kind: SeriesKind, name: string): void {
    const series = this.#find(kind, name, {});
    if (series !== null) series.defined = true;
  }

  /** Takes effect at once, also for handles that exist. */
  setFilter(filter: PrefixRules): void {
    this.#filter = filter;
    for (const series of this.#series.values()) series.allowed = isAllowed(filter, series.name);
  }

  /** The last finished interval; the running one while there is no other. */
  interval(): Interval {
    return this.#finished ?? snapshotInterval(this.#series.values(), this.#startMs);
  }

  series(): Iterable<Series> {
    return this.#series.values();
  }

  /** The full name of a metric, as the outputs show it. */
  fullName(kind: SeriesKind, name: string): string {
    const { prefix, hostname } = this.#options;
    const parts = kind === 'gauge' && hostname ? [prefix, hostname, name] : [prefix, name];
    return parts
      .filter((part) => part !== '')
      .join('.')
      .replaceAll(' ', '_');
  }

  /** From now on every sample's values are kept until somebody takes them. */
  keepUnsent(): void {
    this.#keepsUnsent = true;
    for (const series of this.#series.values()) {
      if (series.kind === 'sample') series.unsent ??= [];
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #find(kind: SeriesKind, name: string, labels: Labels): Series | null {
    const key = `${kind} ${sortKeyOf(name, labels)}`;
    let series = this.#series.get(key);
    if (series !== undefined) return series;
    if (this.#series.size >= maxSeries) return null;
    const full = this.fullName(kind, name);
    series = new Series(kind, full, labels, isAllowed(this.#filter, full), this.#options.withQuantiles ?? false);
    if (this.#keepsUnsent && kind === 'sample') series.unsent = [];
    this.#series.set(key, series);
    return series;
  }

  #scheduleRotation(): void {
    const { clock } = this.#options;
    // Never zero, so that a clock that stands still cannot spin; never long, whatever the wall clock jumps to.
    const waitMs = Math.min(Math.max(this.#startMs + intervalMs - clock.wallMs(), 1), intervalMs);
    this.#timer = clock.after(waitMs, () => {
      if (this.#stopped) return;
      this.#rotate();
      this.#scheduleRotation();
    });
  }

  #rotate(): void {
    const { clock } = this.#options;
    const startMs = truncate(clock.wallMs());
    // A timer that came a little early belongs to the interval that is about to end.
    if (startMs === this.#startMs) return;
    this.#finished = snapshotInterval(this.#series.values(), this.#startMs);
    this.#startMs = startMs;
    const nowMs = clock.nowMs();
    for (const series of this.#series.values()) series.rotate(nowMs);
  }
}

const truncate = (wallMs: number): number => Math.floor(wallMs / intervalMs) * intervalMs;
