/**
 * Filter expressions into trees:
 *
 *     or = and { "or" and }   and = not { "and" not }   not = "not" not | "(" or ")" | match
 *     match = selector operator value | selector "is" ["not"] "empty" | value ["not"] "in" selector
 */
import type { Expression, Operator } from './ast.ts';
import { FilterError } from './ast.ts';
import { Scanner } from './scanner.ts';
import { unquote } from './unquote.ts';

/** Deeper ones are refused: they would only serve to exhaust the stack. */
const maxDepth = 256;

/** Throws FilterError. */
export function parseFilter(text: string): Expression {
  const scan = new Scanner(text);
  optionalSpace(scan);
  const expression = or(scan, 0);
  if (expression !== null) optionalSpace(scan);
  if (expression === null || !scan.end() || scan.hasComplaints) throw scan.error();
  return expression;
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a;
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
const isDigitNotZero = (code: number): boolean => code >= 0x31 && code <= 0x39;
const isLetter = (code: number): boolean => (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
const isWordPart = (code: number): boolean => isLetter(code) || isDigit(code) || code === 0x5f;
const never = (): boolean => false;

const spaces = '[ \\t\\r\\n]';
const optionalSpace = (scan: Scanner): void => scan.many(isSpace, spaces);

function space(scan: Scanner): boolean {
  if (!scan.one(isSpace, spaces)) return false;
  optionalSpace(scan);
  return true;
}

/** ` word `, as between operands. */
const spaced = (scan: Scanner, word: string): boolean => space(scan) && scan.literal(word) && space(scan);

const or = (scan: Scanner, depth: number): Expression | null => chain(scan, 'or', depth, and);
const and = (scan: Scanner, depth: number): Expression | null => chain(scan, 'and', depth, not);

function chain(
  scan: Scanner,
  word: 'and' | 'or',
  depth: number,
  operand: (scan: Scanner, depth: number) => Expression | null,
): Expression | null {
  const first = operand(scan, depth);
  if (first === null) return null;
  const operands = [first];
  for (;;) {
    const next = scan.attempt(() => (spaced(scan, word) ? operand(scan, depth) : null));
    if (next === null) break;
    operands.push(next);
  }
  return operands.length === 1 ? first : { kind: word, operands };
}

function not(scan: Scanner, depth: number): Expression | null {
  if (depth > maxDepth) throw new FilterError('the expression is nested too deeply');
  const operand = scan.attempt(() => (scan.literal('not') && space(scan) ? not(scan, depth + 1) : null));
  if (operand !== null) return { kind: 'not', operand };
  return scan.attempt(() => grouping(scan, depth)) ?? match(scan);
}

function grouping(scan: Scanner, depth: number): Expression | null {
  if (!scan.literal('(')) return null;
  optionalSpace(scan);
  const inner = or(scan, depth + 1);
  if (inner === null) return null;
  optionalSpace(scan);
  return scan.literal(')') ? inner : scan.complain('grouping', 'Unmatched parentheses');
}

/** How operators are written; the first that fits counts. */
const comparisons: readonly (readonly [Operator, (scan: Scanner) => boolean])[] = [
  ['equal', (scan) => tight(scan, '==')],
  ['notEqual', (scan) => tight(scan, '!=')],
  ['in', (scan) => spaced(scan, 'contains')],
  ['notIn', (scan) => negated(scan, 'contains')],
  ['matches', (scan) => spaced(scan, 'matches')],
  ['notMatches', (scan) => negated(scan, 'matches')],
];

function tight(scan: Scanner, sign: string): boolean {
  optionalSpace(scan);
  if (!scan.literal(sign)) return false;
  optionalSpace(scan);
  return true;
}

const negated = (scan: Scanner, word: string): boolean =>
  space(scan) && scan.literal('not') && space(scan) && scan.literal(word) && space(scan);

function oneOf<T>(scan: Scanner, forms: readonly (readonly [T, (scan: Scanner) => boolean])[]): T | null {
  for (const [name, form] of forms) {
    if (scan.attempt(() => (form(scan) ? name : null)) !== null) return name;
  }
  return null;
}

const emptiness: readonly (readonly [Operator, (scan: Scanner) => boolean])[] = [
  ['isEmpty', (scan) => space(scan) && scan.literal('is') && space(scan) && scan.literal('empty')],
  [
    'isNotEmpty',
    (scan) =>
      space(scan) && scan.literal('is') && space(scan) && scan.literal('not') && space(scan) && scan.literal('empty'),
  ],
];

const membership: readonly (readonly [Operator, (scan: Scanner) => boolean])[] = [
  ['in', (scan) => spaced(scan, 'in')],
  ['notIn', (scan) => negated(scan, 'in')],
];

const match = (scan: Scanner): Expression | null =>
  scan.attempt(() => selectorFirst(scan)) ?? scan.attempt(() => valueFirst(scan));

function selectorFirst(scan: Scanner): Expression | null {
  const path = selector(scan);
  if (path === null) return null;
  const compared = scan.attempt((): Expression | null => {
    const operator = oneOf(scan, comparisons);
    const operand = operator === null ? null : value(scan);
    return operator === null || operand === null ? null : { kind: 'match', selector: path, operator, value: operand };
  });
  if (compared !== null) return compared;
  const operator = oneOf(scan, emptiness);
  return operator === null ? null : { kind: 'match', selector: path, operator, value: '' };
}

function valueFirst(scan: Scanner): Expression | null {
  const operand = value(scan);
  if (operand === null) return null;
  const operator = oneOf(scan, membership);
  if (operator === null) return null;
  const path = selector(scan);
  return path === null ? null : { kind: 'match', selector: path, operator, value: operand };
}

/** `Meta.env`, `Meta["env"]` */
function selector(scan: Scanner): string[] | null {
  const first = word(scan);
  if (first === null) return null;
  const path = [first];
  for (;;) {
    const next = scan.attempt(() => (scan.literal('.') ? word(scan) : null)) ?? scan.attempt(() => index(scan));
    if (next === null) return path;
    path.push(next);
  }
}

function word(scan: Scanner): string | null {
  const start = scan.pos;
  if (!scan.one(isLetter, '[a-zA-Z]')) return null;
  scan.many(isWordPart, '[a-zA-Z0-9_]');
  return scan.text.slice(start, scan.pos);
}

function index(scan: Scanner): string | null {
  if (!scan.literal('[')) return null;
  optionalSpace(scan);
  const key = scan.attempt(() => string(scan));
  if (key === null) return scan.complain('index', 'Invalid index');
  optionalSpace(scan);
  return scan.literal(']') ? key : scan.complain('index', 'Unclosed index expression');
}

function value(scan: Scanner): string | null {
  const path = selector(scan);
  if (path !== null) return path.join('.');
  return scan.attempt(() => number(scan)) ?? scan.attempt(() => string(scan));
}

function number(scan: Scanner): string | null {
  const start = scan.pos;
  scan.literal('-');
  if (!scan.literal('0')) {
    if (!scan.one(isDigitNotZero, '[1-9]')) return null;
    scan.many(isDigit, '[0-9]');
  }
  const afterInteger = scan.pos;
  if (scan.literal('.')) {
    if (scan.one(isDigit, '[0-9]')) scan.many(isDigit, '[0-9]');
    else scan.pos = afterInteger;
  }
  const { pos } = scan;
  const ends = scan.one(isSpace, spaces) || scan.end() || scan.literal(')');
  scan.pos = pos;
  return ends ? scan.text.slice(start, pos) : scan.complain('number', 'Invalid number literal');
}

function string(scan: Scanner): string | null {
  const start = scan.pos;
  const quote = scan.literal('`') ? '`' : scan.literal('"') ? '"' : null;
  if (quote === null) return null;
  const close = scan.text.indexOf(quote, scan.pos);
  if (close < 0) {
    scan.pos = scan.text.length;
    scan.one(never, `[^${quote}]`);
    return scan.complain('string', 'Unterminated string literal');
  }
  scan.pos = close + 1;
  const inner = scan.text.slice(start + 1, close);
  if (quote === '`') return inner.replaceAll('\r', '');
  return unquote(inner) ?? scan.complain('string', 'invalid syntax', start);
}
