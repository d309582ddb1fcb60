/** The metrics in Prometheus' text format, version 0.0.4. */
import { goFloat } from '../../lib/go-format.ts';
import type { Labels } from './api.ts';
import type { Series } from './series.ts';

export const prometheusContentType = 'text/plain; version=0.0.4; charset=utf-8';

const quantiles = [0.5, 0.9, 0.99] as const;
const typeNames = { counter: 'counter', gauge: 'gauge', sample: 'summary' } as const;

export interface PrometheusOptions {
  readonly nowMs: number;
  /** Series without a value for so long are left out. */
  readonly retentionMs: number;
  /** Help texts by full metric name; a metric without one is its own help. */
  readonly help: ReadonlyMap<string, string>;
}

/** Families sorted by name, series by labels. */
export function prometheusText(all: Iterable<Series>, { nowMs, retentionMs, help }: PrometheusOptions): string {
  const isFresh = (series: Series) => series.count > 0 || nowMs - series.lastActiveMs <= retentionMs;
  const families = new Map<string, Series[]>();
  for (const series of all) {
    if (!series.allowed || !(series.defined || isFresh(series))) continue;
    const name = metricName(series.name);
    const family = families.get(name);
    if (family === undefined) families.set(name, [series]);
    // One type per family: a name used for two kinds keeps the first.
    else if (family[0]!.kind === series.kind) family.push(series);
  }
  let text = '';
  for (const name of [...families.keys()].sort()) {
    const family = families.get(name)!.sort((a, b) => (a.sortKey < b.sortKey ? -1 : 1));
    const { kind, name: dotted } = family[0]!;
    text += `# HELP ${name} ${escapeHelp(help.get(dotted) ?? name)}\n# TYPE ${name} ${typeNames[kind]}\n`;
    for (const series of family) text += seriesText(name, series);
  }
  return text;
}

function seriesText(name: string, series: Series): string {
  const pairs = labelPairs(series.labels);
  const sum = series.totalSum + series.sum;
  if (series.kind === 'gauge') return `${name}${braces(pairs)} ${goFloat(series.value)}\n`;
  if (series.kind === 'counter') return `${name}${braces(pairs)} ${goFloat(sum)}\n`;
  let text = '';
  for (const quantile of quantiles) {
    const value = series.quantiles?.at(quantile) ?? Number.NaN;
    text += `${name}${braces([...pairs, `quantile="${quantile}"`])} ${goFloat(value)}\n`;
  }
  text += `${name}_sum${braces(pairs)} ${goFloat(sum)}\n`;
  return `${text}${name}_count${braces(pairs)} ${series.totalCount + series.count}\n`;
}

/** Dots, dashes and whatever else Prometheus does not know become underscores. */
export const metricName = (name: string): string => name.replace(/[^a-zA-Z0-9_:]/g, '_').replace(/^(?=\d)/, '_');

function labelPairs(labels: Labels): string[] {
  return Object.keys(labels)
    .sort()
    .map((label) => `${label.replace(/[^a-zA-Z0-9_]/g, '_')}="${escapeLabel(labels[label]!)}"`);
}

const braces = (pairs: readonly string[]): string => (pairs.length === 0 ? '' : `{${pairs.join(',')}}`);
const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"');
