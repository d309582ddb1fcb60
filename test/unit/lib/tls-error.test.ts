import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { certificateFault, type TlsError } from '../../../src/lib/tls-error.ts';

/** Node's own complaint about a certificate with these names. */
const complaint = (host: string, subjectaltname: string | undefined): TlsError =>
  checkServerIdentity(host, { subject: { CN: 'cn.test' }, subjectaltname } as PeerCertificate) as TlsError;

describe('a certificate for somebody else', () => {
  it.each([
    ['a.test', 'DNS:b.test, DNS:c.test, IP Address:10.0.0.1', 'certificate is valid for b.test, c.test, not a.test'],
    ['a.test', 'IP Address:10.0.0.1', 'certificate is not valid for any names, but wanted to match a.test'],
    ['10.0.0.2', 'DNS:b.test, IP Address:10.0.0.1', 'certificate is valid for 10.0.0.1, not 10.0.0.2'],
    ['10.0.0.2', 'DNS:b.test', "cannot validate certificate for 10.0.0.2 because it doesn't contain any IP SANs"],
  ])('%s, which is for %s', (host, names, text) => {
    expect(certificateFault(complaint(host, names))).toBe(`x509: ${text}`);
  });

  it('is told as it is where somebody has the words already', () => {
    const reason = 'certificate is valid for x, not y';
    expect(certificateFault({ code: 'ERR_TLS_CERT_ALTNAME_INVALID', reason, message: '' })).toBe(`x509: ${reason}`);
  });
});
