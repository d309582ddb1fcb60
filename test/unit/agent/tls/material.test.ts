import { describe, expect, it } from 'vitest';
import type { Files } from '../../../../src/agent/config/host.ts';
import { readMaterial } from '../../../../src/agent/tls/material.ts';
import { testAuthority, tlsSettings } from './fixtures.ts';

const ca = await testAuthority();
const other = await testAuthority('Other CA');
const pair = await ca.issue(['server.dc1.consul']);
const otherPair = await other.issue(['server.dc1.consul']);

const texts: Record<string, string> = {
  '/ca.pem': ca.pem,
  '/both.pem': `${ca.pem}${other.pem}`,
  '/junk.pem': 'junk',
  '/bad.pem': ca.pem.replace(/\n\w{20}/, '\nAAAAAAAAAAAAAAAAAAAA'),
  '/cas/a.pem': ca.pem,
  '/cas/b.crt': other.pem,
  '/cert.pem': pair.cert,
  '/key.pem': pair.key,
  '/other-key.pem': otherPair.key,
};

const missing = () => Object.assign(new Error('missing'), { code: 'ENOENT' });
const files: Files = {
  kindOf: (path) => (path === '/cas' ? 'directory' : 'file'),
  readText(path) {
    const text = texts[path];
    if (text === undefined) throw missing();
    return text;
  },
  list(path) {
    if (path !== '/cas') throw missing();
    return ['b.crt', 'a.pem'];
  },
};

const read = (settings: Parameters<typeof tlsSettings>[0]) => readMaterial(tlsSettings(settings), files);

describe('the files of TLS', () => {
  it('are authorities, of a file or of all files of a directory, and a certificate with its key', () => {
    expect(read({})).toEqual({ authorities: [], pair: null });
    expect(read({ caFile: '/both.pem' }).authorities).toEqual([ca.pem, other.pem]);
    expect(read({ caPath: '/cas' }).authorities).toEqual([ca.pem, other.pem]);
    expect(read({ caFile: '/ca.pem', certFile: '/cert.pem', keyFile: '/key.pem' })).toEqual({
      authorities: [ca.pem],
      pair,
    });
  });

  it.each([
    [{ caFile: '/none.pem' }, 'Error loading CA File: open /none.pem: no such file or directory'],
    [{ caPath: '/none' }, 'Error loading CA Path: open /none: no such file or directory'],
    [{ caFile: '/junk.pem' }, "Error loading CA File: Couldn't parse PEM in: /junk.pem"],
    [{ caFile: '/bad.pem' }, 'Error loading CA File: /bad.pem: malformed certificate'],
    [
      { certFile: '/none.pem', keyFile: '/key.pem' },
      'Failed to load cert/key pair: open /none.pem: no such file or directory',
    ],
    [
      { certFile: '/junk.pem', keyFile: '/key.pem' },
      'Failed to load cert/key pair: tls: failed to find any PEM data in certificate input',
    ],
    [
      { certFile: '/cert.pem', keyFile: '/junk.pem' },
      'Failed to load cert/key pair: tls: failed to parse private key: no private key',
    ],
    [
      { certFile: '/cert.pem', keyFile: '/other-key.pem' },
      'Failed to load cert/key pair: tls: private key does not match public key',
    ],
    [{ verifyIncomingRpc: true }, 'VerifyIncoming set, and no CA certificate provided!'],
    [{ verifyIncomingHttps: true, caFile: '/ca.pem' }, 'VerifyIncoming set, and no Cert/Key pair provided!'],
    [{ verifyOutgoing: true }, 'VerifyOutgoing set, and no CA certificate provided!'],
    [
      { minVersion: 'tls9' },
      'TLSMinVersion: value tls9 not supported, please specify one of [tls10,tls11,tls12,tls13]',
    ],
  ])('that cannot work are refused: %j', (settings, text) => {
    expect(() => read(settings)).toThrow(text);
  });

  it('are not asked of an agent that gets its certificate from the servers', () => {
    const autoEncrypt = { tls: true, allowTls: false, dnsSan: [], ipSan: [] };
    expect(read({ verifyOutgoing: true, verifyIncomingRpc: true, autoEncrypt })).toEqual({
      authorities: [],
      pair: null,
    });
  });
});
