/**
 * Go's time.Time on the wire: 15 bytes (version 1, seconds since year 1, nanoseconds, zone offset in minutes with -1 for
 * UTC), and its RFC 3339 text, which is how a time lives in our structs. A zone that is not UTC but has offset zero
 * (a Go server's local time in London) is written `+00:00`, so that the bytes survive; JSON shows both as `Z`.
 */

/** Seconds from year 1 to 1970. */
export const unixEpochSeconds = 62_135_596_800;
const utc = -1;

const pattern = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/;

export interface Instant {
  /** Seconds since 0001-01-01T00:00:00Z. */
  readonly seconds: number;
  readonly nanos: number;
  /** Minutes east of Greenwich; -1 is UTC proper. */
  readonly zoneMinutes: number;
}

/** null when the text is no RFC 3339 time. */
export function parseTime(text: string): Instant | null {
  const match = pattern.exec(text);
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as Six;
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  if (hour > 23 || minute > 59 || second > 59) return null;
  const [fraction, sign, zoneHour, zoneMinute] = [
    match[7] ?? '',
    match[8],
    Number(match[9] ?? 0),
    Number(match[10] ?? 0),
  ];
  if (zoneHour > 23 || zoneMinute > 59) return null;
  const offset = (zoneHour * 60 + zoneMinute) * (sign === '-' ? -1 : 1);
  return {
    seconds: daysBefore(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset * 60,
    nanos: Number(fraction.padEnd(9, '0')),
    zoneMinutes: sign === undefined ? utc : offset,
  };
}
type Six = [number, number, number, number, number, number];

/** null when the year leaves 0..9999: such a time has no text. */
export function formatTime(instant: Instant): string | null {
  const { seconds, nanos, zoneMinutes } = instant;
  const offset = zoneMinutes === utc ? 0 : zoneMinutes;
  const local = seconds + offset * 60;
  if (!(local >= firstSecond && local < lastSecond)) return null;
  const days = Math.floor(local / 86_400);
  const [year, month, day] = dateOf(days);
  const rest = local - days * 86_400;
  const fraction = nanos === 0 ? '' : `.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`;
  const clock = `${two(Math.floor(rest / 3600))}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}`;
  const zone = zoneMinutes === utc ? 'Z' : zoneText(offset);
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${clock}${fraction}${zone}`;
}

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
const daysInMonth = (year: number, month: number): number =>
  month === 2 ? (isLeap(year) ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;

/** Days from 0001-01-01 to the given day of the proleptic Gregorian calendar. */
function daysBefore(year: number, month: number, day: number): number {
  const y = year - 1;
  let days = y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + day - 1;
  for (let m = 1; m < month; m++) days += daysInMonth(year, m);
  return days;
}

/** The inverse of `daysBefore`. */
function dateOf(days: number): [year: number, month: number, day: number] {
  let year = Math.floor(days / 365.2425) + 1;
  while (daysBefore(year + 1, 1, 1) <= days) year++;
  while (daysBefore(year, 1, 1) > days) year--;
  let rest = days - daysBefore(year, 1, 1);
  let month = 1;
  for (; rest >= daysInMonth(year, month); month++) rest -= daysInMonth(year, month);
  return [year, month, rest + 1];
}

const firstSecond = daysBefore(0, 1, 1) * 86_400;
const lastSecond = daysBefore(10_000, 1, 1) * 86_400;

const two = (n: number): string => String(n).padStart(2, '0');

function zoneText(offset: number): string {
  const abs = Math.abs(offset);
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(abs / 60))}:${two(abs % 60)}`;
}

export const timeBytes = 15;

/** null when the text is no time or its zone has no wire form. */
export function encodeTime(text: string): Uint8Array | null {
  const instant = parseTime(text);
  if (instant === null || (instant.zoneMinutes === utc && !text.endsWith('Z'))) return null;
  const out = new Uint8Array(timeBytes);
  const view = new DataView(out.buffer);
  out[0] = 1;
  view.setBigInt64(1, BigInt(instant.seconds));
  view.setInt32(9, instant.nanos);
  view.setInt16(13, instant.zoneMinutes);
  return out;
}

/** null when the bytes are no time. */
export function decodeTime(bytes: Uint8Array): string | null {
  if (bytes.length !== timeBytes || bytes[0] !== 1) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const nanos = view.getInt32(9);
  const zoneMinutes = view.getInt16(13);
  if (nanos < 0 || nanos > 999_999_999 || Math.abs(zoneMinutes) >= 24 * 60) return null;
  return formatTime({ seconds: Number(view.getBigInt64(1)), nanos, zoneMinutes });
}
