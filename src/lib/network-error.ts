/** Failures of connections in the words of Go's net package, which people know from the outputs of checks. */

import { systemTexts } from './system-text.ts';
import { certificateFault, remoteFault } from './tls-error.ts';

interface NodeError extends Error {
  readonly code?: string;
  readonly syscall?: string;
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
  readonly reason?: string;
  readonly errors?: readonly NodeError[];
}

/** `host:port` is where the connection went. */
export function networkErrorText(error: unknown, target: string): string {
  const root = rootOf(error);
  const { code = '', syscall, address, port, hostname, message } = root;
  if (code === 'ENOTFOUND') return `dial tcp: lookup ${hostname ?? target}: no such host`;
  if (code === 'EAI_AGAIN') return `dial tcp: lookup ${hostname ?? target}: Temporary failure in name resolution`;
  const known = systemTexts[code];
  if (syscall === 'connect') {
    const at = address === undefined ? target : `${address.includes(':') ? `[${address}]` : address}:${port}`;
    return `dial tcp ${at}: connect: ${known ?? message}`;
  }
  const insecure = certificateFault(root) ?? remoteFault(root);
  if (insecure !== null) return insecure;
  if (code === 'UND_ERR_SOCKET' || message === 'socket hang up') return 'EOF';
  return known === undefined ? message : `read tcp ${target}: ${known}`;
}

/** Libraries wrap; the innermost error that names a code tells most. */
function rootOf(error: unknown): NodeError {
  let at = error instanceof Error ? (error as NodeError) : (new Error(String(error)) as NodeError);
  while (at.cause instanceof Error && 'code' in at.cause) at = at.cause as NodeError;
  return at.errors?.[0] ?? at;
}
