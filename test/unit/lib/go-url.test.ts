import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeHost, escapePath, escapeQuery, withQuery } from '../../../src/lib/go-url.ts';

describe('escaping as Go does', () => {
  it('keeps in paths what Go keeps', () => {
    expect(escapePath('a/b$&+,:;=@-_.~')).toBe('a/b$&+,:;=@-_.~');
    expect(escapePath("sp ace?#%[]!'()*ü")).toBe('sp%20ace%3F%23%25%5B%5D%21%27%28%29%2A%C3%BC');
  });

  it('writes spaces of queries as plus and sorts the keys', () => {
    expect(escapeQuery('a b/c+d')).toBe('a+b%2Fc%2Bd');
    expect(withQuery('/x', { separator: '/', keys: '', none: undefined, tag: ['b', 'a'], empty: [] })).toBe(
      '/x?keys=&separator=%2F&tag=b&tag=a',
    );
    expect(withQuery('/x', {})).toBe('/x');
  });

  it('shows a socket path as a host', () => {
    expect(escapeHost('/tmp/a b.sock')).toBe('%2Ftmp%2Fa%20b.sock');
    expect(escapeHost('[::1]:8500')).toBe('[::1]:8500');
  });

  it('can be read back by any decoder', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(decodeURIComponent(escapePath(text))).toBe(text);
        expect(new URLSearchParams(`x=${escapeQuery(text)}`).get('x')).toBe(text);
      }),
    );
  });

  it('takes broken surrogates without throwing', () => {
    expect(escapePath('\ud800')).toBe('%EF%BF%BD');
  });

  it('keeps bytes that are no UTF-8', () => {
    expect(escapePath('bad\udcff')).toBe('bad%FF');
  });
});
