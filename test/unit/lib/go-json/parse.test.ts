import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonError, JsonNumber, JsonObject, parseFirst, parseWhole } from '../../../../src/lib/go-json/index.ts';
import { plainJson } from '../../../../src/structs/json-decode.ts';

const errorOf = (text: string | Uint8Array, parse = parseWhole): string => {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof JsonError) return error.message;
    throw error;
  }
  return 'no error';
};

/** Integers beyond 2^53 are kept whole by ours, and rounded by JSON.parse. */
const asNumber = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value);

describe('parsing JSON', () => {
  it('gives what JSON.parse gives, for every document', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.stringify(plainJson(parseWhole(text)), asNumber)).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  it('refuses what JSON.parse refuses', () => {
    const soup = fc.array(
      fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '0', '1', '-', '+', 'e', '.', 'true', 'nul', '\\', ' '),
    );
    fc.assert(
      fc.property(soup, (parts) => {
        const text = parts.join('');
        let good = true;
        try {
          JSON.parse(text);
        } catch {
          good = false;
        }
        expect(errorOf(text) === 'no error').toBe(good);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['', 'unexpected end of JSON input'],
    ['  ', 'unexpected end of JSON input'],
    ['{"a":', 'unexpected end of JSON input'],
    ['x', "invalid character 'x' looking for beginning of value"],
    ['{x', "invalid character 'x' looking for beginning of object key string"],
    ['{"a" 1', "invalid character '1' after object key"],
    ['{"a":1 "b"', `invalid character '"' after object key:value pair`],
    ['[1 2', "invalid character '2' after array element"],
    ['1 2', "invalid character '2' after top-level value"],
    ['01', "invalid character '1' after top-level value"],
    ['-x', "invalid character 'x' in numeric literal"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ['1ex', "invalid character 'x' in exponent of numeric literal"],
    ['trux', "invalid character 'x' in literal true (expecting 'e')"],
    ['"\n', "invalid character '\\n' in string literal"],
    ['"\\x', "invalid character 'x' in string escape code"],
    ['"\\u00g', "invalid character 'g' in \\u hexadecimal character escape"],
    ["'", "invalid character '\\'' looking for beginning of value"],
    ['é', "invalid character 'Ã' looking for beginning of value"],
    ['\u0001', "invalid character '\\x01' looking for beginning of value"],
    ['['.repeat(20_000), 'exceeded max depth'],
  ])('says what Go says about %j', (text, message) => {
    expect(errorOf(text)).toBe(message);
  });

  it('reads the first value only when asked for it', () => {
    expect(parseFirst(' 1 garbage')).toEqual(new JsonNumber('1'));
    expect(errorOf(' \n', parseFirst)).toBe('EOF');
    expect(errorOf('{"a', parseFirst)).toBe('unexpected EOF');
  });

  it('replaces bytes that are no UTF-8 and half surrogates', () => {
    expect(parseWhole(Buffer.from('22ff6180e922', 'hex'))).toBe('\ufffda\ufffd\ufffd');
    expect(parseWhole('"\\ud800 \\ud83d\\ude00"')).toBe('\ufffd \u{1f600}');
  });

  it('keeps numbers as they are written and members in order', () => {
    expect(parseWhole('{"b":1e5,"a":18446744073709551615,"b":2}')).toEqual(
      new JsonObject([
        ['b', new JsonNumber('1e5')],
        ['a', new JsonNumber('18446744073709551615')],
        ['b', new JsonNumber('2')],
      ]),
    );
    expect(plainJson(parseWhole('18446744073709551615'))).toBe(2n ** 64n - 1n);
  });
});
