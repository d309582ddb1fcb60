/** X.509: keys, certificates and requests for them, as far as Consul needs them. DER and PEM are its own business. */
export {
  type Certificate,
  type CertificateTemplate,
  type Issuer,
  isIssuedBy,
  issuerOf,
  parseCertificate,
  randomSerial,
  selfSign,
  signCertificate,
} from './certificate.ts';
export { type Csr, createCsr, parseCsr } from './csr.ts';
export { X509Error } from './errors.ts';
export type { AltNames, ExtKeyUsage, KeyUsage } from './extensions.ts';
export { generateKey, type KeyType, keyId, keySize, parsePrivateKey, privateKeyPem, publicKeyOf } from './keys.ts';
export type { Name } from './name.ts';
export { extKeyUsages } from './oids.ts';
export { certificatesOf } from './pem.ts';
