/** PEM (RFC 7468): labelled base64. */

export interface PemBlock {
  readonly label: string;
  readonly der: Uint8Array;
}

export function toPem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.map((line) => `${line}\n`).join('')}-----END ${label}-----\n`;
}

const block = /-----BEGIN ([A-Z0-9 ]+)-----\r?\n(?:[\w-]+: [^\n]*\n)*([A-Za-z0-9+/=\s]*)-----END \1-----/g;

/** All blocks of a text; whatever stands between them is skipped. */
export function fromPem(text: string): PemBlock[] {
  return Array.from(text.matchAll(block), ([, label = '', base64 = '']) => ({
    label,
    der: Buffer.from(base64, 'base64'),
  }));
}

/** The certificates of a bundle, each as a PEM text of its own. */
export const certificatesOf = (text: string): string[] =>
  fromPem(text)
    .filter(({ label }) => label === 'CERTIFICATE')
    .map(({ label, der }) => toPem(label, der));
