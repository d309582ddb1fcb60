/** Failures of connections in the words of Go's net package, which people know from the outputs of checks. */

interface NodeError extends Error {
  readonly code?: string;
  readonly syscall?: string;
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
  readonly reason?: string;
  readonly errors?: readonly NodeError[];
}

const systemTexts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by peer',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  ETIMEDOUT: 'connection timed out',
  EPIPE: 'broken pipe',
  EACCES: 'permission denied',
  ENOENT: 'no such file or directory',
  EADDRNOTAVAIL: 'cannot assign requested address',
};

const untrusted = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
]);

/** `host:port` is where the connection went. */
export function networkErrorText(error: unknown, target: string): string {
  const { code = '', syscall, address, port, hostname, reason, message } = rootOf(error);
  if (code === 'ENOTFOUND') return `dial tcp: lookup ${hostname ?? target}: no such host`;
  if (code === 'EAI_AGAIN') return `dial tcp: lookup ${hostname ?? target}: Temporary failure in name resolution`;
  const known = systemTexts[code];
  if (syscall === 'connect') {
    const at = address === undefined ? target : `${address.includes(':') ? `[${address}]` : address}:${port}`;
    return `dial tcp ${at}: connect: ${known ?? message}`;
  }
  if (untrusted.has(code)) return 'x509: certificate signed by unknown authority';
  if (code === 'CERT_HAS_EXPIRED') return 'x509: certificate has expired or is not yet valid';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `x509: ${reason ?? message}`;
  if (code === 'UND_ERR_SOCKET' || message === 'socket hang up') return 'EOF';
  return known === undefined ? message : `read tcp ${target}: ${known}`;
}

/** Libraries wrap; the innermost error that names a code tells most. */
function rootOf(error: unknown): NodeError {
  let at = error instanceof Error ? (error as NodeError) : (new Error(String(error)) as NodeError);
  while (at.cause instanceof Error && 'code' in at.cause) at = at.cause as NodeError;
  return at.errors?.[0] ?? at;
}
