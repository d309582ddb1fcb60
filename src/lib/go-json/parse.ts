/**
 * A JSON parser that accepts what Go's encoding/json accepts and refuses the rest in its words. Numbers stay texts and
 * objects lists of members, so that whoever decodes further loses nothing (64-bit integers, order, duplicates).
 */
import { textOf } from '../msgpack/text.ts';
import { JsonError } from './errors.ts';

export type JsonValue = null | boolean | string | JsonNumber | JsonValue[] | JsonObject;

export class JsonNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export class JsonObject {
  readonly members: readonly (readonly [key: string, value: JsonValue])[];
  constructor(members: readonly (readonly [key: string, value: JsonValue])[]) {
    this.members = members;
  }
}

/** Go allows 10,000; this many is beyond any real document and safe for those who walk the result. */
const maxDepth = 1000;

/**
 * The first value of the document, as json.Decoder reads it: what follows is left alone. Throws JsonError: "EOF" when
 * there is nothing, "unexpected EOF" when it ends too early.
 */
export function parseFirst(document: Uint8Array | string): JsonValue {
  const parser = new Parser(document);
  if (parser.isBlank()) throw new JsonError('EOF');
  return parser.value('unexpected EOF');
}

/** The whole document, as json.Unmarshal reads it. Throws JsonError. */
export function parseWhole(document: Uint8Array | string): JsonValue {
  const parser = new Parser(document);
  const value = parser.value('unexpected end of JSON input');
  parser.end();
  return value;
}

class Parser {
  private readonly text: string;
  private at = 0;
  private depth = 0;
  private atEnd = '';

  constructor(document: Uint8Array | string) {
    this.text = typeof document === 'string' ? document : textOf(document);
  }

  isBlank(): boolean {
    this.space();
    return this.at >= this.text.length;
  }

  value(atEnd: string): JsonValue {
    this.atEnd = atEnd;
    return this.any();
  }

  end(): void {
    this.space();
    if (this.at < this.text.length) throw this.invalid('after top-level value');
  }

  private any(): JsonValue {
    this.space();
    const char = this.text[this.at];
    switch (char) {
      case undefined:
        throw new JsonError(this.atEnd);
      case '{':
        return this.object();
      case '[':
        return this.array();
      case '"':
        return this.string();
      case 't':
        return this.literal('true', true);
      case 'f':
        return this.literal('false', false);
      case 'n':
        return this.literal('null', null);
    }
    if (char === '-' || isDigit(char)) return this.number();
    throw this.invalid('looking for beginning of value');
  }

  private object(): JsonObject {
    this.open();
    const members: [string, JsonValue][] = [];
    this.space();
    if (this.text[this.at] === '}') return this.close(new JsonObject(members));
    for (;;) {
      this.space();
      if (this.text[this.at] !== '"') throw this.invalid('looking for beginning of object key string');
      const key = this.string();
      this.space();
      if (this.text[this.at] !== ':') throw this.invalid('after object key');
      this.at++;
      members.push([key, this.any()]);
      this.space();
      const next = this.text[this.at];
      if (next === '}') return this.close(new JsonObject(members));
      if (next !== ',') throw this.invalid('after object key:value pair');
      this.at++;
    }
  }

  private array(): JsonValue[] {
    this.open();
    const elements: JsonValue[] = [];
    this.space();
    if (this.text[this.at] === ']') return this.close(elements);
    for (;;) {
      elements.push(this.any());
      this.space();
      const next = this.text[this.at];
      if (next === ']') return this.close(elements);
      if (next !== ',') throw this.invalid('after array element');
      this.at++;
    }
  }

  private open(): void {
    if (++this.depth > maxDepth) throw new JsonError('exceeded max depth');
    this.at++;
  }

  private close<T>(value: T): T {
    this.depth--;
    this.at++;
    return value;
  }

  private string(): string {
    const { text } = this;
    const start = ++this.at;
    let out = '';
    let good = start;
    for (;;) {
      const code = text.charCodeAt(this.at);
      if (code === 0x22) break;
      if (!(code >= 0x20)) throw this.invalid('in string literal');
      if (code === 0x5c) {
        out += text.slice(good, this.at);
        out += this.escape();
        good = this.at;
      } else this.at++;
    }
    out += text.slice(good, this.at++);
    // Bytes that are no UTF-8 and half surrogates become U+FFFD, as in Go.
    return out.isWellFormed() ? out : out.toWellFormed();
  }

  private escape(): string {
    const char = this.text[++this.at] ?? '';
    const plain = escapes[char];
    if (plain !== undefined) {
      this.at++;
      return plain;
    }
    if (char !== 'u') throw this.invalid('in string escape code');
    this.at++;
    for (let i = 0; i < 4; i++, this.at++) {
      if (!isHex(this.text[this.at])) throw this.invalid('in \\u hexadecimal character escape');
    }
    return String.fromCharCode(Number.parseInt(this.text.slice(this.at - 4, this.at), 16));
  }

  private literal<T>(word: string, value: T): T {
    for (let i = 1; i < word.length; i++) {
      this.at++;
      if (this.text[this.at] !== word[i]) throw this.invalid(`in literal ${word} (expecting ${quoteChar(word[i]!)})`);
    }
    this.at++;
    return value;
  }

  private number(): JsonNumber {
    const start = this.at;
    if (this.text[this.at] === '-') this.at++;
    if (this.text[this.at] === '0') this.at++;
    else this.digits('in numeric literal');
    if (this.text[this.at] === '.') {
      this.at++;
      this.digits('after decimal point in numeric literal');
    }
    const exponent = this.text[this.at];
    if (exponent === 'e' || exponent === 'E') {
      this.at++;
      const sign = this.text[this.at];
      if (sign === '+' || sign === '-') this.at++;
      this.digits('in exponent of numeric literal');
    }
    return new JsonNumber(this.text.slice(start, this.at));
  }

  private digits(context: string): void {
    if (!isDigit(this.text[this.at])) throw this.invalid(context);
    while (isDigit(this.text[this.at])) this.at++;
  }

  private space(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.at++;
    }
  }

  /** The error for the character at hand, or for its absence. */
  private invalid(context: string): JsonError {
    const code = this.text.codePointAt(this.at);
    if (code === undefined) return new JsonError(this.atEnd);
    return new JsonError(`invalid character ${quoteChar(firstByte(code))} ${context}`);
  }
}

const escapes: Readonly<Record<string, string | undefined>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

const isDigit = (char: string | undefined): boolean => char !== undefined && char >= '0' && char <= '9';
const isHex = (char: string | undefined): boolean => char !== undefined && /^[0-9a-fA-F]$/.test(char);

/** Go looks at bytes: it names the first one of a longer character, read as Latin-1. */
function firstByte(code: number): string {
  if (code < 0x80) return String.fromCharCode(code);
  if (code >= 0xdc80 && code <= 0xdcff) return String.fromCharCode(code - 0xdc00);
  const first = code < 0x800 ? 0xc0 | (code >> 6) : code < 0x10000 ? 0xe0 | (code >> 12) : 0xf0 | (code >> 18);
  return String.fromCharCode(first);
}

const namedControls: Readonly<Record<string, string | undefined>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  "'": "\\'",
};

/** A character between single quotes, as Go names it. */
function quoteChar(char: string): string {
  const named = namedControls[char];
  if (named !== undefined) return `'${named}'`;
  const code = char.charCodeAt(0);
  if (code < 0x20 || code === 0x7f) return `'\\x${code.toString(16).padStart(2, '0')}'`;
  // What Latin-1 has between 0x80 and 0xa0, and the soft hyphen, is not printable.
  if ((code >= 0x80 && code <= 0xa0) || code === 0xad) return `'\\u${code.toString(16).padStart(4, '0')}'`;
  return `'${char}'`;
}
