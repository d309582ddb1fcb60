import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileFilter, type Field, FilterError, type StructField } from '../../../../src/lib/bexpr/index.ts';

const text = { kind: 'text' } as const;
const check: StructField = { kind: 'struct', fields: new Map([['Status', text]]) };
const fields: StructField = {
  kind: 'struct',
  fields: new Map<string, Field>([
    ['Node', text],
    ['Port', { kind: 'int' }],
    ['Up', { kind: 'bool' }],
    ['Tags', { kind: 'list', of: text }],
    ['Meta', { kind: 'map', of: text }],
    ['Checks', { kind: 'list', of: check }],
  ]),
};

const items = [
  { Node: 'a', Port: 80, Up: true, Tags: ['v1', 'x'], Meta: { env: 'prod' }, Checks: [{ Status: 'passing' }] },
  { Node: 'b', Port: 81, Up: false, Tags: null, Meta: null, Checks: [] },
  { Node: 'cat', Port: 82, Up: false, Tags: ['v2'], Meta: { env: 'dev', 'a b': '1' }, Checks: [{ Status: 'warning' }] },
];
const chosen = (expression: string): string =>
  items
    .filter(compileFilter(expression, fields))
    .map((item) => item.Node)
    .join(' ');
function fault(expression: string): string {
  try {
    compileFilter(expression, fields);
  } catch (error) {
    if (error instanceof FilterError) return error.message;
    throw error;
  }
  return '';
}

describe('filters', () => {
  it.each([
    ['Node == a', 'a'],
    ['Node != a', 'b cat'],
    ['Node=="a" or Node==`cat`', 'a cat'],
    ['Node == a or Node == b and Port == 82', 'a'],
    ['(Node == a or Node == b) and Port == 81', 'b'],
    ['not Node == a', 'b cat'],
    ['not not Node == a', 'a'],
    ['Up == true', 'a'],
    ['v1 in Tags', 'a'],
    ['Tags contains v2', 'cat'],
    ['v1 not in Tags', 'b cat'],
    ['Tags is empty', 'b'],
    ['Tags is not empty', 'a cat'],
    ['Meta.env == prod', 'a'],
    ['Meta["a b"] == 1', 'cat'],
    ['Meta.env != prod', 'b cat'],
    ['env in Meta', 'a cat'],
    ['Meta is empty', 'b'],
    ['Node matches "^.a"', 'cat'],
    ['Node not matches `^.a`', 'a b'],
    ['"a" in Node', 'a cat'],
    ['Checks.Status == passing', 'a'],
    ['Checks.Status != passing', 'cat'],
    ['Port == -1', ''],
  ])('%s chooses "%s"', (expression, expected) => {
    expect(chosen(expression)).toBe(expected);
  });

  it.each([
    ['Node ==', '1:8 (7): no match found, expected: "-", "0", "\\"", "`", [ \\t\\r\\n], [1-9] or [a-zA-Z]'],
    ['(Node == a', '1:11 (10): rule "grouping": Unmatched parentheses'],
    ['Node == "a', '1:11 (10): rule "string": Unterminated string literal'],
    ['Node == 1.2.3', '1:12 (11): rule "number": Invalid number literal'],
    ['Node == a b', '1:11 (10): no match found, expected: "and", "or", [ \\t\\r\\n] or EOF'],
    ['Bogus == 1', 'Selector "Bogus" is not valid'],
    ['Meta.a.b == 1', 'Selector "Meta.a.b" is not valid'],
    ['Tags == v1', 'Invalid match operator "Equal" for selector "Tags"'],
    ['Checks == v1', 'Invalid match operator "Equal" for selector "Checks"'],
    [
      'Up == maybe',
      'Failed to coerce value "maybe" for selector "Up": strconv.ParseBool: parsing "maybe": invalid syntax',
    ],
    ['Node matches "["', 'Failed to compile regular expression "[": error parsing regexp: missing closing ]: `[`'],
  ])('%s is refused', (expression, expected) => {
    expect(fault(expression)).toBe(expected);
  });

  it('refuses any garbage with its own error, and quickly', () => {
    const piece = fc.constantFrom(
      '(',
      ')',
      'not ',
      ' and ',
      ' or ',
      'Node',
      '==',
      ' in ',
      '"',
      '`',
      '1',
      '.',
      '[',
      ']',
      ' is ',
      'empty',
      ' ',
      'é',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        fault(pieces.join(''));
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses depth without end', () => {
    expect(fault(`${'('.repeat(5000)}Node == a`)).toBe('the expression is nested too deeply');
  });

  it('agrees with the same question asked in code', () => {
    const word = fc.constantFrom('a', 'b', 'cat');
    fc.assert(
      fc.property(word, word, fc.boolean(), (x, y, negated) => {
        const expected = items.filter(({ Node }) => (Node === x || Node === y) !== negated).map(({ Node }) => Node);
        expect(chosen(`${negated ? 'not ' : ''}(Node == ${x} or Node == "${y}")`)).toBe(expected.join(' '));
      }),
    );
  });
});
