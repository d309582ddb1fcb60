/** time.Time in JSON: RFC 3339 between quotes, with the errors of Go's time.Parse. */

import { goQuote } from '../go-format.ts';
import { parseTime } from '../msgpack/time.ts';
import { JsonError } from './errors.ts';
import { quote as jsonQuote } from './quote.ts';

const layout = '"2006-01-02T15:04:05Z07:00"';
/** The elements of the layout and what stands for each. */
const elements: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['"', /^"/],
  ['2006', /^\d{4}/],
  ['-', /^-/],
  ['01', /^\d\d/],
  ['-', /^-/],
  ['02', /^\d\d/],
  ['T', /^T/],
  ['15', /^\d\d/],
  [':', /^:/],
  ['04', /^\d\d/],
  [':', /^:/],
  ['05', /^\d\d(?:\.\d+)?/],
  ['Z07:00', /^(?:Z|[+-]\d\d:\d\d)/],
  ['"', /^"/],
];

/** The text of a time that is one. Throws JsonError. */
export function readTime(text: string): string {
  const time = text.replace(/(\.\d{9})\d+/, '$1');
  if (parseTime(time) !== null) return time;
  const raw = jsonQuote(text);
  let rest = raw;
  for (const [name, pattern] of elements) {
    const match = pattern.exec(rest);
    if (match === null) throw failure(raw, `: cannot parse ${goQuote(rest)} as ${goQuote(name)}`);
    rest = rest.slice(match[0].length);
  }
  throw failure(raw, rest === '' ? `: ${outOfRange(text)} out of range` : `: extra text: ${goQuote(rest)}`);
}

/** What is no JSON string cannot even begin. */
export function wrongTime(raw: string): JsonError {
  return failure(raw, `: cannot parse ${goQuote(raw)} as ${goQuote('"')}`);
}

const failure = (raw: string, why: string): JsonError =>
  new JsonError(`parsing time ${goQuote(raw)} as ${goQuote(layout)}${why}`);

function outOfRange(text: string): string {
  const [month, hour, minute, second] = [
    text.slice(5, 7),
    text.slice(11, 13),
    text.slice(14, 16),
    text.slice(17, 19),
  ].map(Number) as [number, number, number, number];
  if (month < 1 || month > 12) return 'month';
  if (hour > 23) return 'hour';
  if (minute > 59) return 'minute';
  return second > 59 ? 'second' : 'day';
}
