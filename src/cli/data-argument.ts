/** Arguments that may name their source: the text itself, `@FILE`, or `-` for stdin. */
import { readFileSync } from 'node:fs';
import { systemText } from '../lib/system-text.ts';
import { CliError, type Io } from './command.ts';

export async function readData(argument: string, io: Pick<Io, 'stdin'>): Promise<Buffer> {
  if (argument === '-') return io.stdin();
  if (!argument.startsWith('@')) return Buffer.from(argument);
  const path = argument.slice(1);
  try {
    return readFileSync(path);
  } catch (error) {
    throw new CliError(`Error! Failed to read file: open ${path}: ${systemText(error)}`);
  }
}
