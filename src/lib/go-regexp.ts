/** Regular expressions as Go writes them (RE2), on JavaScript's: checked with Go's error texts, translated where the two differ. */

/** Thrown for a pattern that Go refuses; the message is Go's. */
export class GoRegexpError extends Error {
  override readonly name = 'GoRegexpError';
}

const fail = (what: string, part: string): never => {
  throw new GoRegexpError(`error parsing regexp: ${what}: \`${part}\``);
};

const posixClasses: Readonly<Record<string, string>> = {
  alnum: 'a-zA-Z0-9',
  alpha: 'a-zA-Z',
  blank: ' \\t',
  digit: '0-9',
  lower: 'a-z',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\s',
  upper: 'A-Z',
  word: '\\w',
  xdigit: '0-9a-fA-F',
};

const repetition = /^(?:[*+?]|\{\d+(?:,\d*)?\})/;

/** @throws GoRegexpError */
export function compileGoRegexp(pattern: string): RegExp {
  const flags = /^\(\?([ims]+)\)/.exec(pattern);
  const source = translate(flags === null ? pattern : pattern.slice(flags[0].length), pattern);
  try {
    return new RegExp(source, `u${flags?.[1] ?? ''}`);
  } catch {
    // Escapes that only strict Unicode mode refuses.
    try {
      return new RegExp(source, flags?.[1] ?? '');
    } catch {
      return fail('invalid expression', pattern);
    }
  }
}

function translate(text: string, whole: string): string {
  let out = '';
  let depth = 0;
  let repeatable = false;
  let at = 0;
  while (at < text.length) {
    const char = text[at]!;
    const repeat = repetition.exec(text.slice(at))?.[0];
    if (repeat !== undefined) {
      if (!repeatable) fail('missing argument to repetition operator', repeat);
      at += repeat.length;
      const lazy = text[at] === '?';
      if (lazy) at++;
      const next = repetition.exec(text.slice(at))?.[0];
      if (next !== undefined) fail('invalid nested repetition operator', `${repeat}${lazy ? '?' : ''}${next}`);
      out += lazy ? `${repeat}?` : repeat;
      continue;
    }
    repeatable = true;
    if (char === '\\') {
      if (at + 1 === text.length) fail('trailing backslash at end of expression', '');
      const piece = escapeAt(text, at);
      out += piece.source;
      at += piece.length;
    } else if (char === '[') {
      const [piece, length] = characterClass(text, at);
      out += piece;
      at += length;
    } else if (char === '(') {
      const [piece, length] = opening(text, at);
      out += piece;
      at += length;
      depth++;
      repeatable = false;
    } else {
      if (char === ')' && --depth < 0) fail('unexpected )', whole);
      if (char === '|') repeatable = false;
      out += char === '{' || char === '}' || char === ']' ? `\\${char}` : char;
      at++;
    }
  }
  if (depth > 0) fail('missing closing )', whole);
  return out;
}

/** The escape that begins at a backslash which is not the last character. */
function escapeAt(text: string, at: number): { readonly source: string; readonly length: number } {
  // Go allows `\pL` for `\p{L}`.
  const category = /^\\([pP])([A-Z])/.exec(text.slice(at, at + 3));
  if (category !== null) return { source: `\\${category[1]}{${category[2]}}`, length: 3 };
  const named = /^\\[pP]\{\^?\w+\}/.exec(text.slice(at));
  if (named !== null) return { source: named[0], length: named[0].length };
  return { source: escaped(text[at + 1]!), length: 2 };
}

function escaped(char: string): string {
  if (char === 'A') return '^';
  if (char === 'z') return '$';
  if (char === 'a') return '\\x07';
  return /[\w]/.test(char) || /[\^$\\.*+?()[\]{}|/-]/.test(char) ? `\\${char}` : char;
}

function opening(text: string, at: number): readonly [string, number] {
  if (text[at + 1] !== '?') return ['(', 1];
  const named = /^\(\?P<([A-Za-z_]\w*)>/.exec(text.slice(at));
  if (named !== null) return [`(?<${named[1]}>`, named[0].length];
  if (text.startsWith('(?:', at)) return ['(?:', 3];
  return fail('invalid or unsupported Perl syntax', text.slice(at, at + 3));
}

function characterClass(text: string, start: number): readonly [string, number] {
  let at = start + 1;
  let out = '[';
  if (text[at] === '^') out += text[at++];
  for (let first = true; ; first = false) {
    const char = text[at];
    if (char === undefined) return fail('missing closing ]', text.slice(start));
    const posix = /^\[:(\w+):\]/.exec(text.slice(at));
    if (char === ']' && !first) return [`${out}]`, at + 1 - start];
    if (posix !== null) {
      out += posixClasses[posix[1]!] ?? fail('invalid character class range', posix[0]);
      at += posix[0].length;
    } else if (char === '\\') {
      if (at + 1 === text.length) fail('missing closing ]', text.slice(start));
      const piece = escapeAt(text, at);
      out += piece.source;
      at += piece.length;
    } else {
      out += char === '[' || char === ']' ? `\\${char}` : char;
      at++;
    }
  }
}
