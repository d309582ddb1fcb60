/**
 * A strict JSON parser whose complaints are those of Go ("invalid character '}' looking for beginning of value"), with
 * positions and limits, giving objects without a prototype. The last of several equal keys wins.
 */

import { positionAt, SyntaxFault } from './errors.ts';
import { emptyObject, type PlainObject, type PlainValue } from './plain.ts';

/** Deeper nesting is refused before the stack is at risk. */
const maxDepth = 500;

/** Throws SyntaxFault. */
export function parseJson(text: string): PlainValue {
  return new JsonParser(text).document();
}

class JsonParser {
  private at = 0;
  private depth = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  document(): PlainValue {
    this.skipSpace();
    const value = this.value();
    this.skipSpace();
    if (this.at < this.text.length) this.unexpected('after top-level value');
    return value;
  }

  private value(): PlainValue {
    const char = this.text[this.at];
    switch (char) {
      case '{':
        return this.nested(() => this.object());
      case '[':
        return this.nested(() => this.array());
      case '"':
        return this.string();
      case 't':
        return this.word('true', true);
      case 'f':
        return this.word('false', false);
      case 'n':
        return this.word('null', null);
      default:
        if (char === '-' || (char !== undefined && char >= '0' && char <= '9')) return this.number();
        return this.unexpected('looking for beginning of value');
    }
  }

  private nested<T>(parse: () => T): T {
    if (++this.depth > maxDepth) throw new SyntaxFault('exceeded max depth', positionAt(this.text, this.at));
    const value = parse();
    this.depth--;
    return value;
  }

  private object(): PlainObject {
    const out = emptyObject();
    this.at++;
    this.skipSpace();
    if (this.text[this.at] === '}') {
      this.at++;
      return out;
    }
    for (;;) {
      if (this.text[this.at] !== '"') this.unexpected('looking for beginning of object key string');
      const key = this.string();
      this.skipSpace();
      if (this.text[this.at] !== ':') this.unexpected('after object key');
      this.at++;
      this.skipSpace();
      out[key] = this.value();
      this.skipSpace();
      const char = this.text[this.at];
      if (char !== ',' && char !== '}') this.unexpected('after object key:value pair');
      this.at++;
      if (char === '}') return out;
      this.skipSpace();
    }
  }

  private array(): PlainValue[] {
    const out: PlainValue[] = [];
    this.at++;
    this.skipSpace();
    if (this.text[this.at] === ']') {
      this.at++;
      return out;
    }
    for (;;) {
      out.push(this.value());
      this.skipSpace();
      const char = this.text[this.at];
      if (char !== ',' && char !== ']') this.unexpected('after array element');
      this.at++;
      if (char === ']') return out;
      this.skipSpace();
    }
  }

  private string(): string {
    let out = '';
    let start = ++this.at;
    for (;;) {
      const char = this.text[this.at];
      if (char === undefined || char < ' ') this.unexpected('in string literal');
      if (char === '"') {
        out += this.text.slice(start, this.at++);
        return out;
      }
      if (char === '\\') {
        out += this.text.slice(start, this.at++);
        out += this.escape();
        start = this.at;
      } else {
        this.at++;
      }
    }
  }

  private escape(): string {
    const char = this.text[this.at];
    if (char === 'u') {
      this.at++;
      let code = 0;
      for (let i = 0; i < 4; i++) {
        const digit = this.text[this.at];
        if (digit === undefined || !/[0-9a-fA-F]/.test(digit)) this.unexpected('in \\u hexadecimal character escape');
        code = code * 16 + Number.parseInt(digit!, 16);
        this.at++;
      }
      return String.fromCharCode(code);
    }
    const plain = char === undefined ? undefined : escapes.get(char);
    if (plain === undefined) return this.unexpected('in string escape code');
    this.at++;
    return plain;
  }

  private word<T extends boolean | null>(word: string, value: T): T {
    for (const expected of word) {
      if (this.text[this.at] !== expected) this.unexpected(`in literal ${word} (expecting '${expected}')`);
      this.at++;
    }
    return value;
  }

  private number(): number {
    const start = this.at;
    if (this.text[this.at] === '-') this.at++;
    if (this.text[this.at] === '0') this.at++;
    else this.digits('in numeric literal');
    if (this.text[this.at] === '.') {
      this.at++;
      this.digits('after decimal point in numeric literal');
    }
    if (this.text[this.at] === 'e' || this.text[this.at] === 'E') {
      this.at++;
      if (this.text[this.at] === '+' || this.text[this.at] === '-') this.at++;
      this.digits('in exponent of numeric literal');
    }
    return Number(this.text.slice(start, this.at));
  }

  private digits(where: string): void {
    const start = this.at;
    for (;;) {
      const char = this.text[this.at];
      if (char === undefined || char < '0' || char > '9') break;
      this.at++;
    }
    if (this.at === start) this.unexpected(where);
  }

  private skipSpace(): void {
    for (;;) {
      const char = this.text[this.at];
      if (char !== ' ' && char !== '\n' && char !== '\t' && char !== '\r') return;
      this.at++;
    }
  }

  private unexpected(where: string): never {
    const code = this.text.codePointAt(this.at);
    const complaint =
      code === undefined ? 'unexpected end of JSON input' : `invalid character ${quoteChar(code)} ${where}`;
    throw new SyntaxFault(complaint, positionAt(this.text, this.at));
  }
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

function quoteChar(code: number): string {
  const char = String.fromCodePoint(code);
  if (char === "'") return `'\\''`;
  if (char === '"') return `'"'`;
  return `'${JSON.stringify(char).slice(1, -1)}'`;
}
