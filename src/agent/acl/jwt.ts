/** JSON Web Tokens (RFC 7515, 7519) with asymmetric signatures: reading, verifying, and the claims that say when and for whom. */
import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';

/** Thrown for a token that is not to be trusted; the message is the one of the API. */
export class JwtError extends Error {
  override readonly name = 'JwtError';
}

export type Claims = Readonly<Record<string, unknown>>;

interface Algorithm {
  readonly hash: string | null;
  readonly keyType: 'rsa' | 'ec' | 'ed25519';
  readonly pss?: true;
}

/** Signatures with shared secrets, and none at all, are not in it. */
export const algorithms: Readonly<Record<string, Algorithm>> = {
  RS256: { hash: 'sha256', keyType: 'rsa' },
  RS384: { hash: 'sha384', keyType: 'rsa' },
  RS512: { hash: 'sha512', keyType: 'rsa' },
  ES256: { hash: 'sha256', keyType: 'ec' },
  ES384: { hash: 'sha384', keyType: 'ec' },
  ES512: { hash: 'sha512', keyType: 'ec' },
  PS256: { hash: 'sha256', keyType: 'rsa', pss: true },
  PS384: { hash: 'sha384', keyType: 'rsa', pss: true },
  PS512: { hash: 'sha512', keyType: 'rsa', pss: true },
  EdDSA: { hash: null, keyType: 'ed25519' },
};

export interface Jwt {
  readonly algorithm: string;
  /** Names the key; '' when it does not. */
  readonly keyId: string;
  readonly claims: Claims;
  readonly signed: string;
  readonly signature: Buffer;
}

/** Longer tokens are refused before they are looked at, in characters. */
const maxLength = 64 * 1024;
const unreadable = (why: string): JwtError => new JwtError(`square/go-jose: ${why}`);

/** @throws JwtError */
export function readJwt(text: string): Jwt {
  const parts = text.split('.');
  const [head, body, signature] = parts as [string, string, string];
  if (parts.length !== 3 || text.length > maxLength) throw unreadable('compact JWS format must have three parts');
  const header = objectOf(head);
  const algorithm = header['alg'];
  if (typeof algorithm !== 'string') throw unreadable('missing algorithm in JWS header');
  const claims = objectOf(body);
  const keyId = typeof header['kid'] === 'string' ? header['kid'] : '';
  return { algorithm, keyId, claims, signed: `${head}.${body}`, signature: Buffer.from(signature, 'base64url') };
}

function objectOf(part: string): Claims {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(part, 'base64url').toString());
  } catch {
    throw unreadable('invalid JSON in JWS');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unreadable('invalid JSON in JWS');
  return value as Claims;
}

/** The first key of a PEM text that can verify. @throws JwtError */
export function publicKeyOf(pem: string): KeyObject {
  try {
    const key = createPublicKey(pem);
    if (['rsa', 'ec', 'ed25519'].includes(key.asymmetricKeyType ?? '')) return key;
  } catch {
    // Told below, as whatever else is no key.
  }
  throw new JwtError('data does not contain any valid RSA, ECDSA, or ED25519 public keys');
}

/** `allowed`: names of algorithms; empty for all. @throws JwtError unless one of the keys has signed it */
export function verifySignature(jwt: Jwt, keys: readonly KeyObject[], allowed: readonly string[]): void {
  const algorithm = Object.hasOwn(algorithms, jwt.algorithm) ? algorithms[jwt.algorithm] : undefined;
  const usable = algorithm !== undefined && (allowed.length === 0 || allowed.includes(jwt.algorithm));
  if (usable && keys.some((key) => isSignedBy(jwt, key, algorithm))) return;
  throw new JwtError('no known key successfully validated the token signature');
}

function isSignedBy({ signed, signature }: Jwt, key: KeyObject, { hash, keyType, pss }: Algorithm): boolean {
  if (key.asymmetricKeyType !== keyType) return false;
  const padding = pss ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : {};
  try {
    return verify(hash, Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363', ...padding }, signature);
  } catch {
    return false;
  }
}

export interface ClaimRules {
  /** '' for any. */
  readonly issuer: string;
  /** Empty for any. */
  readonly audiences: readonly string[];
  readonly expirationLeewayS: number;
  readonly notBeforeLeewayS: number;
  readonly clockSkewLeewayS: number;
}

/** @throws JwtError for a token that is another's, for somebody else, too old or too new */
export function validateClaims(claims: Claims, rules: ClaimRules, nowS: number): void {
  const failed = (why: string): JwtError => new JwtError(`error validating claims: ${why}`);
  const wrong = (why: string): JwtError => failed(`square/go-jose/jwt: validation failed, ${why}`);
  const issuedAt = secondsOf(claims['iat']);
  let notBefore = secondsOf(claims['nbf']);
  let expires = secondsOf(claims['exp']);
  if (issuedAt === 0 && notBefore === 0 && expires === 0) {
    throw failed('no issue time, notBefore, or expiration time encoded in token');
  }
  if (expires === 0) expires = Math.max(issuedAt, notBefore) + rules.expirationLeewayS;
  if (notBefore === 0) notBefore = issuedAt !== 0 ? issuedAt : expires - rules.notBeforeLeewayS;
  if (rules.issuer !== '' && claims['iss'] !== rules.issuer) throw wrong('invalid issuer claim (iss)');
  if (nowS + rules.clockSkewLeewayS < notBefore) throw wrong('token not valid yet (nbf)');
  if (nowS - rules.clockSkewLeewayS > expires) throw wrong('token is expired (exp)');
  if (issuedAt > nowS + rules.clockSkewLeewayS) throw wrong('token issued in the future (iat)');
  if (rules.audiences.length === 0) return;
  const audience = claims['aud'];
  const audiences: readonly unknown[] = Array.isArray(audience) ? audience : [audience];
  if (!rules.audiences.some((one) => audiences.includes(one))) {
    throw failed('aud claim does not match any bound audience');
  }
}

const secondsOf = (claim: unknown): number => (typeof claim === 'number' && Number.isFinite(claim) ? claim : 0);
