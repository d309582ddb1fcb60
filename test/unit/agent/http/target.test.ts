import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanPath, isPrintable, parseTarget } from '../../../../src/agent/http/target.ts';
import { escapePath } from '../../../../src/lib/go-url.ts';

describe('a request target', () => {
  it('is split at the first question mark, and only the path is decoded', () => {
    expect(parseTarget('/v1/kv/a%2Fb?x=%20?y')).toEqual({ path: '/v1/kv/a/b', query: 'x=%20?y' });
    expect(parseTarget('/v1/kv/a+b')).toEqual({ path: '/v1/kv/a+b', query: '' });
  });

  it('may name scheme and host', () => {
    expect(parseTarget('http://host:8500/v1/kv/a?raw')).toEqual({ path: '/v1/kv/a', query: 'raw' });
    expect(parseTarget('http://host')).toEqual({ path: '', query: '' });
  });

  it('is refused when an escape is malformed or it is no path', () => {
    for (const bad of ['/v1/kv/%', '/v1/%zz', '/a%2', '*', 'v1/kv']) expect(parseTarget(bad)).toBeNull();
  });

  it('keeps bytes that are no UTF-8 apart', () => {
    expect(parseTarget('/%FF')!.path).not.toBe(parseTarget('/%FE')!.path);
    expect(parseTarget('/%C3%A9')!.path).toBe('/é');
  });

  it('never makes the parser throw', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseTarget(`/${text}`)));
  });

  it('survives escaping and parsing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const escaped = `/${[...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')}`;
        const { path } = parseTarget(escaped)!;
        expect(parseTarget(escapePath(path))!.path).toBe(path);
      }),
    );
  });
});

describe('cleaning a path', () => {
  it.each([
    ['', '/'],
    ['/', '/'],
    ['//v1//status/leader', '/v1/status/leader'],
    ['/v1/./status/../status/leader', '/v1/status/leader'],
    ['/v1/kv/../x', '/v1/x'],
    ['/v1/kv/a//b', '/v1/kv/a/b'],
    ['/v1/kv/a/', '/v1/kv/a/'],
    ['/v1/kv//', '/v1/kv/'],
    ['/../..', '/'],
    ['/a/..', '/'],
    ['/a/.../b', '/a/.../b'],
    ['/a/..b', '/a/..b'],
  ])('%s becomes %s', (path, clean) => {
    expect(cleanPath(path)).toBe(clean);
  });

  it('leaves a clean path alone', () => {
    const part = fc.constantFrom('a', '.', '..', '', 'b.c');
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const clean = cleanPath(`/${parts.join('/')}`);
        expect(cleanPath(clean)).toBe(clean);
        expect(clean.split('/')).not.toContain('..');
      }),
    );
  });
});

describe('what may stand in a path', () => {
  it('are printable characters, and bytes that are no text', () => {
    for (const path of ['/v1/kv/a b', '/é', '/日本', '/<tag>&', parseTarget('/bad%FF')!.path]) {
      expect(isPrintable(path)).toBe(true);
    }
    for (const path of ['/a\0', '/a\n', '/a\t', '/a\u00a0b', '/a\u200b', '/a\x7f'])
      expect(isPrintable(path)).toBe(false);
  });
});
