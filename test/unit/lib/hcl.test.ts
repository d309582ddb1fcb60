import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SyntaxFault } from '../../../src/lib/hcl/errors.ts';
import { parseHcl } from '../../../src/lib/hcl/hcl.ts';
import { parseJson } from '../../../src/lib/hcl/json.ts';
import { parseSyntax } from '../../../src/lib/hcl/parser.ts';
import type { PlainValue } from '../../../src/lib/hcl/plain.ts';

/** With ordinary prototypes, so that `toEqual` compares. */
const parse = (text: string): unknown => JSON.parse(JSON.stringify(parseHcl(text)));

function faultOf(text: string): string {
  try {
    parseHcl(text);
  } catch (error) {
    expect(error).toBeInstanceOf(SyntaxFault);
    return (error as SyntaxFault).message;
  }
  throw new Error(`accepted: ${text}`);
}

describe('values', () => {
  it.each<[string, unknown]>([
    ['"text"', 'text'],
    ['true', true],
    ['false', false],
    ['42', 42],
    ['-7', -7],
    ['0x1F', 31],
    ['-0x10', -16],
    ['0755', 493],
    ['1.5', 1.5],
    ['-0.25', -0.25],
    ['1e3', 1000],
    ['2.5E-2', 0.025],
    ['0', 0],
    ['[]', []],
    ['[1, "a", true, [2]]', [1, 'a', true, [2]]],
    ['["a", "b",]', ['a', 'b']],
    ['[\n "a",\n # why\n "b"\n]', ['a', 'b']],
    ['[{ a = 1 }, { a = 2 }]', [{ a: 1 }, { a: 2 }]],
  ])('%s', (text, value) => {
    expect(parse(`x = ${text}`)).toEqual({ x: value });
  });

  it.each([
    [String.raw`"a\nb\t\"c\"\\"`, 'a\nb\t"c"\\'],
    [String.raw`"\x41\101\u00e9\U0001F600"`, 'AA\u00e9\u{1F600}'],
    ['"\u0024{file("x")} and \u0024{a{b}c}"', '\u0024{file("x")} and \u0024{a{b}c}'],
    ['"$ {"', '$ {'],
    ['"\u00fc"', '\u00fc'],
  ])('strings have escapes and keep interpolations: %s', (text, value) => {
    expect(parse(`x = ${text}`)).toEqual({ x: value });
  });

  it('heredocs keep their lines', () => {
    expect(parse('x = <<EOF\n one\ntwo "q"\nEOF\ny = 1')).toEqual({ x: ' one\ntwo "q"\n', y: 1 });
    expect(parse('x = <<EOF\nEOF\n')).toEqual({ x: '' });
    expect(parse('x = <<EOF\r\none\r\nEOF\r\n')).toEqual({ x: 'one\r\n' });
  });

  it('indented heredocs lose the indentation of their end, unless a line has less', () => {
    expect(parse('x = <<-EOF\n    one\n      two\n    EOF\n')).toEqual({ x: 'one\n  two\n' });
    expect(parse('x = <<-EOF\n  one\n two\n  EOF\n')).toEqual({ x: '  one\n two\n' });
  });

  it('heredocs may stand in lists', () => {
    expect(parse('x = [<<A\none\nA\n, "b"]')).toEqual({ x: ['one\n', 'b'] });
  });
});

describe('structure', () => {
  it('a block is a list of one object, and repeated blocks add up', () => {
    expect(parse('a { b = 1 }\na { b = 2 }')).toEqual({ a: [{ b: 1 }, { b: 2 }] });
    expect(parse('a = { b = 1 }')).toEqual({ a: [{ b: 1 }] });
  });

  it('labels nest', () => {
    expect(parse('service "web" "v1" { port = 1 }')).toEqual({ service: [{ web: [{ v1: [{ port: 1 }] }] }] });
    expect(parse('key_prefix "" { policy = "read" }')).toEqual({ key_prefix: [{ '': [{ policy: 'read' }] }] });
  });

  it('keys may be quoted, dotted and dashed', () => {
    expect(parse('"a b" = 1\nc-d = 2\ne.f = 3\ntrue = 4')).toEqual({ 'a b': 1, 'c-d': 2, 'e.f': 3, true: 4 });
  });

  it('items may share a line, with commas or without', () => {
    expect(parse('a { b = 1 c = 2 } d = 3, e = 4')).toEqual({ a: [{ b: 1, c: 2 }], d: 3, e: 4 });
  });

  it('the last of equal scalar keys wins, lists add up', () => {
    expect(parse('a = 1\na = 2\nb = [1]\nb = [2]')).toEqual({ a: 2, b: [1, 2] });
  });

  it('comments are skipped in all three notations', () => {
    expect(parse('# one\n// two\n/* three\n a = 1 */ b = /* 4 */ 2 # five')).toEqual({ b: 2 });
  });

  it('a key with nothing behind its sign at the end of the text counts as nothing', () => {
    expect(parse('a = 1\nzap =')).toEqual({ a: 1 });
  });

  it('nothing at all is an empty object', () => {
    expect(parse('')).toEqual({});
    expect(parse('  # only a comment')).toEqual({});
  });

  it('a byte order mark is skipped', () => {
    expect(parse('\ufeffa = 1')).toEqual({ a: 1 });
  });

  it('a text that starts with a brace is JSON', () => {
    expect(parse(' {"a": [1, null, {"b": "c"}]}')).toEqual({ a: [1, null, { b: 'c' }] });
  });

  it('the syntax tree knows where everything stands', () => {
    const { items } = parseSyntax('a = 1\nb "c" { }');
    expect(items.map(({ keys, value }) => [keys.map(({ offset }) => offset), value.offset])).toEqual([
      [[0], 4],
      [[6, 8], 12],
    ]);
  });

  it('__proto__ is a key like any other', () => {
    for (const text of ['__proto__ { polluted = true }', '{"__proto__": {"polluted": true}}']) {
      const tree = parseHcl(text);
      expect(Object.keys(tree)).toEqual(['__proto__']);
      expect(Object.getPrototypeOf(tree)).toBe(null);
      expect(({} as Record<string, unknown>)['polluted']).toBe(undefined);
    }
  });
});

describe('errors name line and column', () => {
  it.each([
    ['a = "x', 'At 1:5: literal not terminated'],
    ['a = "x\ny"', 'At 1:5: literal not terminated'],
    ['\n\n  a = "${b"', 'At 3:7: literal not terminated'],
    ['a = foo', 'At 1:5: Unknown token: IDENT'],
    ['a = }', 'At 1:5: Unknown token: RBRACE'],
    ['a {', 'At 1:5: object expected closing RBRACE got: EOF'],
    ['a = [1 2]', 'At 1:8: error parsing list, expected comma or list end, got: NUMBER'],
    ['a = [1', 'At 1:7: error parsing list, expected comma or list end, got: EOF'],
    ['a "b" = 1', 'At 1:7: nested object expected: LBRACE got: ASSIGN'],
    ['= 1', 'At 1:1: expected to find at least one object key'],
    ['a', "At 1:2: key 'a' expected start of object ('{') or assignment ('=')"],
    ['a { b = }', 'At 1:9: Unknown token: RBRACE'],
    ['a = 1 }', 'At 1:7: expected: IDENT | STRING got: RBRACE'],
    ['a = @', 'At 1:5: illegal character'],
    ['a = -', 'At 1:5: illegal character'],
    ['a = 09', 'At 1:5: illegal octal number'],
    [String.raw`a = "\q"`, 'At 1:6: illegal char escape'],
    [String.raw`a = "\UFFFFFFFF"`, 'At 1:6: illegal char escape'],
    ['/* a', 'At 1:1: comment not terminated'],
    ['a = <<EOF\nx', 'At 1:5: heredoc not terminated'],
    ['a = <<', "At 1:5: heredoc expected an anchor after '<<'"],
    ['{"a":', 'unexpected end of JSON input'],
    ['{"a" 1}', "invalid character '1' after object key"],
  ])('%j: %s', (text, message) => {
    expect(faultOf(text)).toBe(message);
  });

  it('nesting and length have limits', () => {
    expect(faultOf(`a = ${'['.repeat(100_000)}`)).toContain('nested too deeply');
    expect(faultOf('a {'.repeat(100_000))).toContain('nested too deeply');
    expect(faultOf(`${'a '.repeat(100_000)}{}`)).toContain('nested too deeply');
    expect(faultOf(`{"a":${'['.repeat(100_000)}`)).toContain('max depth');
    expect(faultOf(' '.repeat(17 * 1024 * 1024))).toContain('text too long');
  });

  it('long inputs take time in proportion to their length', () => {
    const blocks = 20_000;
    const tree = parseHcl('service { name = "x" }\n'.repeat(blocks));
    expect((tree['service'] as readonly unknown[]).length).toBe(blocks);
  });
});

describe('garbage', () => {
  const pieces = [
    ...['a', 'key-1', '"q"', '"\u0024{x}"', '"\\', '{', '}', '[', ']', '=', ',', '\n', ' ', '#', '//', '/*', '*/'],
    ...[
      '<<EOF\n',
      '<<-E\n',
      'EOF',
      '\nE\n',
      '1',
      '-',
      '0x',
      '1.5',
      '1e',
      'true',
      '\u0000',
      '\ud800',
      '\u{1F600}',
      ':',
      '"a":',
    ],
  ];
  const soup = fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((words) => words.join(''));
  const sample = 'a = 1\nb "c" { d = ["e", 0x1f, <<X\n y\nX\n] }\n/* f */ g = "h\\n\u0024{i}" # j\n{}';
  const mutated = fc
    .array(
      fc.tuple(fc.nat(sample.length), fc.nat(6), fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary' }))),
      {
        minLength: 1,
        maxLength: 4,
      },
    )
    .map((edits) => edits.reduce((text, [at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut), sample));

  const survives = (text: string): void => {
    for (const parser of [parseHcl, parseJson]) {
      try {
        parser(text);
      } catch (error) {
        if (!(error instanceof SyntaxFault)) throw error;
      }
    }
  };

  it('never throws anything but its own error', () => {
    const runs = { numRuns: 35_000 };
    fc.assert(fc.property(soup, survives), runs);
    fc.assert(fc.property(mutated, survives), runs);
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), survives), runs);
  }, 60_000);

  it('reads back every tree that was written as HCL', () => {
    const scalar = fc.oneof(
      fc.boolean(),
      fc.integer(),
      fc.string(),
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }),
    );
    const tree = fc.dictionary(fc.string(), fc.oneof(scalar, fc.array(scalar)), { maxKeys: 8 });
    fc.assert(
      fc.property(tree, (expected) => {
        const lines = Object.entries(expected).map(([key, value]) => `${quoted(key)} = ${written(value)}\n`);
        expect(parseHcl(lines.join(''))).toEqual(Object.assign(Object.create(null), expected));
      }),
      { numRuns: 2_000 },
    );
  });
});

/** `${` would start an interpolation, so the dollar sign is written by its number. */
const quoted = (text: string): string =>
  `"${[...text].map((char) => (/[\w ]/.test(char) ? char : `\\U${char.codePointAt(0)!.toString(16).padStart(8, '0')}`)).join('')}"`;

function written(value: PlainValue): string {
  if (Array.isArray(value)) return `[${value.map(written).join(', ')}]`;
  if (typeof value === 'string') return quoted(value);
  return Object.is(value, -0) ? '-0' : String(value);
}
