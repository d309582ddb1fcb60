/**
 * Regular expressions in Go's syntax (RE2), for users who write them in filters and templates. Translated to the engine's own;
 * what Go refuses is refused with its words. Matching searches anywhere in the text.
 */

/** The message is Go's, such as "error parsing regexp: missing closing ]: `[`". */
export class GoRegexpError extends Error {
  override readonly name = 'GoRegexpError';
  constructor(what: string, where: string) {
    super(`error parsing regexp: ${what}: \`${where}\``);
  }
}

/** Longer ones are refused: matching costs time on the event loop. */
const maxLength = 4096;
const maxRepeat = 1000;

const posixClasses: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7f',
  blank: '\\t ',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`\\{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

/** Throws GoRegexpError. */
export function compileGoRegexp(pattern: string): RegExp {
  if (pattern.length > maxLength) throw new GoRegexpError('expression too large', `${pattern.slice(0, 32)}...`);
  const { source, flags } = new Translator(pattern).run();
  try {
    return new RegExp(source, flags);
  } catch {
    throw new GoRegexpError('internal error', pattern);
  }
}

class Translator {
  readonly #pattern: string;
  #pos = 0;
  #out = '';
  #depth = 0;
  #flags = 'u';
  /** What stands before: nothing that can be repeated, an atom, or a repetition (from where to where). */
  #before: 'nothing' | 'atom' | { readonly start: number } = 'nothing';

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  run(): { readonly source: string; readonly flags: string } {
    while (this.#pos < this.#pattern.length) this.#step();
    if (this.#depth > 0) throw new GoRegexpError('missing closing )', this.#pattern);
    return { source: this.#out, flags: this.#flags };
  }

  #step(): void {
    const char = String.fromCodePoint(this.#pattern.codePointAt(this.#pos) as number);
    switch (char) {
      case '(':
        this.#open();
        return;
      case ')':
        if (this.#depth-- === 0) throw new GoRegexpError('unexpected )', this.#pattern);
        this.#emit(')', 1);
        return;
      case '[':
        this.#class();
        return;
      case '\\':
        this.#escape();
        return;
      case '*':
      case '+':
      case '?':
        this.#repeat(char);
        return;
      case '{': {
        const count = /^\{(\d+)(?:,(\d*))?\}/.exec(this.#pattern.slice(this.#pos));
        if (count === null) this.#emit('\\{', 1);
        else this.#count(count);
        return;
      }
      case '|':
      case '^':
        this.#emit(char, 1, 'nothing');
        if (char === '^') this.#before = 'atom';
        return;
      case '}':
      case ']':
      case '/':
        this.#emit(`\\${char}`, 1);
        return;
      default:
        this.#emit(char, char.length);
    }
  }

  #emit(text: string, length: number, before: 'nothing' | 'atom' = 'atom'): void {
    this.#out += text;
    this.#pos += length;
    this.#before = before;
  }

  #open(): void {
    const rest = this.#pattern.slice(this.#pos);
    const flags = /^\(\?([imsU]*)(-[imsU]+)?([:)])/.exec(rest);
    const name = /^\(\?P<([A-Za-z0-9_]+)>/.exec(rest);
    if (flags !== null && flags[3] === ')') {
      // Flags for all that follows: at the beginning they are those of the whole.
      const atStart = this.#out === '' && flags[2] === undefined && !flags[1]!.includes('U');
      if (!atStart) throw new GoRegexpError('invalid or unsupported Perl syntax', flags[0]);
      this.#flags = [...new Set(this.#flags + flags[1])].join('');
      this.#pos += flags[0].length;
      return;
    }
    this.#depth++;
    if (flags !== null && !flags[0].includes('U')) this.#emit(flags[0], flags[0].length, 'nothing');
    else if (name !== null) this.#emit(`(?<${name[1]}>`, name[0].length, 'nothing');
    else if (rest.startsWith('(?')) throw new GoRegexpError('invalid or unsupported Perl syntax', rest.slice(0, 3));
    else this.#emit('(', 1, 'nothing');
  }

  #repeat(sign: string): void {
    const lazy = this.#pattern[this.#pos + 1] === '?';
    this.#repeated(sign + (lazy ? '?' : ''));
  }

  #count([whole, least, most]: RegExpExecArray): void {
    const low = Number(least);
    const high = most === undefined || most === '' ? low : Number(most);
    if (low > maxRepeat || high > maxRepeat || high < low) throw new GoRegexpError('invalid repeat count', whole);
    const lazy = this.#pattern[this.#pos + whole.length] === '?';
    this.#repeated(whole + (lazy ? '?' : ''));
  }

  #repeated(text: string): void {
    if (this.#before === 'nothing') throw new GoRegexpError('missing argument to repetition operator', text);
    if (this.#before !== 'atom') {
      const nested = this.#pattern.slice(this.#before.start, this.#pos + text.length);
      throw new GoRegexpError('invalid nested repetition operator', nested);
    }
    const start = this.#pos;
    this.#emit(text, text.length);
    this.#before = { start };
  }

  #escape(): void {
    const rest = this.#pattern.slice(this.#pos);
    if (rest === '\\') throw new GoRegexpError('trailing backslash at end of expression', '');
    if (rest.startsWith('\\Q')) {
      const end = rest.indexOf('\\E');
      const literal = end < 0 ? rest.slice(2) : rest.slice(2, end);
      for (const char of literal) this.#out += literalOf(char);
      this.#pos += end < 0 ? rest.length : end + 2;
      this.#before = 'atom';
      return;
    }
    if (rest.startsWith('\\A')) this.#emit('(?<![^])', 2);
    else if (rest.startsWith('\\z')) this.#emit('(?![^])', 2);
    else {
      const { text, length } = this.#escaped(rest);
      this.#emit(text, length);
    }
  }

  /** An escape that means the same inside and outside of classes, or a boundary. */
  #escaped(rest: string): { readonly text: string; readonly length: number } {
    const perl = /^\\[dDsSwWbB]/.exec(rest) ?? /^\\[fnrtv]/.exec(rest);
    // RE2 knows the ASCII blanks only.
    if (perl !== null) {
      const blanks = perl[0] === '\\s' ? '[\\t\\n\\f\\r ]' : perl[0] === '\\S' ? '[^\\t\\n\\f\\r ]' : perl[0];
      return { text: blanks, length: 2 };
    }
    if (rest.startsWith('\\a')) return { text: '\\x07', length: 2 };
    const unicode = /^\\([pP])(?:\{(\^?)([A-Za-z_]+)\}|([A-Z]))/.exec(rest);
    if (unicode !== null) {
      const name = unicode[3] ?? unicode[4]!;
      const negated = (unicode[1] === 'P') !== (unicode[2] === '^');
      const property = name.length <= 2 ? name : `Script=${name}`;
      const text = `\\${negated ? 'P' : 'p'}{${property}}`;
      try {
        new RegExp(text, 'u');
      } catch {
        throw new GoRegexpError('invalid character class range', unicode[0]);
      }
      return { text, length: unicode[0].length };
    }
    const hex = /^\\x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/.exec(rest);
    if (hex !== null && Number.parseInt(hex[1] ?? hex[2]!, 16) <= 0x10ffff) {
      return { text: `\\u{${hex[1] ?? hex[2]}}`, length: hex[0].length };
    }
    const octal = /^\\(0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(rest);
    if (octal !== null) return { text: `\\u{${Number.parseInt(octal[1]!, 8).toString(16)}}`, length: octal[0].length };
    const char = String.fromCodePoint(rest.codePointAt(1) as number);
    if (char.charCodeAt(0) < 0x80 && !/[A-Za-z0-9]/.test(char)) return { text: literalOf(char), length: 2 };
    throw new GoRegexpError('invalid escape sequence', `\\${char}`);
  }

  #class(): void {
    const start = this.#pos;
    const missing = (): GoRegexpError => new GoRegexpError('missing closing ]', this.#pattern.slice(start));
    let at = start + 1;
    let text = '[';
    if (this.#pattern[at] === '^') {
      text += '^';
      at++;
    }
    let isFirst = true;
    let low: number | null = null;
    for (;;) {
      const rest = this.#pattern.slice(at);
      if (rest === '') throw missing();
      if (rest.startsWith(']') && !isFirst) break;
      isFirst = false;
      const posix = /^\[:(\^?)([a-z]*):\]/.exec(rest);
      if (posix !== null) {
        const members = posixClasses[posix[2]!];
        if (members === undefined) throw new GoRegexpError('invalid character class range', posix[0]);
        text += posix[1] === '' ? members : negatedPosix(members);
        at += posix[0].length;
        low = null;
        continue;
      }
      const isRange = low !== null && rest.startsWith('-') && rest.length > 1 && rest[1] !== ']';
      const member = isRange ? rest.slice(1) : rest;
      const { text: one, length, code } = this.#member(member);
      if (isRange) {
        if (code === null || code < low!) {
          const from = this.#pattern.slice(at - 1, at + 1 + length);
          throw new GoRegexpError('invalid character class range', from);
        }
        text += `-${one}`;
        low = null;
      } else {
        text += one;
        low = code;
      }
      at += length + (isRange ? 1 : 0);
    }
    this.#emit(`${text}]`, at + 1 - start);
  }

  /** One member of a class; `code` is null for what is itself a class. */
  #member(rest: string): { readonly text: string; readonly length: number; readonly code: number | null } {
    if (rest === '\\') throw new GoRegexpError('trailing backslash at end of expression', '');
    if (rest.startsWith('\\')) {
      const { text, length } = this.#escaped(rest);
      if (text === '\\b' || text === '\\B') throw new GoRegexpError('invalid escape sequence', text);
      const inner = text.startsWith('[') ? (text.startsWith('[^') ? '\\S' : text.slice(1, -1)) : text;
      return { text: inner, length, code: codeOf(text) };
    }
    const char = String.fromCodePoint(rest.codePointAt(0) as number);
    return { text: literalOf(char), length: char.length, code: char.codePointAt(0) as number };
  }
}

/** A character that stands for itself, inside classes and outside. */
const literalOf = (char: string): string =>
  /[\^$\\.*+?()[\]{}|/-]/.test(char) ? `\\u{${char.codePointAt(0)!.toString(16)}}` : char;

function codeOf(escaped: string): number | null {
  const hex = /^\\u\{([0-9a-f]+)\}$/i.exec(escaped);
  if (hex !== null) return Number.parseInt(hex[1]!, 16);
  const blank = ['\\f', '\\n', '\\r', '\\t', '\\v'].indexOf(escaped);
  if (blank >= 0) return [12, 10, 13, 9, 11][blank]!;
  return escaped.startsWith('\\') ? null : (escaped.codePointAt(0) as number);
}

/** The other characters, as members of a class. */
function negatedPosix(members: string): string {
  const inside = new RegExp(`[${members}]`, 'u');
  let text = '';
  for (let code = 0; code < 0x80; code++) {
    if (!inside.test(String.fromCharCode(code))) text += `\\u{${code.toString(16)}}`;
  }
  return `${text}\\u{80}-\\u{10ffff}`;
}
