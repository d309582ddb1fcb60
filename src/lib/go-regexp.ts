/**
 * Regular expressions as Go has them (RE2), for users who write them in filters and templates: what Go refuses is refused
 * with its words, and matching takes time in proportion to the text, whatever the pattern. Matching searches anywhere.
 */
import { createRequire } from 'node:module';
import type { RE2JS } from 're2js';

/** The message is Go's, such as "error parsing regexp: missing closing ]: `[`". */
export class GoRegexpError extends Error {
  override readonly name = 'GoRegexpError';
}

export interface GoRegexp {
  test(text: string): boolean;
  /** The whole match and its groups, undefined for a group that took no part; null when nothing matches. */
  exec(text: string): readonly (string | undefined)[] | null;
}

/** Repetitions are unrolled: both limits keep compiling and matching within milliseconds. */
const maxLength = 4096;
const maxUnrolled = 1 << 17;
const maxProgram = 4096;

let engine: typeof RE2JS | undefined;

/** The engine is large and seldom needed: it is loaded with the first pattern. */
function load(): typeof RE2JS {
  engine ??= (createRequire(import.meta.url)('re2js') as { RE2JS: typeof RE2JS }).RE2JS;
  return engine;
}

/** Throws GoRegexpError. */
export function compileGoRegexp(pattern: string): GoRegexp {
  if (pattern.length > maxLength || unrolled(pattern) > maxUnrolled) throw tooLarge(pattern);
  let compiled: RE2JS;
  try {
    compiled = load().compile(pattern);
  } catch (error) {
    const { message } = error as Error;
    if (!message.startsWith('error parsing regexp: ')) throw error;
    throw new GoRegexpError(message.includes('`') ? message : `${message}: \`\``);
  }
  if (compiled.programSize() > maxProgram) throw tooLarge(pattern);
  return {
    test: (text) => compiled.test(text),
    exec(text) {
      const matcher = compiled.matcher(text);
      if (!matcher.find()) return null;
      return Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group) ?? undefined);
    },
  };
}

/** An upper bound of what the counts of a pattern make of it. */
function unrolled(pattern: string): number {
  let copies = 1;
  for (const [, least, most] of pattern.matchAll(/\{(\d+)(?:,(\d*))?\}/g)) copies += Number(most || least);
  return copies * pattern.length;
}

const tooLarge = (pattern: string): GoRegexpError =>
  new GoRegexpError(`error parsing regexp: expression too large: \`${pattern.slice(0, 32)}...\``);
