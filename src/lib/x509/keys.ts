/** Key pairs, and signatures with them in the algorithms of X.509. */
import crypto, { type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { DerError, DerValue, der } from './der.ts';
import { X509Error } from './errors.ts';

const generateKeyPair = promisify(crypto.generateKeyPair);

/** The hash that goes with a curve is as strong as the curve. */
const curves = [
  { bits: 224, curve: 'secp224r1', hash: 'sha256', signature: '1.2.840.10045.4.3.2' },
  { bits: 256, curve: 'prime256v1', hash: 'sha256', signature: '1.2.840.10045.4.3.2' },
  { bits: 384, curve: 'secp384r1', hash: 'sha384', signature: '1.2.840.10045.4.3.3' },
  { bits: 521, curve: 'secp521r1', hash: 'sha512', signature: '1.2.840.10045.4.3.4' },
] as const;

const rsaSignature = { hash: 'sha256', signature: '1.2.840.113549.1.1.11' } as const;
const ed25519Signature = { hash: null, signature: '1.3.101.112' } as const;

/** What a signature by others may be made with. */
const hashBySignature: ReadonlyMap<string, string | null> = new Map<string, string | null>([
  ...curves.map(({ signature, hash }) => [signature, hash] as const),
  [rsaSignature.signature, rsaSignature.hash],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
  [ed25519Signature.signature, null],
]);

export type KeyType = 'ec' | 'rsa';

/**
 * A new private key. Elliptic ones are made at once, RSA ones by a thread.
 * @throws X509Error for sizes that are not offered: ec 224, 256, 384, 521; rsa 2048, 4096
 */
export async function generateKey(type: KeyType = 'ec', bits = type === 'ec' ? 256 : 2048): Promise<KeyObject> {
  if (type === 'rsa') {
    if (bits !== 2048 && bits !== 4096) throw new X509Error(`RSA keys have 2048 or 4096 bits, not ${bits}`);
    return (await generateKeyPair('rsa', { modulusLength: bits })).privateKey;
  }
  const curve = curves.find((c) => c.bits === bits);
  if (curve === undefined) throw new X509Error(`EC keys have 224, 256, 384 or 521 bits, not ${bits}`);
  return crypto.generateKeyPairSync('ec', { namedCurve: curve.curve }).privateKey;
}

/** The traditional forms: `EC PRIVATE KEY` (SEC 1), `RSA PRIVATE KEY` (PKCS #1); others as PKCS #8. */
export function privateKeyPem(key: KeyObject): string {
  const forms = { ec: 'sec1', rsa: 'pkcs1' } as const;
  const type = forms[key.asymmetricKeyType as keyof typeof forms] ?? 'pkcs8';
  return key.export({ format: 'pem', type }) as string;
}

/** @throws X509Error for what is no private key, or one with a passphrase */
export function parsePrivateKey(pem: string): KeyObject {
  try {
    return crypto.createPrivateKey(pem);
  } catch (error) {
    throw new X509Error('no private key', { cause: error });
  }
}

/** Type and size: `ec` 256, `rsa` 2048. null for other kinds. */
export function keySize(key: KeyObject): { readonly type: KeyType; readonly bits: number } | null {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa') return { type: 'rsa', bits: modulusLength ?? 0 };
  const curve = curves.find((c) => c.curve === namedCurve);
  return curve === undefined ? null : { type: 'ec', bits: curve.bits };
}

const isPrivate = (key: KeyObject): boolean => key.type === 'private';
export const publicKeyOf = (key: KeyObject): KeyObject => (isPrivate(key) ? crypto.createPublicKey(key) : key);

/** SubjectPublicKeyInfo. */
export const spki = (key: KeyObject): Uint8Array => publicKeyOf(key).export({ format: 'der', type: 'spki' });

/** What identifies a key in certificates: the SHA-256 of its SubjectPublicKeyInfo. */
export const keyId = (key: KeyObject): Uint8Array => crypto.createHash('sha256').update(spki(key)).digest();

function signatureOf(key: KeyObject): { readonly hash: string | null; readonly signature: string } {
  if (key.asymmetricKeyType === 'rsa') return rsaSignature;
  if (key.asymmetricKeyType === 'ed25519') return ed25519Signature;
  const curve = curves.find((c) => c.curve === key.asymmetricKeyDetails?.namedCurve);
  if (curve === undefined) throw new X509Error(`keys of type ${key.asymmetricKeyType} sign no certificates`);
  return curve;
}

/** AlgorithmIdentifier of what `key` signs. RSA alone has parameters, and they are null. */
export function signatureAlgorithm(key: KeyObject): Uint8Array {
  const oid = der.oid(signatureOf(key).signature);
  return key.asymmetricKeyType === 'rsa' ? der.sequence(oid, der.null()) : der.sequence(oid);
}

/** `SEQUENCE {body, algorithm, signature}`: the frame of certificates and requests. */
export const signed = (body: Uint8Array, key: KeyObject): Uint8Array =>
  der.sequence(body, signatureAlgorithm(key), der.bits(crypto.sign(signatureOf(key).hash, body, key)));

/** Whether `key` made the signature of such a frame. Weak and unknown algorithms never verify. */
export function isSignedBy(frame: Uint8Array, key: KeyObject): boolean {
  try {
    const [body, algorithm, signature] = DerValue.parse(frame).sequence();
    const hash = hashBySignature.get(algorithm?.sequence()[0]?.oid() ?? '');
    if (body === undefined || signature === undefined || hash === undefined) return false;
    return crypto.verify(hash, body.raw, publicKeyOf(key), signature.bits());
  } catch (error) {
    if (error instanceof DerError || (error as NodeJS.ErrnoException).code?.startsWith('ERR_')) return false;
    throw error;
  }
}
