/** Errors of Node's network told in the words of Go's net, crypto/tls and net/http packages, which operators match on. */

import { escapeHost } from '../lib/go-url.ts';
import { systemText } from '../lib/system-text.ts';
import { ApiError } from './errors.ts';
import type { Settings } from './settings.ts';
import type { Method } from './transport.ts';

interface NodeError extends Error {
  readonly code?: string;
  readonly syscall?: string;
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
  readonly reason?: string;
  readonly cert?: { readonly subjectaltname?: string };
  readonly errors?: readonly NodeError[];
}

const untrusted = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_UNTRUSTED',
]);

/** got wraps the error of node:http; the innermost one that names a code tells most. */
function rootOf(error: unknown): NodeError {
  let at = error as NodeError;
  while (at.cause instanceof Error && 'code' in at.cause) at = at.cause as NodeError;
  // Several addresses were tried: Go reports the first.
  return at.errors?.[0] ?? at;
}

function altNames(error: NodeError): string {
  const names = error.cert?.subjectaltname ?? '';
  return names
    .split(', ')
    .map((name) => name.replace(/^(?:DNS|IP Address):/, ''))
    .join(', ');
}

function describe(error: NodeError, settings: Settings): string {
  const code = error.code ?? '';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    const why = code === 'ENOTFOUND' ? 'no such host' : 'Temporary failure in name resolution';
    return `dial tcp: lookup ${error.hostname ?? settings.hostname}: ${why}`;
  }
  if (error.syscall === 'connect') {
    const at = settings.socketPath ?? `${error.address ?? settings.hostname}:${error.port ?? settings.port}`;
    const bracketed = error.address?.includes(':') ? `[${error.address}]:${error.port}` : at;
    return `dial ${settings.socketPath === undefined ? 'tcp' : 'unix'} ${bracketed}: connect: ${systemText(error)}`;
  }
  if (untrusted.has(code)) return 'x509: certificate signed by unknown authority';
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return 'x509: certificate has expired or is not yet valid';
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const wanted = settings.tls?.serverName ?? settings.hostname;
    return `x509: certificate is valid for ${altNames(error)}, not ${wanted}`;
  }
  const alert = /tlsv?1?\d? ?alert ([a-z ]+)|SSL alert number (\d+)/i.exec(error.message);
  if (settings.scheme === 'https' && /wrong version number|packet length too long/i.test(error.message)) {
    return 'http: server gave HTTP response to HTTPS client';
  }
  if (alert?.[1]) return `remote error: tls: ${alert[1].trim()}`;
  if (code === 'ECONNRESET' && error.message === 'socket hang up') return 'EOF';
  if (code === 'ECONNRESET' || code === 'EPIPE') return `${error.syscall ?? 'read'} tcp: ${systemText(error)}`;
  if (code === 'ETIMEDOUT') return 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
  if (code.startsWith('HPE_'))
    return `net/http: HTTP/1.x transport connection broken: ${error.reason ?? error.message}`;
  return error.message;
}

const title = (method: Method): string => method.charAt(0) + method.slice(1).toLowerCase();

/** `Get "http://127.0.0.1:8500/v1/kv/x": dial tcp 127.0.0.1:8500: connect: connection refused` */
export function networkError(error: unknown, method: Method, target: string, settings: Settings): ApiError {
  const root = rootOf(error);
  const text = describe(root, settings);
  const url = `${settings.scheme}://${escapeHost(settings.authority)}${target}`;
  return new ApiError('network', `${title(method)} "${url}": ${text}`, { text, cause: error });
}
