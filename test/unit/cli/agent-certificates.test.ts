import { describe, expect, it } from 'vitest';
import { createAuthority, createCertificate, validityOf } from '../../../src/cli/agent-certificates.ts';
import { generateKey, parseCertificate } from '../../../src/lib/x509/index.ts';

const now = new Date('2026-11-30T12:00:00Z');
const caKey = await generateKey();
const key = await generateKey();
const authority = (permittedDomains: readonly string[] = []) =>
  parseCertificate(
    createAuthority({ ...validityOf(1825, now), commonName: '', permittedDomains, uri: 'spiffe://id.consul' }, caKey),
  );
const server = {
  ...validityOf(365, now),
  purpose: 'server',
  datacenter: 'dc1',
  domain: 'consul',
  node: '',
  dns: [],
  ips: [],
} as const;

describe('certificates of agents', () => {
  it('the authority carries its number, its days and its trust domain', () => {
    const ca = authority();
    expect(ca.subject.commonName).toBe(`Consul Agent CA ${ca.serial}`);
    expect(ca.altNames.uris).toEqual(['spiffe://id.consul']);
    expect(ca.notAfter.getTime() - ca.notBefore.getTime()).toBe(1825 * 86_400_000);
    expect(ca.isAuthority).toBe(true);
  });

  it('a server has the name that verify_server_hostname asks for, and its own below it', () => {
    const wish = { ...server, node: 'n1', dns: ['x.test'], ips: ['::1'] };
    const cert = parseCertificate(createCertificate(wish, key, authority(), caKey));
    expect(cert.altNames.dns).toEqual(['x.test', 'n1.server.dc1.consul', 'server.dc1.consul', 'localhost']);
    expect(cert.altNames.ips).toEqual(['::1', '127.0.0.1']);
    expect(cert.x509.checkPrivateKey(key)).toBe(true);
  });

  it.each([
    ['client', ['client.dc1.consul', 'localhost'], ['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.1']],
    ['cli', ['cli.dc1.consul', 'localhost'], null],
  ] as const)('a %s never has the name of a server', (purpose, names, usages) => {
    const cert = parseCertificate(createCertificate({ ...server, purpose }, key, authority(), caKey));
    expect(cert.altNames.dns).toEqual(names);
    expect(cert.extKeyUsage).toEqual(usages);
  });

  it('a limited authority certifies what is below its domains, and nothing beside them', () => {
    const ca = authority(['localhost', 'consul']);
    expect(createCertificate(server, key, ca, caKey)).toContain('BEGIN CERTIFICATE');
    expect(() => createCertificate({ ...server, dns: ['a.notconsul'] }, key, ca, caKey)).toThrow(
      'DNS name "a.notconsul" is not permitted by any constraint',
    );
  });

  it.each([
    ['a key of another authority', { caKey: key }, {}, 'the private key is not that of the certificate'],
    ['a name that no certificate can carry', {}, { dns: ['täst'] }, 'not ASCII'],
  ])('is refused in words with %s', (_, keys, wish, words) => {
    const signer = 'caKey' in keys ? keys.caKey : caKey;
    expect(() => createCertificate({ ...server, ...wish }, key, authority(), signer)).toThrow(words);
  });

  it('is refused from what is no authority', () => {
    const leaf = parseCertificate(createCertificate(server, key, authority(), caKey));
    expect(() => createCertificate(server, key, leaf, key)).toThrow('parent certificate cannot sign');
  });

  it('is refused for days that are no future', () => {
    expect(() => validityOf(0, now)).toThrow('certificate has expired');
    expect(() => validityOf(1e9, now)).toThrow('cannot represent time');
  });
});
