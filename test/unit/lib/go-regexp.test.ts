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
  ])('match as Go: %s on %s', (pattern, text, matches) => {
    expect(compileGoRegexp(pattern).test(text)).toBe(matches);
  });

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
