/** From the command line to a command: finds it, or hands help and mistakes to `otherwise` (oclif). */

import { asksForHelp } from '../lib/go-flags.ts';
import type { CommandTable, Io } from './command.ts';
import { report, runCommand } from './run.ts';

/** Help, and words that are no command. Resolves to the exit code. */
export type Otherwise = (argv: readonly string[]) => Promise<number> | number;

/** The longest beginning of `argv` that names a command; undefined when none does. */
export function findCommand(argv: readonly string[], table: CommandTable): string | undefined {
  let words = '';
  let found: string | undefined;
  for (const word of argv) {
    if (word.startsWith('-')) break;
    words += words === '' ? word : ` ${word}`;
    if (Object.hasOwn(table, words)) found = words;
  }
  return found;
}

const versionFlags = new Set(['-v', '-version', '--version']);

/** Never throws. */
export async function main(
  argv: readonly string[],
  table: CommandTable,
  io: Io,
  otherwise: Otherwise,
): Promise<number> {
  try {
    const line = versionFlags.has(argv[0] ?? '') ? ['version'] : argv;
    const words = findCommand(line, table);
    if (words === undefined) return await otherwise(line);
    const command = await table[words]!();
    if (asksForHelp(line) && command.raw !== true) return await otherwise(line);
    const rest = line.slice(words.split(' ').length);
    return await runCommand(command, rest, io, { commands: table });
  } catch (error) {
    return await report(error, io);
  }
}
