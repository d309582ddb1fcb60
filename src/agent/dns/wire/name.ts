/**
 * Domain names. Inside, a name is its wire form (length byte, label, ..., 0) with one character a byte: suffixes are
 * slices, the table of compression is a plain map, and writing one is a copy. Lengths are below 64, so the letters that
 * differ in case only are never lengths.
 */

export type WireName = string;

const maxLabelBytes = 63;
const maxNameBytes = 255;
const dot = 46;
const backslash = 92;

export const rootName: WireName = '\0';

/** The wire form of a dotted name as the catalog has it (UTF-8, no escapes), or null when it cannot be one. */
export function wireName(text: string): WireName | null {
  const bytes = asBytes(text.endsWith('.') ? text.slice(0, -1) : text);
  if (bytes === '') return rootName;
  return ofLabels(bytes.split('.'));
}

export function ofLabels(labels: readonly string[]): WireName | null {
  let name = '';
  for (const label of labels) {
    if (label.length === 0 || label.length > maxLabelBytes) return null;
    name += String.fromCharCode(label.length) + label;
  }
  return name.length + 1 > maxNameBytes ? null : `${name}\0`;
}

/** `prefix.suffix`; null when that is too long. The prefix is dotted text as the catalog has it. */
export function below(prefix: string, suffix: WireName): WireName | null {
  const head = ofLabels(asBytes(prefix).split('.'));
  if (head === null) return null;
  const name = head.slice(0, -1) + suffix;
  return name.length > maxNameBytes ? null : name;
}

/** The labels, one character a byte. */
export function labelsOf(name: WireName): string[] {
  const labels: string[] = [];
  for (let at = 0; ; ) {
    const length = name.charCodeAt(at);
    if (length === 0 || at >= name.length) return labels;
    labels.push(name.slice(at + 1, at + 1 + length));
    at += 1 + length;
  }
}

/** Whether the name is the zone, or below it. Both in lower case. */
export function isWithin(name: WireName, zone: WireName): boolean {
  if (!name.endsWith(zone)) return false;
  const cut = name.length - zone.length;
  for (let at = 0; at <= cut; at += 1 + name.charCodeAt(at)) if (at === cut) return true;
  return false;
}

/** ASCII only: other bytes have no case (RFC 4343). */
export function lowerCase(name: string): string {
  return /[A-Z]/.test(name) ? name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : name;
}

/** Text with `\.` and `\DDD` for what a label may hold and text may not, a dot at the end. */
export function nameText(name: WireName): string {
  const labels = labelsOf(name);
  return labels.length === 0 ? '.' : `${labels.map(labelText).join('.')}.`;
}

export function labelText(label: string): string {
  return /[\x00-\x20.\\\x7f-\xff]/.test(label) ? escaped(label) : label;
}

function escaped(label: string): string {
  let text = '';
  for (let i = 0; i < label.length; i++) {
    const byte = label.charCodeAt(i);
    if (byte === dot || byte === backslash) text += `\\${label[i]}`;
    else if (byte <= 0x20 || byte >= 0x7f) text += `\\${String(byte).padStart(3, '0')}`;
    else text += label[i];
  }
  return text;
}

function asBytes(text: string): string {
  return /^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}
