/** HCL version 1, tokens to syntax tree. */

import type { Item, Node, ObjectNode } from './ast.ts';
import { hclFault } from './errors.ts';
import { Lexer, type Token } from './lexer.ts';

/** Deeper nesting is refused before the stack is at risk. */
const maxDepth = 200;

/** Throws SyntaxFault. */
export function parseSyntax(text: string): ObjectNode {
  const parser = new Parser(text);
  return parser.document();
}

class Parser {
  private readonly lexer: Lexer;
  private token: Token;
  private depth = 0;

  constructor(text: string) {
    this.lexer = new Lexer(text);
    this.token = this.lexer.next();
  }

  document(): ObjectNode {
    const items: Item[] = [];
    while (this.token.kind !== 'end') {
      const item = this.item();
      if (item !== undefined) items.push(item);
      this.skipComma();
    }
    return { kind: 'object', items, offset: 0 };
  }

  /** Undefined for `key =` at the very end of the text, which counts as nothing. */
  private item(): Item | undefined {
    const keys: { name: string; offset: number }[] = [];
    for (;;) {
      const { kind, text, value, offset } = this.token;
      switch (kind) {
        case 'identifier':
        case 'string':
          keys.push({ name: value as string, offset });
          this.advance();
          break;
        case 'bool':
          keys.push({ name: text, offset });
          this.advance();
          break;
        case '=': {
          if (keys.length === 0) return this.fail('expected to find at least one object key');
          if (keys.length > 1) return this.fail('nested object expected: LBRACE got: ASSIGN');
          this.advance();
          if (this.token.kind === 'end' && this.depth === 0) return undefined;
          return { keys, value: this.value() };
        }
        case '{':
          if (keys.length === 0) return this.fail(`expected: IDENT | STRING got: ${name(this.token)}`);
          return { keys, value: this.labelledObject(keys.length - 1) };
        case 'end':
          if (keys.length === 0) return this.fail('key expected got: EOF');
          return this.fail(
            `key '${keys.map((key) => key.name).join(' ')}' expected start of object ('{') or assignment ('=')`,
          );
        default:
          if (keys.length === 0) return this.fail(`expected: IDENT | STRING got: ${name(this.token)}`);
          return this.fail(`expected: IDENT | STRING | ASSIGN | LBRACE got: ${name(this.token)}`);
      }
    }
  }

  /** Every key beyond the first is a level of its own. */
  private labelledObject(labels: number): ObjectNode {
    this.depth += labels;
    const node = this.object();
    this.depth -= labels;
    return node;
  }

  private value(): Node {
    const { kind, value, offset } = this.token;
    switch (kind) {
      case 'string':
      case 'heredoc':
      case 'number':
      case 'bool':
        this.advance();
        return { kind: 'literal', value, offset };
      case '{':
        return this.object();
      case '[':
        return this.list();
      default:
        return this.fail(`Unknown token: ${name(this.token)}`);
    }
  }

  private object(): ObjectNode {
    const { offset } = this.token;
    this.enter();
    const items: Item[] = [];
    while (this.token.kind !== '}') {
      if (this.token.kind === 'end') this.failBehindEnd('object expected closing RBRACE got: EOF');
      items.push(this.item()!);
      this.skipComma();
    }
    this.leave();
    return { kind: 'object', items, offset };
  }

  private list(): Node {
    const { offset } = this.token;
    this.enter();
    const elements: Node[] = [];
    while (this.token.kind !== ']') {
      elements.push(this.value());
      if (this.token.kind === ',') this.advance();
      else if ((this.token.kind as Token['kind']) !== ']') {
        this.fail(`error parsing list, expected comma or list end, got: ${name(this.token)}`);
      }
    }
    this.leave();
    return { kind: 'list', elements, offset };
  }

  /** Over the opening token. */
  private enter(): void {
    if (++this.depth > maxDepth) this.fail('nested too deeply');
    this.advance();
  }

  private leave(): void {
    this.depth--;
    this.advance();
  }

  private skipComma(): void {
    if (this.token.kind === ',') this.advance();
  }

  private advance(): void {
    this.token = this.lexer.next();
  }

  /** Consul looks a second time for the brace, and counts a column for the look. */
  private failBehindEnd(complaint: string): never {
    const { line, column, offset } = this.lexer.position(this.token.offset);
    throw hclFault(complaint, { line, column: column + 1, offset });
  }

  private fail(complaint: string): never {
    throw hclFault(complaint, this.lexer.position(this.token.offset));
  }
}

const names: Readonly<Partial<Record<Token['kind'], string>>> = {
  identifier: 'IDENT',
  string: 'STRING',
  heredoc: 'HEREDOC',
  number: 'NUMBER',
  bool: 'BOOL',
  '=': 'ASSIGN',
  '{': 'LBRACE',
  '}': 'RBRACE',
  '[': 'LBRACK',
  ']': 'RBRACK',
  ',': 'COMMA',
  end: 'EOF',
};

const name = (token: Token): string => names[token.kind] ?? token.kind;
