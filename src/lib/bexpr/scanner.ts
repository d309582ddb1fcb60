/**
 * Reads a text by alternatives and remembers the farthest place where none fitted, with all that would have: that is what
 * the error names. A rule may also complain itself; complaints count more than what was expected.
 */
import { goQuote } from '../go-format.ts';
import { FilterError } from './ast.ts';

/** Sorts behind everything else in the list of what was expected. */
const endOfText = 'EOF';

export class Scanner {
  readonly text: string;
  pos = 0;
  #farthest = 0;
  readonly #expected = new Set<string>();
  readonly #complaints = new Set<string>();

  constructor(text: string) {
    this.text = text;
  }

  get atEnd(): boolean {
    return this.pos === this.text.length;
  }

  literal(literal: string): boolean {
    if (this.text.startsWith(literal, this.pos)) {
      this.pos += literal.length;
      return true;
    }
    return this.#missed(goQuote(literal));
  }

  /** One character of a class. `name` is the class as errors show it. */
  one(isMember: (code: number) => boolean, name: string): boolean {
    if (!this.atEnd && isMember(this.text.charCodeAt(this.pos))) {
      this.pos++;
      return true;
    }
    return this.#missed(name);
  }

  many(isMember: (code: number) => boolean, name: string): void {
    while (this.one(isMember, name));
  }

  end(): boolean {
    return this.atEnd || this.#missed(endOfText);
  }

  /** `parse` or nothing: when it fails, the text is as if it had not been looked at. */
  attempt<T>(parse: () => T | null): T | null {
    const start = this.pos;
    const result = parse();
    if (result === null) this.pos = start;
    return result;
  }

  complain(rule: string, what: string, at = this.pos): null {
    this.#complaints.add(`${this.#place(at)}: rule ${goQuote(rule)}: ${what}`);
    return null;
  }

  get hasComplaints(): boolean {
    return this.#complaints.size > 0;
  }

  error(): FilterError {
    if (this.hasComplaints) return new FilterError([...this.#complaints].join('\n'));
    const expected = [...this.#expected].filter((one) => one !== endOfText).sort();
    if (this.#expected.has(endOfText)) expected.push(endOfText);
    const last = expected.pop();
    const list = expected.length === 0 ? last : `${expected.join(', ')} or ${last}`;
    return new FilterError(`${this.#place(this.#farthest)}: no match found, expected: ${list}`);
  }

  #missed(expected: string): false {
    if (this.pos < this.#farthest) return false;
    if (this.pos > this.#farthest) {
      this.#farthest = this.pos;
      this.#expected.clear();
    }
    this.#expected.add(expected);
    return false;
  }

  /** `line:column (offset)`: columns count characters from 1, the offset bytes from 0. A line break belongs to the next line. */
  #place(at: number): string {
    const before = this.text.slice(0, at);
    const through = this.text.slice(0, at + 1);
    const line = through.split('\n').length;
    const column =
      at < this.text.length ? [...through.slice(through.lastIndexOf('\n') + 1)].length : columnAtEnd(before);
    return `${line}:${column} (${Buffer.byteLength(before)})`;
  }
}

const columnAtEnd = (text: string): number => [...text.slice(text.lastIndexOf('\n') + 1)].length + 1;
