/** Failures of TLS in the words of Go's crypto/tls and crypto/x509, which people know from logs. */

export interface TlsError {
  readonly code?: string;
  /** What Node says of names that do not fit. */
  readonly reason?: string;
  readonly message: string;
}

const untrusted = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
]);

/** What is wrong with the certificate of the other side; null when the error is about something else. */
export function certificateFault({ code = '', reason, message }: TlsError): string | null {
  if (untrusted.has(code)) return 'x509: certificate signed by unknown authority';
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID')
    return 'x509: certificate has expired or is not yet valid';
  if (code === 'INVALID_PURPOSE') return 'x509: certificate specifies an incompatible key usage';
  return code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? `x509: ${nameFault(reason ?? message)}` : null;
}

/** From the words of Node; what is in Go's already stays as it is. */
function nameFault(reason: string): string {
  const [, host, altNames = ''] =
    /^Host: (.+?)\.? is not (?:in the cert's altnames|cert's CN): (.*)$/.exec(reason) ?? [];
  if (host !== undefined) {
    const names = altNames.split(', ').flatMap((name) => (name.startsWith('DNS:') ? name.slice(4) : []));
    return names.length === 0
      ? `certificate is not valid for any names, but wanted to match ${host}`
      : `certificate is valid for ${names.join(', ')}, not ${host}`;
  }
  const [, ip, ips = ''] = /^IP: (.+) is not in the cert's list: (.*)$/.exec(reason) ?? [];
  if (ip === undefined) return reason;
  return ips === ''
    ? `cannot validate certificate for ${ip} because it doesn't contain any IP SANs`
    : `certificate is valid for ${ips}, not ${ip}`;
}

/** What the other side said when it broke a handshake off, or null. */
export function remoteFault({ message }: TlsError): string | null {
  const alert = /alert ([a-z][a-z ]*[a-z])/.exec(message)?.[1];
  return alert === undefined
    ? null
    : `remote error: tls: ${alert.replace('unknown ca', 'unknown certificate authority')}`;
}

const handshakeFaults: Readonly<Record<string, string>> = {
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: "tls: client didn't provide a certificate",
  ERR_SSL_HTTP_REQUEST: 'tls: first record does not look like a TLS handshake',
  ERR_SSL_WRONG_VERSION_NUMBER: 'tls: first record does not look like a TLS handshake',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'tls: client offered only unsupported versions',
  ERR_SSL_NO_SHARED_CIPHER: 'tls: no cipher suite supported by both client and server',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'i/o timeout',
  ECONNRESET: 'EOF',
};

/** Why a server let somebody not in. `socket` knows when it was for the certificate. */
export function clientFault(error: TlsError, socket: { readonly authorizationError?: unknown }): string {
  const { authorizationError } = socket;
  if (authorizationError) {
    const code = String(authorizationError);
    return `tls: failed to verify client's certificate: ${certificateFault({ code, message: code }) ?? code}`;
  }
  return handshakeFaults[error.code ?? ''] ?? remoteFault(error) ?? error.message;
}
