import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CertificateTemplate,
  certificatesOf,
  createCsr,
  generateKey,
  isIssuedBy,
  issuerOf,
  keyId,
  keySize,
  parseCertificate,
  parseCsr,
  parsePrivateKey,
  privateKeyPem,
  publicKeyOf,
  randomSerial,
  selfSign,
  signCertificate,
  X509Error,
} from '../../../../src/lib/x509/index.ts';

const years = (from: number, to: number) => ({
  notBefore: new Date(Date.UTC(from, 0)),
  notAfter: new Date(Date.UTC(to, 0)),
});

const authority = (key: CertificateTemplate['key'], more: Partial<CertificateTemplate> = {}): CertificateTemplate => ({
  serial: 7n,
  subject: { commonName: 'Test CA', organization: 'Täst' },
  ...years(2026, 2060),
  key,
  keyUsage: ['digitalSignature', 'certSign', 'crlSign'],
  authority: {},
  ...more,
});

const caKey = await generateKey();
const ca = parseCertificate(selfSign(authority(caKey)));
const issuer = issuerOf(ca, caKey);
const leafKey = await generateKey();

const leaf = (more: Partial<CertificateTemplate> = {}): CertificateTemplate => ({
  serial: 0x80n,
  subject: { commonName: 'server.dc1.consul' },
  ...years(2026, 2027),
  key: publicKeyOf(leafKey),
  keyUsage: ['digitalSignature', 'keyEncipherment'],
  extKeyUsage: ['serverAuth', 'clientAuth'],
  ...more,
});

describe('an authority', () => {
  it('is what Node takes for one, signed by itself', () => {
    const { x509 } = ca;
    expect(x509.ca).toBe(true);
    expect(x509.verify(caKey.type === 'private' ? publicKeyOf(caKey) : caKey)).toBe(true);
    expect(x509.subject).toBe('CN=Test CA\nO=Täst');
    expect(x509.checkIssued(x509)).toBe(true);
    expect(x509.serialNumber).toBe('07');
    expect([x509.validFromDate, x509.validToDate]).toEqual([new Date('2026-01-01'), new Date('2060-01-01')]);
  });

  it('reads back as it was written', () => {
    expect(ca).toMatchObject({
      serial: 7n,
      subject: { commonName: 'Test CA', organization: 'Täst' },
      issuer: { commonName: 'Test CA', organization: 'Täst' },
      isAuthority: true,
      extKeyUsage: null,
    });
    expect(Buffer.from(ca.subjectKeyId ?? [])).toEqual(Buffer.from(keyId(caKey)));
    expect(ca.authorityKeyId).toEqual(ca.subjectKeyId);
  });

  it('signs only with its own key', () => {
    expect(() => issuerOf(ca, leafKey)).toThrow('the private key is not that of the certificate');
  });
});

describe('a certificate', () => {
  const altNames = {
    dns: ['server.dc1.consul', '*.web.service.consul'],
    emails: ['ops@example.test'],
    ips: ['127.0.0.1', '2001:db8::1'],
    uris: ['spiffe://11111111-2222-3333-4444-555555555555.consul/ns/default/dc/dc1/svc/web'],
  };
  const cert = parseCertificate(signCertificate(leaf({ altNames }), issuer));

  it('is what Node takes for one of its authority', () => {
    const { x509 } = cert;
    expect(x509.ca).toBe(false);
    expect(x509.checkIssued(ca.x509)).toBe(true);
    expect(x509.verify(ca.publicKey)).toBe(true);
    expect(x509.verify(cert.publicKey)).toBe(false);
    expect(x509.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(x509.checkHost('server.dc1.consul')).toBe('server.dc1.consul');
    expect(x509.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(x509.checkIP('2001:db8::1')).toBe('2001:db8::1');
    expect(x509.checkEmail('ops@example.test')).toBe('ops@example.test');
    expect(x509.checkPrivateKey(leafKey)).toBe(true);
    expect(x509.serialNumber).toBe('80');
  });

  it('reads back its names and whose it is', () => {
    expect(cert.altNames).toEqual(altNames);
    expect(cert.authorityKeyId).toEqual(ca.subjectKeyId);
    expect(isIssuedBy(cert, ca)).toBe(true);
    expect(isIssuedBy(ca, cert)).toBe(false);
  });

  it('keeps the name of another byte for byte', () => {
    const again = parseCertificate(signCertificate(leaf({ subject: ca.subjectBytes, key: caKey }), issuer));
    expect(again.subjectBytes).toEqual(ca.subjectBytes);
  });

  it('refuses names that no certificate can carry', () => {
    expect(() => signCertificate(leaf({ altNames: { ips: ['zap'] } }), issuer)).toThrow('no IP address: "zap"');
    expect(() => signCertificate(leaf({ altNames: { dns: ['täst'] } }), issuer)).toThrow('not ASCII: "täst"');
  });

  it('has a serial number of its own', () => {
    const serials = Array.from({ length: 100 }, randomSerial);
    expect(new Set(serials).size).toBe(100);
    expect(serials.every((serial) => serial > 0n && serial < 1n << 127n)).toBe(true);
  });
});

describe('keys', () => {
  it.each([
    ['ec', 256, 'EC PRIVATE KEY'],
    ['ec', 384, 'EC PRIVATE KEY'],
    ['ec', 521, 'EC PRIVATE KEY'],
    ['rsa', 2048, 'RSA PRIVATE KEY'],
  ] as const)('%s of %i bits sign authorities and certificates, and travel as %s', async (type, bits, label) => {
    const key = await generateKey(type, bits);
    expect(keySize(key)).toEqual({ type, bits });
    const root = parseCertificate(selfSign(authority(key)));
    expect(root.x509.verify(root.publicKey)).toBe(true);
    const child = parseCertificate(signCertificate(leaf(), issuerOf(root, key)));
    expect(child.x509.verify(root.publicKey)).toBe(true);
    expect(isIssuedBy(child, root)).toBe(true);
    const pem = privateKeyPem(key);
    expect(pem.startsWith(`-----BEGIN ${label}-----\n`)).toBe(true);
    expect(parsePrivateKey(pem).equals(key)).toBe(true);
  });

  it('come in no other sizes', async () => {
    await expect(generateKey('rsa', 1024)).rejects.toThrow('RSA keys have 2048 or 4096 bits, not 1024');
    await expect(generateKey('ec', 255)).rejects.toThrow('EC keys have 224, 256, 384 or 521 bits, not 255');
    expect(() => parsePrivateKey('junk')).toThrow(X509Error);
  });
});

describe('a request', () => {
  const altNames = {
    dns: ['web.test'],
    emails: [],
    ips: ['10.0.0.9'],
    uris: ['spiffe://x.consul/ns/default/dc/dc1/svc/web'],
  };
  const csr = createCsr({ subject: { commonName: 'web' }, altNames, key: leafKey });

  it('says whose key, and for which names', () => {
    const { subject, publicKey, ...rest } = parseCsr(csr);
    expect(subject).toEqual({ commonName: 'web' });
    expect(publicKey.equals(publicKeyOf(leafKey))).toBe(true);
    expect(rest.altNames).toEqual(altNames);
  });

  it('may ask for no names', () => {
    const none = parseCsr(createCsr({ subject: {}, altNames: {}, key: leafKey }));
    expect(none.altNames).toEqual({ dns: [], emails: [], ips: [], uris: [] });
  });

  it('proves that its sender has the key: any change is refused', () => {
    const bytes = Buffer.from(csr.replace(/-----.*-----/g, ''), 'base64');
    for (let at = 20; at < bytes.length; at += 7) {
      const altered = Buffer.from(bytes);
      altered[at]! ^= 1;
      const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${altered.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
      expect(() => parseCsr(pem)).toThrow(X509Error);
    }
  });
});

describe('what is read', () => {
  const cert = signCertificate(leaf({ altNames: { dns: ['a.test'] } }), issuer);

  it('throws only its own error for garbage', () => {
    const block = (label: string, bytes: Uint8Array) =>
      `-----BEGIN ${label}-----\n${Buffer.from(bytes).toString('base64')}\n-----END ${label}-----\n`;
    const original = new X509Certificate(cert).raw;
    const altered = fc
      .tuple(fc.nat(original.length - 1), fc.nat(255), fc.nat(original.length))
      .map(([at, value, cut]) => {
        const bytes = Buffer.from(original);
        bytes[at] = value;
        return bytes.subarray(0, Math.max(cut, 1));
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), altered), (bytes) => {
        for (const [label, parse] of [
          ['CERTIFICATE', parseCertificate],
          ['CERTIFICATE REQUEST', parseCsr],
        ] as const) {
          try {
            parse(block(label, bytes));
          } catch (error) {
            expect(error).toBeInstanceOf(X509Error);
          }
        }
      }),
    );
    expect(() => parseCertificate('junk')).toThrow('no PEM-encoded data found');
  });

  it('finds every certificate of a bundle, whatever stands between', () => {
    const bundle = `# roots\r\n${cert.replaceAll('\n', '\r\n')}junk\n${privateKeyPem(leafKey)}${selfSign(authority(caKey))}`;
    expect(certificatesOf(bundle).map((pem) => parseCertificate(pem).subject.commonName)).toEqual([
      'server.dc1.consul',
      'Test CA',
    ]);
  });
});
