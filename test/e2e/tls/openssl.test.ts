/** Our certificates in the hands of OpenSSL, and its in ours. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createCsr,
  generateKey,
  issuerOf,
  parseCertificate,
  parseCsr,
  parsePrivateKey,
  privateKeyPem,
  randomSerial,
  selfSign,
  signCertificate,
} from '../../../src/lib/x509/index.ts';

const run = promisify(execFile);
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tc-openssl-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const openssl = async (...args: string[]): Promise<string> => {
  const { stdout, stderr } = await run('openssl', args, { cwd: dir });
  return stdout + stderr;
};
const validity = { notBefore: new Date('2026-01-01'), notAfter: new Date('2060-01-01') };

describe('what we sign', () => {
  it('is a strict chain to OpenSSL, and says what we wrote', async () => {
    const caKey = await generateKey('ec', 384);
    const root = selfSign({
      ...validity,
      serial: randomSerial(),
      subject: { commonName: 'Root' },
      key: caKey,
      keyUsage: ['digitalSignature', 'certSign', 'crlSign'],
      authority: { pathLength: 0 },
      permittedDomains: ['consul', 'localhost'],
      altNames: { uris: ['spiffe://4a2bd0f9.consul'] },
    });
    const issuer = issuerOf(parseCertificate(root), caKey);
    const key = await generateKey();
    const sign = (dns: string) =>
      signCertificate(
        {
          ...validity,
          serial: 4660n,
          subject: { commonName: 'server.dc1.consul' },
          key,
          keyUsage: ['digitalSignature', 'keyEncipherment'],
          extKeyUsage: ['serverAuth', 'clientAuth'],
          altNames: { dns: [dns, 'localhost'], ips: ['::1'] },
        },
        issuer,
      );
    await writeFile(join(dir, 'root.pem'), root);
    await writeFile(join(dir, 'leaf.pem'), sign('server.dc1.consul'));
    await writeFile(join(dir, 'outside.pem'), sign('server.dc1.example'));
    expect(await openssl('verify', '-x509_strict', '-CAfile', 'root.pem', 'leaf.pem')).toBe('leaf.pem: OK\n');
    await expect(openssl('verify', '-CAfile', 'root.pem', 'outside.pem')).rejects.toThrow(
      'permitted subtree violation',
    );
    const text = await openssl('x509', '-in', 'leaf.pem', '-noout', '-text');
    for (const part of [
      'Version: 3 (0x2)',
      'Serial Number: 4660',
      'Signature Algorithm: ecdsa-with-SHA384',
      'X509v3 Key Usage: critical\n                Digital Signature, Key Encipherment\n',
      'TLS Web Server Authentication, TLS Web Client Authentication\n',
      'X509v3 Basic Constraints: critical\n                CA:FALSE\n',
      'DNS:server.dc1.consul, DNS:localhost, IP Address:0:0:0:0:0:0:0:1\n',
    ])
      expect(text).toContain(part);
    const rootText = await openssl('x509', '-in', 'root.pem', '-noout', '-text');
    expect(rootText).toContain('CA:TRUE, pathlen:0\n');
    expect(rootText).toContain('Digital Signature, Certificate Sign, CRL Sign\n');
    expect(rootText).toContain('Permitted:\n                  DNS:consul\n                  DNS:localhost\n');
  });

  it('asks for certificates in requests that OpenSSL verifies', async () => {
    const key = await generateKey('rsa', 2048);
    const altNames = { dns: ['a.test'], uris: ['spiffe://x/y'] };
    await writeFile(join(dir, 'ours.csr'), createCsr({ subject: { commonName: 'a' }, altNames, key }));
    const text = await openssl('req', '-in', 'ours.csr', '-verify', '-noout', '-text');
    expect(text).toContain('verify OK');
    expect(text).toContain('DNS:a.test, URI:spiffe://x/y\n');
  });
});

describe('what OpenSSL makes', () => {
  it.each([
    ['an elliptic key', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']],
    ['an RSA key', ['rsa:2048']],
    ['an Ed25519 key', ['ed25519']],
  ])('is read and used: an authority and a request with %s', async (_, newkey) => {
    const make = (...rest: string[]) =>
      openssl('req', '-newkey', ...newkey, '-noenc', '-keyout', 'theirs-key.pem', ...rest);
    await make('-x509', '-subj', '/C=DE/O=Org/CN=Their CA', '-days', '9', '-out', 'theirs.pem');
    const ca = parseCertificate(await readFile(join(dir, 'theirs.pem'), 'utf8'));
    const caKey = parsePrivateKey(await readFile(join(dir, 'theirs-key.pem'), 'utf8'));
    expect(ca).toMatchObject({
      isAuthority: true,
      subject: { country: 'DE', organization: 'Org', commonName: 'Their CA' },
    });
    await make('-subj', '/CN=leaf', '-addext', 'subjectAltName=DNS:b.test,IP:10.0.0.1', '-out', 'theirs.csr');
    const csr = parseCsr(await readFile(join(dir, 'theirs.csr'), 'utf8'));
    expect(csr).toMatchObject({ subject: { commonName: 'leaf' }, altNames: { dns: ['b.test'], ips: ['10.0.0.1'] } });
    const { subject, altNames, publicKey } = csr;
    const leaf = signCertificate({ ...validity, serial: 1n, subject, altNames, key: publicKey }, issuerOf(ca, caKey));
    await writeFile(join(dir, 'signed.pem'), leaf);
    expect(await openssl('verify', '-CAfile', 'theirs.pem', 'signed.pem')).toBe('signed.pem: OK\n');
    await writeFile(join(dir, 'again.pem'), privateKeyPem(caKey));
    expect(await openssl('pkey', '-in', 'again.pem', '-noout', '-check')).toContain('Key is valid');
  });
});
