import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { acceptsGzip } from '../../../../src/agent/http/accept-encoding.ts';
import { Access } from '../../../../src/agent/http/access.ts';
import { parseBool, parseUint } from '../../../../src/lib/go-number.ts';

describe('numbers in queries', () => {
  it('are exact up to 64 bits', () => {
    expect(parseUint('0')).toBe(0);
    expect(parseUint('18446744073709551615')).toBe(18446744073709551615n);
  });

  it.each([
    ['18446744073709551616', 'value out of range'],
    ['-1', 'invalid syntax'],
    ['', 'invalid syntax'],
    ['1.5', 'invalid syntax'],
    ['0x1', 'invalid syntax'],
  ])('%s is refused: %s', (text, why) => {
    expect(() => parseUint(text)).toThrow(`strconv.ParseUint: parsing "${text}": ${why}`);
  });

  it('truth has many names, but not all', () => {
    expect(['1', 't', 'TRUE', 'true', '0', 'f', 'False', 'yes', ''].map(parseBool)).toEqual([
      ...[true, true, true, true, false, false, false],
      ...[undefined, undefined],
    ]);
  });
});

describe('Accept-Encoding', () => {
  it.each([
    ['gzip', true],
    ['deflate, gzip;q=0.5, br', true],
    ['GZIP', true],
    ['gzip;q=0', false],
    ['gzip; q=0.0', false],
    ['*', false],
    ['deflate', false],
    ['', false],
    [undefined, false],
  ])('%s: %s', (header, accepts) => {
    expect(acceptsGzip(header)).toBe(accepts);
  });
});

describe('access', () => {
  const from = (remoteAddress: string | undefined): Socket => ({ remoteAddress }) as Socket;

  it('is blocked by prefix of the path', () => {
    const access = new Access(['/v1/kv/secret'], []);
    expect(['/v1/kv/secret', '/v1/kv/secretive', '/v1/kv/open'].map((path) => access.isBlocked(path))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('for writes may be limited to networks', () => {
    const access = new Access([], ['10.0.0.0/8', '::1/128']);
    expect(access.mayUse('PUT', from('10.1.2.3'))).toBe(true);
    expect(access.mayUse('PUT', from('::ffff:10.1.2.3'))).toBe(true);
    expect(access.mayUse('PUT', from('::1'))).toBe(true);
    expect(access.mayUse('PUT', from('127.0.0.1'))).toBe(false);
    expect(access.mayUse('GET', from('127.0.0.1'))).toBe(true);
  });

  it('over a unix socket is the business of its file', () => {
    expect(new Access([], ['10.0.0.0/8']).mayUse('PUT', from(undefined))).toBe(true);
  });
});
