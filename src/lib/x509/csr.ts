/** Certificate signing requests (PKCS #10, RFC 2986): a public key, the names it is to stand for, and the proof of its key. */
import crypto, { type KeyObject } from 'node:crypto';
import { contextTag, DerError, DerValue, der, tagged } from './der.ts';
import { X509Error } from './errors.ts';
import { type AltNames, decodeExtensions, encodeRequestedExtensions, noExtensions } from './extensions.ts';
import { isSignedBy, signed, spki } from './keys.ts';
import { decodeName, encodeName, type Name } from './name.ts';
import { extensionRequest } from './oids.ts';
import { fromPem, toPem } from './pem.ts';

/** @param key the private key; the request is signed with it */
export function createCsr(request: { subject: Name; altNames: AltNames; key: KeyObject }): string {
  const extensions = encodeRequestedExtensions(request.altNames);
  const body = der.sequence(
    der.integer(0n), // version 1
    encodeName(request.subject),
    spki(request.key),
    tagged(contextTag.constructed(0), der.sequence(der.oid(extensionRequest), der.set(extensions))),
  );
  return toPem('CERTIFICATE REQUEST', signed(body, request.key));
}

export interface Csr {
  readonly subject: Name;
  readonly altNames: Required<AltNames>;
  readonly publicKey: KeyObject;
}

/**
 * A request whose signature proves that its sender has the key.
 * @throws X509Error when it cannot be read, and when it is not signed by its own key
 */
export function parseCsr(pem: string): Csr {
  const block = fromPem(pem).find(({ label }) => label.endsWith('CERTIFICATE REQUEST'));
  if (block === undefined) throw new X509Error('no PEM-encoded data found');
  try {
    const [, subject, key, attributes] = DerValue.parse(block.der).sequence()[0]?.sequence() ?? [];
    if (subject === undefined || key === undefined) throw new DerError('incomplete');
    const publicKey = crypto.createPublicKey({ key: Buffer.from(key.raw), format: 'der', type: 'spki' });
    if (!isSignedBy(block.der, publicKey)) throw new DerError('not signed by its own key');
    const asked = attributes
      ?.children()
      .map((attribute) => attribute.sequence())
      .find(([type]) => type?.oid() === extensionRequest)?.[1]
      ?.set()[0];
    const { altNames } = asked === undefined ? noExtensions : decodeExtensions(asked);
    return { subject: decodeName(subject), altNames, publicKey };
  } catch (error) {
    throw new X509Error('malformed certificate request', { cause: error });
  }
}
