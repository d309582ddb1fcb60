import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGoRegexp, GoRegexpError } from '../../../src/lib/go-regexp.ts';

describe('regular expressions in Go notation', () => {
  it.each([
    ['[', 'missing closing ]: `[`'],
    ['a[bc', 'missing closing ]: `[bc`'],
    ['(', 'missing closing ): `(`'],
    ['a(b', 'missing closing ): `a(b`'],
    ['a)', 'unexpected ): `a)`'],
    ['*', 'missing argument to repetition operator: `*`'],
    ['a**', 'invalid nested repetition operator: `**`'],
    ['a\\', 'trailing backslash at end of expression: ``'],
    ['(?=a)', 'invalid or unsupported Perl syntax: `(?=`'],
    ['a{1001}', 'invalid repeat count: `{1001}`'],
    ['[b-a]', 'invalid character class range: `b-a`'],
    ['\\8', 'invalid escape sequence: `\\8`'],
  ])('refuse %s as Go does', (pattern, reason) => {
    expect(() => compileGoRegexp(pattern)).toThrow(`error parsing regexp: ${reason}`);
  });

  it.each([
    ['node-.*', 'node-a', true],
    ['^alive$', 'alive', true],
    ['^alive$', 'alived', false],
    ['left|failed', 'failed', true],
    ['(?i)WEB', 'web', true],
    ['(?P<n>a)b', 'ab', true],
    ['[[:digit:]]+', 'x7', true],
    ['[]a]', ']', true],
    ['a{2,3}?', 'aa', true],
    ['{', '{', true],
    ['\\Aab\\z', 'ab', true],
    ['\\pL', 'é', true],
    ['(?U)^a+$', 'aaa', true],
    ['a(?i)B(?-i)c', 'abc', true],
    ['(?s).\\z', '\n', true],
  ])('match as Go: %s on %s', (pattern, text, matches) => {
    expect(compileGoRegexp(pattern).test(text)).toBe(matches);
  });

  it('tell what groups found', () => {
    const { exec } = compileGoRegexp('^(.*?)-(.*)$|(x)');
    expect(exec('prod-mysql')).toEqual(['prod-mysql', 'prod', 'mysql', undefined]);
    expect(exec('x')).toEqual(['x', undefined, undefined, 'x']);
    expect(exec('none')).toBeNull();
  });

  it('take time in proportion to the text', () => {
    const text = `${'a'.repeat(50_000)}b`;
    const began = performance.now();
    // An engine that tries one way after the other would not end in this century.
    expect(compileGoRegexp('^(a+)+$').test(text)).toBe(false);
    expect(compileGoRegexp('(a|aa)+$').test(text)).toBe(false);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it.each(['(?:.?){1000}'.repeat(9), '[^\\pL]{1000}'.repeat(20), `(${'ab'.repeat(200)}){900}`, 'a'.repeat(5000)])(
    'are refused when they are too large: %#',
    (pattern) => {
      expect(() => compileGoRegexp(pattern)).toThrow('error parsing regexp: expression too large: `');
    },
  );

  it('throw nothing but their own error for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab[](){}*+?\\|^$-.:=!<Pi') }), (pattern) => {
        try {
          compileGoRegexp(pattern);
        } catch (error) {
          expect(error).toBeInstanceOf(GoRegexpError);
        }
      }),
    );
  });
});
