/** Sizes for people. */
const units = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** 2631 is `2.6KB`. */
export function byteSize(bytes: number): string {
  let unit = 0;
  let size = bytes;
  for (; size >= 1024 && unit < units.length - 1; unit++) size /= 1024;
  return `${size.toFixed(1).replace(/\.0$/, '')}${units[unit]}`;
}
