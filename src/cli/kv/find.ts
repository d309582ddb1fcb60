/** Which keys, and which lines of values, match what is looked for. Pure. */
import { compileGoRegexp, type GoRegexp } from '../../lib/go-regexp.ts';

export type Matcher = (text: string) => boolean;

/** A text that is contained, or a regular expression. Throws a GoRegexpError. */
export function matcherOf(
  pattern: string,
  options: { readonly regex: boolean; readonly ignoreCase: boolean },
): Matcher {
  const { regex, ignoreCase } = options;
  if (regex) {
    const compiled: GoRegexp = compileGoRegexp(ignoreCase ? `(?i)${pattern}` : pattern);
    return (text) => compiled.test(text);
  }
  if (!ignoreCase) return (text) => text.includes(pattern);
  const wanted = pattern.toLowerCase();
  return (text) => text.toLowerCase().includes(wanted);
}

export interface FoundLine {
  /** From 1 on. */
  readonly line: number;
  readonly text: string;
}

/** Lines of a value that match; undefined for bytes that are no text. */
export function matchingLines(value: Buffer, matches: Matcher): readonly FoundLine[] | undefined {
  const text = value.toString();
  if (text.includes('\0') || text.includes('\ufffd')) return undefined;
  return text
    .split('\n')
    .map((one, at) => ({ line: at + 1, text: one }))
    .filter((one) => matches(one.text));
}
