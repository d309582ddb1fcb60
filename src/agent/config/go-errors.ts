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
