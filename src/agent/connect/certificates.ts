/** The certificates of the mesh: what each kind says, and for how long. */
import type { KeyObject } from 'node:crypto';
import {
  type Certificate,
  type Csr,
  generateKey,
  issuerOf,
  type KeyType,
  keySize,
  parseCertificate,
  parsePrivateKey,
  selfSign,
  signCertificate,
  X509Error,
} from '../../lib/x509/index.ts';
import { CARoot } from '../../structs/connect.ts';
import {
  type AgentIdentity,
  authorityName,
  commonName,
  formatIdentity,
  type ServiceIdentity,
} from '../../structs/identity.ts';
import { make } from '../../structs/make.ts';
import { type BuiltInConfig, CaConfigError } from './ca-config.ts';

const rootYears = 10;
/** No private key is as short. */
const shownBytes = 32;
/** Clocks of those who check are not ours: certificates are good from a little earlier. */
const backdatedMs = 60_000;

/** A certificate with the right to sign, and its key. */
export interface Signer {
  readonly certificate: Certificate;
  readonly key: KeyObject;
}

const colons = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').match(/../g)?.join(':') ?? '';

/** How certificates are told apart: `b2:d0:06:…`, the SHA-1 of their bytes. */
export const fingerprint = ({ x509 }: Certificate): string => x509.fingerprint.toLowerCase();
/** How keys are told apart. */
export const keyName = (id: Uint8Array | null): string => colons(id ?? new Uint8Array());
/** How serial numbers are shown: `1f:0a`. */
export function serialText(serial: bigint): string {
  const hex = serial.toString(16);
  return colons(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'));
}

/** The key of an authority: the operator's, or a new one. @throws CaConfigError */
export async function authorityKey(config: BuiltInConfig): Promise<KeyObject> {
  if (config.PrivateKey === '') return generateKey(config.PrivateKeyType as KeyType, config.PrivateKeyBits);
  try {
    return parsePrivateKey(config.PrivateKey);
  } catch (error) {
    if (!(error instanceof X509Error)) throw error;
    // What may be a key, if a broken one, is not repeated: errors are logged.
    if (config.PrivateKey.length > shownBytes) throw new CaConfigError('error parsing private key');
    throw new CaConfigError(
      `error parsing private key ${JSON.stringify(config.PrivateKey)}: no PEM-encoded data found`,
    );
  }
}

/** A new root, which vouches for itself. PEM. */
export function makeRoot(key: KeyObject, serial: bigint, trustDomain: string, unique: string, wallMs: number): string {
  const notBefore = new Date(wallMs);
  const notAfter = new Date(wallMs);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + rootYears);
  return selfSign({
    serial,
    subject: { commonName: authorityName('pri', unique, trustDomain) },
    notBefore,
    notAfter,
    key,
    keyUsage: ['digitalSignature', 'certSign', 'crlSign'],
    authority: {},
    altNames: { uris: [formatIdentity({ kind: 'authority', trustDomain })] },
  });
}

/** The same authority, vouched for by another: who trusts `signer` may trust what `root` signs. PEM. */
export function crossSign(root: Certificate, signer: Signer, serial: bigint, wallMs: number): string {
  return signCertificate(
    {
      serial,
      subject: root.subjectBytes,
      notBefore: new Date(wallMs - backdatedMs),
      notAfter: new Date(Math.min(root.notAfter.getTime(), signer.certificate.notAfter.getTime())),
      key: root.publicKey,
      keyUsage: ['digitalSignature', 'certSign', 'crlSign'],
      authority: {},
      altNames: root.altNames,
      ...(root.subjectKeyId !== null && { subjectKeyId: root.subjectKeyId }),
    },
    issuerOf(signer.certificate, signer.key),
  );
}

export interface SigningTerms {
  readonly serial: bigint;
  readonly ttlMs: number;
  readonly wallMs: number;
}

/** Nothing outlives the certificate it was signed with. */
const until = (signer: Signer, { ttlMs, wallMs }: SigningTerms): Date =>
  new Date(Math.min(wallMs - backdatedMs + ttlMs, signer.certificate.notAfter.getTime()));

/** The certificate of a service or an agent. PEM. */
export function signLeaf(
  csr: Csr,
  identity: ServiceIdentity | AgentIdentity,
  signer: Signer,
  terms: SigningTerms,
): string {
  return signCertificate(
    {
      serial: terms.serial,
      subject: { commonName: commonName(identity) },
      notBefore: new Date(terms.wallMs - backdatedMs),
      notAfter: until(signer, terms),
      key: csr.publicKey,
      keyUsage: ['digitalSignature', 'keyEncipherment', 'dataEncipherment', 'keyAgreement'],
      extKeyUsage: ['clientAuth', 'serverAuth'],
      altNames: { uris: [formatIdentity(identity)], dns: csr.altNames.dns, ips: csr.altNames.ips },
    },
    issuerOf(signer.certificate, signer.key),
  );
}

/** The authority of another datacenter: it may sign leaves and nothing below. PEM. */
export function signIntermediate(csr: Csr, signer: Signer, terms: SigningTerms): string {
  return signCertificate(
    {
      serial: terms.serial,
      subject: csr.subject,
      notBefore: new Date(terms.wallMs - backdatedMs),
      notAfter: until(signer, terms),
      key: csr.publicKey,
      keyUsage: ['digitalSignature', 'certSign', 'crlSign'],
      authority: { pathLength: 0 },
      altNames: { uris: csr.altNames.uris },
    },
    issuerOf(signer.certificate, signer.key),
  );
}

/** Serial numbers of roots that others made may be longer than a number is exact. */
const exactBits = 53;

/** A root as it is kept and shown. */
export function rootRecord(pem: string, clusterId: string): CARoot {
  const certificate = parseCertificate(pem);
  const size = keySize(certificate.publicKey);
  return make(CARoot, {
    ID: fingerprint(certificate),
    Name: 'Consul CA Root Cert',
    SerialNumber: Number(BigInt.asUintN(exactBits, certificate.serial)),
    SigningKeyID: keyName(certificate.subjectKeyId),
    ExternalTrustDomain: clusterId,
    NotBefore: instant(certificate.notBefore),
    NotAfter: instant(certificate.notAfter),
    RootCert: pem,
    Active: true,
    PrivateKeyType: size?.type ?? '',
    PrivateKeyBits: size?.bits ?? 0,
  });
}

/** RFC 3339, whole seconds, as times in certificates are. */
export const instant = (date: Date): string => date.toISOString().replace('.000Z', 'Z');

/** @throws CaConfigError when certificate and key do not belong together or cannot sign */
export function signerOf(certPem: string, key: KeyObject): Signer {
  try {
    const certificate = parseCertificate(certPem);
    issuerOf(certificate, key);
    if (!certificate.isAuthority) throw new X509Error('the certificate is not that of an authority');
    return { certificate, key };
  } catch (error) {
    if (error instanceof X509Error) throw new CaConfigError(`invalid root certificate: ${error.message}`);
    throw error;
  }
}
