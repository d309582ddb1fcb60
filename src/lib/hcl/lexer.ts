/** HCL version 1, characters to tokens. */

import { hclFault, type Position, positionAt } from './errors.ts';

export type TokenKind =
  | 'identifier'
  | 'string'
  | 'heredoc'
  | 'number'
  | 'bool'
  | '='
  | '{'
  | '}'
  | '['
  | ']'
  | ','
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** As written. */
  readonly text: string;
  /** Of a string, heredoc, number or bool. */
  readonly value: string | number | boolean;
  readonly offset: number;
}

const identifierStart = /[\p{L}_]/u;
const identifierRest = /[\p{L}\p{Nd}\-_.]*/uy;
const numberShape = /-?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/y;

export class Lexer {
  private at = 0;
  readonly text: string;

  constructor(text: string) {
    this.text = text.startsWith('\ufeff') ? text.slice(1) : text;
  }

  position(offset: number): Position {
    return positionAt(this.text, offset);
  }

  next(): Token {
    this.skipBlanks();
    const offset = this.at;
    const char = this.text[offset];
    if (char === undefined) return { kind: 'end', text: 'EOF', value: '', offset };
    switch (char) {
      case '=':
      case '{':
      case '}':
      case '[':
      case ']':
      case ',':
        this.at++;
        return { kind: char, text: char, value: '', offset };
      case '"':
        return this.string(offset);
      case '<':
        return this.heredoc(offset);
    }
    if (char === '-' || (char >= '0' && char <= '9')) return this.number(offset);
    const codePoint = String.fromCodePoint(this.text.codePointAt(offset)!);
    if (identifierStart.test(codePoint)) return this.identifier(offset);
    return this.fail(`illegal character`, offset);
  }

  private identifier(offset: number): Token {
    identifierRest.lastIndex = offset;
    const text = identifierRest.exec(this.text)![0];
    this.at = offset + text.length;
    const isBool = text === 'true' || text === 'false';
    return { kind: isBool ? 'bool' : 'identifier', text, value: isBool ? text === 'true' : text, offset };
  }

  /** Decimal, 0x…, octal with a leading 0, fractions and exponents. */
  private number(offset: number): Token {
    numberShape.lastIndex = offset;
    const text = numberShape.exec(this.text)?.[0];
    if (text === undefined) return this.fail('illegal character', offset);
    this.at = offset + text.length;
    const negative = text.startsWith('-');
    const digits = negative ? text.slice(1) : text;
    if (/^0\d+$/.test(digits) && !/^[0-7]+$/.test(digits)) this.fail('illegal octal number', offset);
    const octal = /^0[0-7]+$/.test(digits);
    const magnitude = octal ? Number.parseInt(digits, 8) : Number(digits);
    return { kind: 'number', text, value: negative ? -magnitude : magnitude, offset };
  }

  /** Quotes and line breaks may stand inside `${…}`, which is kept as written. */
  private string(offset: number): Token {
    let value = '';
    let start = offset + 1;
    let at = start;
    for (;;) {
      const char = this.text[at];
      if (char === undefined || char === '\n') return this.fail('literal not terminated', offset);
      if (char === '"') break;
      if (char === '$' && this.text[at + 1] === '{') {
        at = this.interpolationEnd(at + 2, offset);
      } else if (char === '\\') {
        value += this.text.slice(start, at);
        const escaped = readEscape(this.text, at + 1);
        if (escaped === undefined) return this.fail('illegal char escape', at);
        value += escaped.value;
        at = start = escaped.end;
      } else {
        at++;
      }
    }
    value += this.text.slice(start, at);
    this.at = at + 1;
    return { kind: 'string', text: this.text.slice(offset, this.at), value, offset };
  }

  private interpolationEnd(from: number, stringOffset: number): number {
    let depth = 1;
    for (let at = from; at < this.text.length; at++) {
      const char = this.text[at];
      if (char === '{') depth++;
      else if (char === '}' && --depth === 0) return at + 1;
    }
    return this.fail('literal not terminated', stringOffset);
  }

  /** `<<WORD` or `<<-WORD` (indented), up to a line with WORD alone. */
  private heredoc(offset: number): Token {
    const opening = /<<(-?)([\p{L}\p{Nd}_]+)\r?\n/uy;
    opening.lastIndex = offset;
    const match = opening.exec(this.text);
    if (match === null) return this.fail("heredoc expected an anchor after '<<'", offset);
    const [all, dash, anchor] = match as unknown as [string, string, string];
    const bodyStart = offset + all.length;
    const lines: string[] = [];
    for (let lineStart = bodyStart; lineStart < this.text.length; ) {
      const newline = this.text.indexOf('\n', lineStart);
      const lineEnd = newline === -1 ? this.text.length : newline;
      const line = this.text.slice(lineStart, lineEnd);
      const end = line.endsWith('\r') ? line.slice(0, -1) : line;
      // Without the dash, too, the closing word may be indented.
      if (end.trimStart() === anchor) {
        this.at = lineStart + end.length;
        const body = dash === '' ? lines : unindent(lines, end.length - anchor.length);
        const value = body.map((text) => `${text}\n`).join('');
        return { kind: 'heredoc', text: this.text.slice(offset, this.at), value, offset };
      }
      lines.push(line);
      lineStart = lineEnd + 1;
    }
    return this.fail('heredoc not terminated', offset);
  }

  private skipBlanks(): void {
    for (;;) {
      const char = this.text[this.at];
      if (char === ' ' || char === '\t' || char === '\n' || char === '\r') {
        this.at++;
      } else if (char === '#' || (char === '/' && this.text[this.at + 1] === '/')) {
        const end = this.text.indexOf('\n', this.at);
        this.at = end === -1 ? this.text.length : end + 1;
      } else if (char === '/' && this.text[this.at + 1] === '*') {
        const end = this.text.indexOf('*/', this.at + 2);
        if (end === -1) this.fail('comment not terminated', this.at);
        this.at = end + 2;
      } else {
        return;
      }
    }
  }

  private fail(complaint: string, offset: number): never {
    throw hclFault(complaint, this.position(offset));
  }
}

/** The indentation of the closing word is taken from every line, when every line has it. */
function unindent(lines: readonly string[], indent: number): readonly string[] {
  const everyLineHasIt = lines.every((line) => line === '' || /^[ \t]*$/.test(line.slice(0, indent)));
  return everyLineHasIt ? lines.map((line) => line.slice(indent)) : lines;
}

const simpleEscapes: ReadonlyMap<string, string> = new Map([
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['\\', '\\'],
  ['"', '"'],
]);

const codeEscape = /x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})/y;

/** The escape whose letter stands at `at`. */
function readEscape(text: string, at: number): { readonly value: string; readonly end: number } | undefined {
  const simple = simpleEscapes.get(text[at] ?? '');
  if (simple !== undefined) return { value: simple, end: at + 1 };
  codeEscape.lastIndex = at;
  const match = codeEscape.exec(text);
  if (match === null) return undefined;
  const [all, byte, short, long, octal] = match;
  const code = octal !== undefined ? Number.parseInt(octal, 8) : Number.parseInt((byte ?? short ?? long)!, 16);
  return code > 0x10ffff ? undefined : { value: String.fromCodePoint(code), end: at + all.length };
}
