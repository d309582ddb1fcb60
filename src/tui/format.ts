/** Numbers, sizes and times as people read them. */

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** `12,345`. */
export function count(value: number): string {
  return grouped.format(value);
}

const powers = ['', 'k', 'M', 'G', 'T', 'P'] as const;

/** At most five characters: `0.4`, `950`, `1.2k`, `34.5M`. */
export function compact(value: number): string {
  if (value === 0) return '0';
  if (Math.abs(value) < 10) return trimZero(value.toFixed(1));
  let scaled = value;
  let power = 0;
  while (Math.abs(scaled) >= 999.5 && power < powers.length - 1) {
    scaled /= 1000;
    power++;
  }
  return `${power === 0 || scaled >= 99.95 ? Math.round(scaled) : trimZero(scaled.toFixed(1))}${powers[power]}`;
}

const trimZero = (text: string): string => text.replace(/\.0$/, '');

/** `1.2k/s`. */
export function rate(perSecond: number): string {
  return `${compact(perSecond)}/s`;
}

/** `512 B`, `3.4 MiB`. */
export function bytes(size: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
  let scaled = size;
  let unit = 0;
  while (scaled >= 1024 && unit < units.length - 1) {
    scaled /= 1024;
    unit++;
  }
  return `${unit === 0 ? scaled : trimZero(scaled.toFixed(scaled < 100 ? 1 : 0))} ${units[unit]}`;
}

/** Milliseconds of something fast: `0.42 ms`, `18 ms`, `1.2 s`. */
export function latency(ms: number): string {
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** How long something has lasted, in its two largest units: `8s`, `3m 12s`, `2h 5m`, `4d 1h`. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days > 0) return `${days}d ${hours % 24}h`;
  if (hours > 0) return `${hours}h ${minutes % 60}m`;
  return minutes > 0 ? `${minutes}m ${seconds % 60}s` : `${seconds}s`;
}

/** Local time of day, `15:04:05`. */
export function timeOfDay(wallMs: number): string {
  return new Date(wallMs).toTimeString().slice(0, 8);
}

/** `1 key`, `2 keys`, `12,345 keys`. */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}
