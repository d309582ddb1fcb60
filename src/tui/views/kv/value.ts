/**
 * The value of a key as lines: text, JSON or hex. Lines are made when they are drawn; a value may be half a megabyte.
 */
import { jsonLine } from '../../components/json.ts';
import { type Line, sanitize, span, wrap } from '../../text.ts';

export const valueFormats = ['auto', 'text', 'json', 'hex'] as const;
export type ValueFormat = (typeof valueFormats)[number];

export interface ValueLines {
  /** What `auto` chose, or what was asked for. */
  readonly format: Exclude<ValueFormat, 'auto'>;
  readonly count: number;
  line(index: number): Line;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const looseUtf8 = new TextDecoder('utf-8', { ignoreBOM: true });

export function valueLines(value: Uint8Array, wanted: ValueFormat, width: number): ValueLines {
  switch (wanted) {
    case 'hex':
      return hexLines(value, width);
    case 'text':
      return textLines(looseUtf8.decode(value), width);
    case 'json':
    case 'auto': {
      const text = decode(value);
      const pretty = text === undefined ? undefined : prettyJson(text, wanted === 'json');
      if (pretty !== undefined) return jsonLines(pretty, width);
      if (wanted === 'json') return { format: 'json', count: 1, line: () => [span('not JSON', 'warn')] };
      return text === undefined ? hexLines(value, width) : textLines(text, width);
    }
  }
}

/** A value as text to compare and to edit: JSON indented, everything else as it is; undefined for what is no text. */
export function comparableText(value: Uint8Array): string | undefined {
  const text = decode(value);
  return text === undefined ? undefined : (prettyJson(text, false) ?? text);
}

/** Undefined for what is no text: not UTF-8, or full of control characters. */
export function decode(value: Uint8Array): string | undefined {
  try {
    const text = strictUtf8.decode(value);
    return /[\x00-\x08\x0e-\x1a\x1c-\x1f]/.test(text) ? undefined : text;
  } catch {
    // Not UTF-8: the caller shows bytes instead.
    return undefined;
  }
}

/** `JSON.rawJSON` and the source of a number: newer than the compiler's library. */
const json = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): unknown;
  stringify(value: unknown, replacer: null, indent: number): string;
};

/** Indented JSON with every number as it was written; undefined if it is none. Bare words and numbers only if `any`. */
function prettyJson(text: string, any: boolean): string | undefined {
  if (!any && !/^\s*[[{]/.test(text)) return undefined;
  try {
    const parsed = json.parse(text, (_key, value, { source }) =>
      typeof value === 'number' && source !== undefined ? json.rawJSON(source) : value,
    );
    return json.stringify(parsed, null, 2);
  } catch {
    // Not JSON: an answer, not an accident.
    return undefined;
  }
}

function textLines(text: string, width: number): ValueLines {
  const lines = text.split(/\r?\n/).flatMap((line) => wrap(sanitize(line), width));
  if (lines.length > 1 && lines.at(-1) === '') lines.pop();
  return { format: 'text', count: lines.length, line: (index) => [span(lines[index] ?? '')] };
}

function jsonLines(pretty: string, width: number): ValueLines {
  const lines = pretty.split('\n').flatMap((line) => {
    const rows = wrap(sanitize(line), width);
    return rows.map((row, index) => ({ row, whole: rows.length === 1, index }));
  });
  return {
    format: 'json',
    count: lines.length,
    line(index) {
      const line = lines[index];
      if (line === undefined) return [];
      return line.whole ? jsonLine(line.row) : [span(line.row, 'good')];
    },
  };
}

function hexLines(value: Uint8Array, width: number): ValueLines {
  // Offset, two spaces, three cells a byte, a space, one cell a byte as text.
  const perLine = [32, 16, 8, 4, 2].find((bytes) => 10 + bytes * 3 + 1 + bytes <= width) ?? 1;
  return {
    format: 'hex',
    count: Math.max(1, Math.ceil(value.length / perLine)),
    line(index) {
      const start = index * perLine;
      const part = value.subarray(start, start + perLine);
      const hex = Array.from(part, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
      const text = Array.from(part, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join('');
      return [
        span(start.toString(16).padStart(8, '0'), 'muted'),
        span(`  ${hex.padEnd(perLine * 3)}`, 'value'),
        span(text),
      ];
    },
  };
}
