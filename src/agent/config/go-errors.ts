/** Shapes of error texts that come from Go and that operators match on. */

/** Thrown when a configuration cannot be used; the message is Consul's and may have several lines. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Several errors as one text, in the layout of Go's multierror. */
export function errorList(texts: readonly string[]): string {
  const count = texts.length === 1 ? '1 error occurred:' : `${texts.length} errors occurred:`;
  return `${count}\n${texts.map((text) => `\t* ${text}\n`).join('')}\n`;
}

const systemTexts: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
  ELOOP: 'too many levels of symbolic links',
  ENAMETOOLONG: 'file name too long',
  EMFILE: 'too many open files',
  EIO: 'input/output error',
};

/** The operating system's words for a failed file operation. */
export function systemText(error: unknown): string {
  const { code, message } = error as { readonly code?: string; readonly message?: string };
  return (code !== undefined && systemTexts[code]) || (message ?? String(error));
}
