/** Refusals of the operating system in Go's words, which operators know. */
import { joinHostPort } from './host-port.ts';
import { messageOf } from './message-of.ts';

/** What the operating system calls an error (strerror), as Go prints it. */
export const systemTexts: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
  EMFILE: 'too many open files',
  ENOSPC: 'no space left on device',
  EROFS: 'read-only file system',
  EEXIST: 'file exists',
  EPERM: 'operation not permitted',
  EADDRINUSE: 'address already in use',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by peer',
  EPIPE: 'broken pipe',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  EADDRNOTAVAIL: 'cannot assign requested address',
  EINVAL: 'invalid argument',
  ELOOP: 'too many levels of symbolic links',
  ENAMETOOLONG: 'file name too long',
  EIO: 'input/output error',
};

export function systemText(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return systemTexts[code ?? ''] ?? message ?? String(error);
}

/** All of a refusal of the system, as Go prints it: `open /x: permission denied`. Other errors are what they say. */
export function systemFailure(error: unknown): string {
  const { code, syscall, path, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (syscall === undefined || systemTexts[code ?? ''] === undefined) return messageOf(error);
  const text = systemText(error);
  if (path !== undefined) return `${syscall} ${path}: ${text}`;
  if (address === undefined || port === undefined) return `${syscall}: ${text}`;
  const network = syscall === 'bind' ? 'udp' : 'tcp';
  return `listen ${network} ${joinHostPort(address, port)}: bind: ${text}`;
}
