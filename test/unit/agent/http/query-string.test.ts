import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QueryString } from '../../../../src/agent/http/query-string.ts';

describe('a query string', () => {
  it('has keys with and without values, in order, more than once', () => {
    const query = QueryString.parse('tag=a&raw&tag=b&x=')!;
    expect(query.all('tag')).toEqual(['a', 'b']);
    expect(query.get('tag')).toBe('a');
    expect(query.has('raw')).toBe(true);
    expect(query.get('raw')).toBe('');
    expect(query.has('nope')).toBe(false);
  });

  it('is separated by & and ;', () => {
    const query = QueryString.parse('index=1;wait=5s&&x')!;
    expect([query.get('index'), query.get('wait'), query.has('x')]).toEqual(['1', '5s', true]);
  });

  it('has spaces as + and as %20', () => {
    expect(QueryString.parse('a=b+c%20d%2B')!.get('a')).toBe('b c d+');
  });

  it('is refused as a whole when an escape is malformed', () => {
    for (const bad of ['%zz=1', 'a=%', '%gg', 'a=b%2']) expect(QueryString.parse(bad)).toBeNull();
  });

  it('is shown sorted by key', () => {
    expect(QueryString.parse('cas=0&acquire=x y')!.encode()).toBe('acquire=x+y&cas=0');
    expect(QueryString.parse('recurse&cas=1')!.encode()).toBe('cas=1&recurse=');
  });

  it('finds again what was encoded', () => {
    const text = fc.string({ unit: 'grapheme' }).filter((value) => value.isWellFormed());
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 6 }), (pairs) => {
        const raw = pairs.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join('&');
        const query = QueryString.parse(raw)!;
        for (const [key] of pairs) {
          expect(query.all(key)).toEqual(pairs.filter(([other]) => other === key).map(([, value]) => value));
        }
        expect(QueryString.parse(query.encode())!.encode()).toBe(query.encode());
      }),
    );
  });
});
