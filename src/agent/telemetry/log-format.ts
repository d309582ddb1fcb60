/** A log record as a line in hclog's two forms: text for people, JSON for machines. Pure; times come in. */
import { goValue } from '../../lib/go-format.ts';
import type { LogFields, LogLevel } from './api.ts';

export interface LogRecord {
  readonly wallMs: number;
  readonly level: LogLevel;
  /** Dotted, 'agent.server.raft'; may be empty. */
  readonly name: string;
  readonly message: string;
  readonly fields: LogFields | undefined;
}

export type LogFormat = 'text' | 'json';

/** Minutes east of UTC at a time; the zone of the machine unless a test says otherwise. */
export type ZoneOffset = (wallMs: number) => number;
export const localZone: ZoneOffset = (wallMs) => -new Date(wallMs).getTimezoneOffset();

/** Width of six, so that names line up. */
const levelColumn: Readonly<Record<LogLevel, string>> = {
  trace: ' [TRACE] ',
  debug: ' [DEBUG] ',
  info: ' [INFO]  ',
  warn: ' [WARN]  ',
  error: ' [ERROR] ',
};

export type LineFormatter = (record: LogRecord) => string;

/** Formatters keep the text of the current second: most of a busy log shares it. */
export function lineFormatter(format: LogFormat, zone: ZoneOffset = localZone): LineFormatter {
  const timestamp = secondCache(zone, format === 'json');
  return format === 'json' ? (record) => jsonLine(record, timestamp) : (record) => textLine(record, timestamp);
}

function textLine(record: LogRecord, timestamp: (wallMs: number) => string): string {
  return `${timestamp(record.wallMs)}${levelColumn[record.level]}${textBody(record)}\n`;
}

/** `agent.server: text: key=value`: the text line without time and level. */
export function textBody(record: LogRecord): string {
  let body = record.name === '' ? printable(record.message) : `${record.name}: ${printable(record.message)}`;
  if (record.fields === undefined) return body;
  let first = true;
  for (const key in record.fields) {
    body += `${first ? ':' : ''}${textField(key, record.fields[key])}`;
    first = false;
  }
  return body;
}

function textField(key: string, value: unknown): string {
  if (Array.isArray(value)) return ` ${key}=[${value.map((item) => quoted(printable(goValue(item)))).join(', ')}]`;
  const text = typeof value === 'string' ? value : goValue(value);
  if (text.includes('\n')) {
    const lines = text.replace(/\n$/, '').split('\n');
    return `\n  ${key}=${lines.map((line) => `\n  | ${printable(line)}`).join('')}`;
  }
  return ` ${key}=${quoted(printable(text))}`;
}

function quoted(text: string): string {
  return text === '' || /[ \t]/.test(text) ? `"${text}"` : text;
}

/** Control characters from outside must not reach a terminal; tabs and line breaks of a message stay. */
function printable(text: string): string {
  if (!/[\0-\x08\x0b-\x1f\x7f]/.test(text)) return text;
  return text.replace(/[\0-\x08\x0b-\x1f\x7f]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Keys sorted as Go sorts them; the `@` keys come first by themselves. */
function jsonLine(record: LogRecord, timestamp: (wallMs: number) => string): string {
  let line = `{"@level":"${record.level}","@message":${jsonText(record.message)}`;
  if (record.name !== '') line += `,"@module":${jsonText(record.name)}`;
  line += `,"@timestamp":"${timestamp(record.wallMs)}"`;
  if (record.fields !== undefined) {
    for (const key of Object.keys(record.fields).sort()) {
      line += `,${jsonText(key)}:${jsonValue(record.fields[key])}`;
    }
  }
  return `${line}}\n`;
}

function jsonValue(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  if (value instanceof Error) return jsonText(value.message);
  if (typeof value === 'number' && !Number.isFinite(value)) return jsonText(goValue(value));
  if (typeof value === 'bigint') return String(value);
  try {
    return escapeHtml(JSON.stringify(value) ?? jsonText(String(value)));
  } catch {
    // Cycles and bigints deep inside: the text form always works on the outer value.
    return jsonText(String(value));
  }
}

const jsonText = (text: string): string => escapeHtml(JSON.stringify(text));

/** Go escapes these inside JSON strings by default. */
function escapeHtml(json: string): string {
  if (!/[<>&\u2028\u2029]/.test(json)) return json;
  return json.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** `2006-01-02T15:04:05.000Z` or `...+0200` for text, `.000000+02:00` for JSON. */
function secondCache(zone: ZoneOffset, json: boolean): (wallMs: number) => string {
  let second = Number.NaN;
  let head = '';
  let tail = '';
  return (wallMs) => {
    const ms = Math.floor(wallMs);
    const fraction = ((ms % 1000) + 1000) % 1000;
    if (ms - fraction !== second) {
      second = ms - fraction;
      const offset = zone(second);
      head = new Date(second + offset * 60_000).toISOString().slice(0, -4);
      tail = zoneText(offset, json);
    }
    return `${head}${String(fraction).padStart(3, '0')}${tail}`;
  };
}

function zoneText(offsetMinutes: number, json: boolean): string {
  const micros = json ? '000' : '';
  if (offsetMinutes === 0) return `${micros}Z`;
  const minutes = Math.abs(offsetMinutes);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${micros}${offsetMinutes < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${json ? ':' : ''}${two(minutes % 60)}`;
}
