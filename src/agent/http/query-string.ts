/** Query strings as Go's `url.ParseQuery` reads them: ordered, repeated keys, `&` and `;` as separators. Pure. */
import { escapeQuery } from '../../lib/go-url.ts';
import { decodeBytes } from './target.ts';

const badEscape = /%(?![0-9a-f]{2})/i;

export class QueryString {
  /** Keys and values in turn. */
  readonly #pairs: readonly string[];

  private constructor(pairs: readonly string[]) {
    this.#pairs = pairs;
  }

  static readonly empty = new QueryString([]);

  /** Null when an escape is malformed. */
  static parse(raw: string): QueryString | null {
    if (raw === '') return QueryString.empty;
    if (badEscape.test(raw)) return null;
    const pairs: string[] = [];
    for (const part of raw.split(/[&;]/)) {
      if (part === '') continue;
      const equals = part.indexOf('=');
      pairs.push(decode(equals < 0 ? part : part.slice(0, equals)), equals < 0 ? '' : decode(part.slice(equals + 1)));
    }
    return new QueryString(pairs);
  }

  has(key: string): boolean {
    for (let i = 0; i < this.#pairs.length; i += 2) if (this.#pairs[i] === key) return true;
    return false;
  }

  /** The first value, '' when there is none. */
  get(key: string): string {
    for (let i = 0; i < this.#pairs.length; i += 2) if (this.#pairs[i] === key) return this.#pairs[i + 1]!;
    return '';
  }

  all(key: string): string[] {
    return this.#pairs.filter((_, i) => i % 2 === 1 && this.#pairs[i - 1] === key);
  }

  /** `url.Values.Encode`: sorted by key. */
  encode(): string {
    const keys = [...new Set(this.#pairs.filter((_, i) => i % 2 === 0))].sort();
    return keys.flatMap((key) => this.all(key).map((value) => `${escapeQuery(key)}=${escapeQuery(value)}`)).join('&');
  }
}

const decode = (text: string): string => decodeBytes(text.includes('+') ? text.replaceAll('+', '%20') : text);
