/** Metric updates as lines of the statsd family: statsd and statsite put labels into the name, dogstatsd makes them tags. */
import type { Labels } from './api.ts';

export type UpdateType = 'c' | 'g' | 'ms';
export type UpdateFormatter = (name: string, labels: Labels, value: number, type: UpdateType) => string;

/** `consul.api.http.GET.v1_kv_:1.000000|ms` */
export const statsdLine: UpdateFormatter = (name, labels, value, type) =>
  `${plainName(name, labels)}:${value.toFixed(6)}|${type}\n`;

/** `consul.api.http:1.5|ms|#env:prod,method:GET`. The daemon adds the host: it is taken out of gauge names. */
export function dogstatsdFormatter(globalTags: readonly string[], hostname: string): UpdateFormatter {
  return (name, labels, value, type) => {
    const tags = [...globalTags];
    for (const label in labels) tags.push(`${label}:${labels[label]}`);
    const suffix = tags.length === 0 ? '' : `|#${tags.map((tag) => tag.replace(/[|,\n]/g, '_')).join(',')}`;
    const bare = hostname === '' ? name : name.replace(`.${hostname}.`, '.');
    return `${escapeName(bare)}:${decimal(value)}|${type}${suffix}\n`;
  };
}

function plainName(name: string, labels: Labels): string {
  let full = name;
  for (const label in labels) full += `.${labels[label]}`;
  return escapeName(full);
}

/** Colons and bars end a name, spaces end a line for some daemons. */
const escapeName = (name: string): string => name.replace(/[:|\s]/g, '_');

/** Not in exponent form, below 10^21. */
function decimal(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toFixed(9).replace(/\.?0+$/, '') : text;
}
