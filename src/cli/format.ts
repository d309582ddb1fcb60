/** How values are printed: JSON and columns in Consul's layout. */
import { CliError } from './command.ts';

/** In V8 since Node 21, not yet in TypeScript's library. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** bigints (KV flags beyond 2^53) are written as the numbers they are. */
export const toJson = (value: unknown, indent = '    '): string =>
  `${JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? rawJSON(String(item)) : item), indent)}\n`;

/** Whether `-format` asks for JSON; other words than pretty and json end the command. */
export function wantsJson(format: string): boolean {
  if (format === 'json') return true;
  if (format === 'pretty') return false;
  throw new CliError(`Unknown format: ${format}`);
}

/** Rows in columns two spaces apart. Empty cells at a row's end leave no spaces. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, [...cell].length);
  }
  let text = '';
  for (const row of rows) {
    const last = row.findLastIndex((cell) => cell !== '');
    const pad = (cell: string, at: number): string =>
      at === last ? cell : cell + ' '.repeat(widths[at]! - [...cell].length);
    text += `${row
      .slice(0, last + 1)
      .map(pad)
      .join('  ')}\n`;
  }
  return text;
}

/** "Too many arguments (expected 1, got 2)" in the several forms that Consul's commands have. */
export function argumentLimit(args: readonly string[], limit: number, prefix = '', expected = String(limit)): void {
  if (args.length > limit) {
    throw new CliError(`${prefix}Too many arguments (expected ${expected}, got ${args.length})`);
  }
}
