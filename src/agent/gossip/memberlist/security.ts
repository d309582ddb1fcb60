/** AES-GCM of packets and streams, versions 0 (padded) and 1 (wire facts of memberlist, section 3, "Encryption"). */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Keyring } from './keyring.ts';
import { WireError } from './wire.ts';

const nonceBytes = 12;
const tagBytes = 16;
const blockBytes = 16;
/** Version byte, nonce and tag around the text; version 0 adds up to a block of padding. */
const minimumBytes = { 0: 1 + nonceBytes + blockBytes + tagBytes, 1: 1 + nonceBytes + tagBytes } as const;

export type EncryptionVersion = 0 | 1;

const cipherOf = (key: Uint8Array): 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm' =>
  key.length === 16 ? 'aes-128-gcm' : key.length === 24 ? 'aes-192-gcm' : 'aes-256-gcm';

/** Length of the encrypted form, known before encrypting: streams authenticate it. */
export function encryptedLength(version: EncryptionVersion, plainLength: number): number {
  const padding = version === 0 ? blockBytes - (plainLength % blockBytes) : 0;
  return 1 + nonceBytes + plainLength + padding + tagBytes;
}

export function encrypt(
  key: Uint8Array,
  plain: Uint8Array,
  options: { version: EncryptionVersion; aad?: Uint8Array; nonce?: Uint8Array },
): Uint8Array {
  const { version, aad, nonce = randomBytes(nonceBytes) } = options;
  const cipher = createCipheriv(cipherOf(key), key, nonce);
  if (aad !== undefined) cipher.setAAD(aad);
  const head = Buffer.concat([Uint8Array.of(version), nonce]);
  const parts = [head, cipher.update(plain)];
  if (version === 0) {
    const padding = blockBytes - (plain.length % blockBytes);
    parts.push(cipher.update(new Uint8Array(padding).fill(padding)));
  }
  parts.push(cipher.final(), cipher.getAuthTag());
  return Buffer.concat(parts);
}

/** Tries every key of the ring. @throws WireError when none fits, or the bytes cannot be an encrypted text. */
export function decrypt(ring: Keyring, bytes: Uint8Array, aad?: Uint8Array): Uint8Array {
  const [version] = bytes;
  if (version === undefined) throw new WireError('Cannot decrypt empty payload');
  if (version !== 0 && version !== 1) throw new WireError(`Unsupported encryption version ${version}`);
  if (bytes.length < minimumBytes[version]) throw new WireError(`Payload is too small to decrypt: ${bytes.length}`);
  const nonce = bytes.subarray(1, 1 + nonceBytes);
  const text = bytes.subarray(1 + nonceBytes, bytes.length - tagBytes);
  const tag = bytes.subarray(bytes.length - tagBytes);
  for (const key of ring.keys) {
    const decipher = createDecipheriv(cipherOf(key), key, nonce);
    decipher.setAuthTag(tag);
    if (aad !== undefined) decipher.setAAD(aad);
    try {
      const plain = Buffer.concat([decipher.update(text), decipher.final()]);
      return version === 0 ? withoutPadding(plain) : plain;
    } catch {
      // Not this key: the tag does not fit. The next one may.
    }
  }
  throw new WireError('No installed keys could decrypt the message');
}

function withoutPadding(plain: Uint8Array): Uint8Array {
  const padding = plain[plain.length - 1] ?? 0;
  if (padding < 1 || padding > blockBytes || padding > plain.length) throw new WireError('invalid padding');
  return plain.subarray(0, plain.length - padding);
}
