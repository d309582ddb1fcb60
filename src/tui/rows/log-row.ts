/** A line of the agent's log as spans: quiet time and name, loud level. */
import type { LogLine } from '../models/logs.ts';
import { type Line, pad, sanitize, span, type Tone } from '../text.ts';

const levelTones: Readonly<Record<string, Tone>> = {
  TRACE: 'muted',
  DEBUG: 'muted',
  INFO: 'good',
  WARN: 'warn',
  ERR: 'bad',
  ERROR: 'bad',
};

export function logRow({ level, time, name, message }: LogLine): Line {
  if (level === '') return [span(sanitize(message))];
  const tone = levelTones[level] ?? 'plain';
  const loud = tone === 'bad' || tone === 'warn';
  return [
    span(`${time} `, 'muted'),
    span(pad(level, 5), tone, { bold: loud }),
    span(' '),
    span(name === '' ? '' : `${sanitize(name)} `, 'accent'),
    span(sanitize(message), tone === 'muted' ? 'muted' : 'plain'),
  ];
}
