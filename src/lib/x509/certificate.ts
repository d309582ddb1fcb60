/** Certificates (RFC 5280): made, signed and read. Node verifies them; it cannot make them. */
import crypto, { type KeyObject, X509Certificate } from 'node:crypto';
import { contextTag, DerError, DerValue, der, tagged } from './der.ts';
import { X509Error } from './errors.ts';
import {
  type DecodedExtensions,
  decodeExtensions,
  type Extensions,
  encodeExtensions,
  noExtensions,
} from './extensions.ts';
import { isSignedBy, keyId, signatureAlgorithm, signed, spki } from './keys.ts';
import { decodeName, encodeName, type Name } from './name.ts';
import { fromPem, toPem } from './pem.ts';

export interface CertificateTemplate extends Omit<Extensions, 'subjectKeyId' | 'authorityKeyId'> {
  readonly serial: bigint;
  /** DER where the name of another certificate is to be kept byte for byte. */
  readonly subject: Name | Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Whose certificate it is; of a private key, its public half. */
  readonly key: KeyObject;
  /** Absent: `keyId` of the key. */
  readonly subjectKeyId?: Uint8Array;
}

export interface Issuer {
  /** DER. */
  readonly name: Uint8Array;
  readonly keyId: Uint8Array;
  readonly key: KeyObject;
}

/** A random positive serial number of 127 bits. */
export const randomSerial = (): bigint => BigInt(`0x${crypto.randomBytes(16).toString('hex')}`) >> 1n;

const nameBytes = (name: Name | Uint8Array): Uint8Array => (name instanceof Uint8Array ? name : encodeName(name));

/** The certificate as PEM. @throws X509Error, DerError when the template cannot be written */
export function signCertificate(template: CertificateTemplate, issuer: Issuer): string {
  const extensions = encodeExtensions({
    ...template,
    subjectKeyId: template.subjectKeyId ?? keyId(template.key),
    authorityKeyId: issuer.keyId,
  });
  const body = der.sequence(
    tagged(contextTag.constructed(0), der.integer(2n)), // version 3
    der.integer(template.serial),
    signatureAlgorithm(issuer.key),
    issuer.name,
    der.sequence(der.time(template.notBefore), der.time(template.notAfter)),
    nameBytes(template.subject),
    spki(template.key),
    tagged(contextTag.constructed(3), extensions),
  );
  return toPem('CERTIFICATE', signed(body, issuer.key));
}

/** A certificate that vouches for itself: the root of an authority. `template.key` is the private key. */
export const selfSign = (template: CertificateTemplate): string =>
  signCertificate(template, {
    name: nameBytes(template.subject),
    keyId: template.subjectKeyId ?? keyId(template.key),
    key: template.key,
  });

/** A certificate that was read. What Node knows of it is in `x509`. */
export interface Certificate extends DecodedExtensions {
  readonly x509: X509Certificate;
  readonly serial: bigint;
  readonly subject: Name;
  /** DER. */
  readonly subjectBytes: Uint8Array;
  readonly issuer: Name;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKey: KeyObject;
}

/** The first certificate of a PEM text. @throws X509Error when there is none, or it cannot be read */
export function parseCertificate(pem: string): Certificate {
  const block = fromPem(pem).find(({ label }) => label === 'CERTIFICATE');
  if (block === undefined) throw new X509Error('no PEM-encoded data found');
  try {
    const x509 = new X509Certificate(block.der);
    const fields = DerValue.parse(block.der).sequence()[0]?.sequence() ?? [];
    // The version is left out of version 1, which has no extensions either.
    const [serial, , issuer, , subject] = fields[0]?.tag === contextTag.constructed(0) ? fields.slice(1) : fields;
    if (serial === undefined || issuer === undefined || subject === undefined) throw new DerError('incomplete');
    const extensions = fields.find(({ tag }) => tag === contextTag.constructed(3))?.children()[0];
    return {
      ...(extensions === undefined ? noExtensions : decodeExtensions(extensions)),
      x509,
      serial: serial.integer(),
      subject: decodeName(subject),
      subjectBytes: subject.raw,
      issuer: decodeName(issuer),
      notBefore: x509.validFromDate,
      notAfter: x509.validToDate,
      publicKey: x509.publicKey,
    };
  } catch (error) {
    throw new X509Error('malformed certificate', { cause: error });
  }
}

/** To sign with: the certificate of an authority and the key of it. @throws X509Error when they do not belong together */
export function issuerOf(authority: Certificate, key: KeyObject): Issuer {
  if (!authority.x509.checkPrivateKey(key)) throw new X509Error('the private key is not that of the certificate');
  return { name: authority.subjectBytes, keyId: authority.subjectKeyId ?? keyId(key), key };
}

/** Whether the key of `authority` made the signature of `certificate`. Names and dates are not looked at. */
export const isIssuedBy = (certificate: Certificate, authority: Certificate): boolean =>
  isSignedBy(certificate.x509.raw, authority.publicKey);
