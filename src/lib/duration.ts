/**
 * Durations in Go's notation ("1m30s", "1.5h", "100ms"), as numbers of nanoseconds. Whole seconds are exact up to Go's limit of
 * about 292 years, everything else up to 104 days.
 */

export const nsPerMs = 1e6;
const nsPerSecond = 1e9;
const nsPerMinute = 60 * nsPerSecond;
const nsPerHour = 60 * nsPerMinute;

/** The first value that does not fit Go's int64. */
const tooLargeNs = 2 ** 63;

const unitNs: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  '\u00b5s': 1e3,
  '\u03bcs': 1e3,
  ms: nsPerMs,
  s: nsPerSecond,
  m: nsPerMinute,
  h: nsPerHour,
};

/** Thrown by `parseDuration`; the message is Go's. */
export class DurationError extends Error {
  override readonly name = 'DurationError';
}

/**
 * Nanoseconds of a text such as "-1.5h" or "2h45m". Throws DurationError with the text of Go's `time.ParseDuration`.
 */
export function parseDuration(text: string): number {
  const negative = text.startsWith('-');
  let rest = negative || text.startsWith('+') ? text.slice(1) : text;
  if (rest === '0') return 0;
  if (rest === '') throw new DurationError(`time: invalid duration ${quoteInput(text)}`);
  let total = 0;
  while (rest !== '') {
    const [number, whole, fraction] = /^(\d*)(?:\.(\d*))?/.exec(rest) as unknown as [
      string,
      string,
      string | undefined,
    ];
    if (whole === '' && !fraction) throw new DurationError(`time: invalid duration ${quoteInput(text)}`);
    rest = rest.slice(number.length);
    const unit = /^[^.\d]*/.exec(rest)![0];
    if (unit === '') throw new DurationError(`time: missing unit in duration ${quoteInput(text)}`);
    const unitSize = Object.hasOwn(unitNs, unit) ? unitNs[unit] : undefined;
    if (unitSize === undefined) {
      throw new DurationError(`time: unknown unit ${quoteInput(unit)} in duration ${quoteInput(text)}`);
    }
    rest = rest.slice(unit.length);
    total += Number(whole) * unitSize + (fraction ? fractionOf(unitSize, fraction.slice(0, 19)) : 0);
    if (total >= tooLargeNs) throw new DurationError(`time: invalid duration ${quoteInput(text)}`);
  }
  return negative && total !== 0 ? -total : total;
}

/** The shortest Go text of a duration: "1m30s", "1.5s", "100ms", "0s". */
export function formatDuration(ns: number): string {
  if (ns < 0) return `-${formatDuration(-ns)}`;
  const whole = Math.trunc(ns);
  if (whole === 0) return '0s';
  if (whole < 1e3) return `${whole}ns`;
  if (whole < nsPerMs) return `${withFraction(whole, 1e3)}\u00b5s`;
  if (whole < nsPerSecond) return `${withFraction(whole, nsPerMs)}ms`;
  const seconds = `${withFraction(whole % nsPerMinute, nsPerSecond)}s`;
  if (whole < nsPerMinute) return seconds;
  const minutes = `${Math.floor(whole / nsPerMinute) % 60}m${seconds}`;
  return whole < nsPerHour ? minutes : `${Math.floor(whole / nsPerHour)}h${minutes}`;
}

export const msToNs = (ms: number): number => Math.round(ms * nsPerMs);
export const nsToMs = (ns: number): number => ns / nsPerMs;
export const parseDurationMs = (text: string): number => nsToMs(parseDuration(text));
export const formatDurationMs = (ms: number): string => formatDuration(msToNs(ms));

/** Multiplying by the scaled unit keeps fractions of nine digits exact. */
function fractionOf(unitSize: number, digits: string): number {
  return Math.trunc(Number(digits) * (unitSize / 10 ** digits.length));
}

/** `value / unit` in decimal, without trailing zeros. `unit` is a power of ten. */
function withFraction(value: number, unit: number): string {
  const remainder = value % unit;
  const whole = String((value - remainder) / unit);
  if (remainder === 0) return whole;
  const digits = String(remainder).padStart(Math.log10(unit), '0').replace(/0+$/, '');
  return `${whole}.${digits}`;
}

/** Package time has its own quoting: everything outside printable ASCII is shown byte by byte. */
function quoteInput(text: string): string {
  let out = '"';
  for (const byte of new TextEncoder().encode(text)) {
    if (byte === 0x22 || byte === 0x5c) out += `\\${String.fromCharCode(byte)}`;
    else if (byte < 0x20 || byte >= 0x80) out += `\\x${byte.toString(16).padStart(2, '0')}`;
    else out += String.fromCharCode(byte);
  }
  return `${out}"`;
}
