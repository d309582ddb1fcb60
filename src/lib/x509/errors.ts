/** Thrown when a certificate, request or key cannot be read, or a wish for one cannot be granted. */
export class X509Error extends Error {
  override name = 'X509Error';
}
