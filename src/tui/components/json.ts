/** JSON on a screen: indented, names and values in their own tones. */
import { type Line, type Span, sanitize, span, type Tone, wrap } from '../text.ts';

const token = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d[\d.eE+-]*)|\b(true|false|null)\b|([{}[\],:])/g;

/** One line of JSON text. */
export function jsonLine(text: string): Line {
  const out: Span[] = [];
  let at = 0;
  for (const match of text.matchAll(token)) {
    if (match.index > at) out.push(span(text.slice(at, match.index)));
    const [whole, string, colon, number, word] = match;
    if (string !== undefined && colon !== undefined) out.push(span(sanitize(string), 'accent'), span(colon, 'muted'));
    else out.push(span(sanitize(whole), toneOf(string, number, word)));
    at = match.index + whole.length;
  }
  if (at < text.length) out.push(span(sanitize(text.slice(at))));
  return out;
}

function toneOf(string: string | undefined, number: string | undefined, word: string | undefined): Tone {
  if (string !== undefined) return 'good';
  if (number !== undefined) return 'value';
  return word !== undefined ? 'info' : 'muted';
}

/** Numbers beyond 2^53 are bigints here and stay exact. */
export function jsonText(value: unknown): string {
  const bigints: string[] = [];
  const text = JSON.stringify(
    value,
    (_key, each: unknown) => {
      if (typeof each !== 'bigint') return each;
      bigints.push(String(each));
      return `\u0000${bigints.length - 1}\u0000`;
    },
    2,
  );
  return (text ?? 'null').replace(/"\\u0000(\d+)\\u0000"/g, (_, index: string) => bigints[Number(index)]!);
}

export function jsonLines(value: unknown, width: number): Line[] {
  return jsonText(value)
    .split('\n')
    .flatMap((line) => wrap(line, width).map(jsonLine));
}
