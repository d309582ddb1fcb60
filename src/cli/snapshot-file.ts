/** The FILE argument of the snapshot commands: opened, read and checked, with Consul's words for what goes wrong. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { messageOf } from '../lib/message-of.ts';
import { systemText } from '../lib/system-text.ts';
import type { OpenArchive } from '../snapshot/index.ts';
import { CliError } from './command.ts';
import { argumentLimit } from './format.ts';

export function fileArgument(args: readonly string[]): string {
  const [file] = args;
  if (file === undefined) throw new CliError('Missing FILE argument');
  argumentLimit(args, 1);
  return file;
}

/** Bytes of the file. Throws when it cannot be opened. */
export async function openSnapshotFile(file: string): Promise<AsyncIterable<Uint8Array>> {
  const handle = await open(file).catch((error: unknown) => {
    throw new CliError(`Error opening snapshot file: open ${file}: ${systemText(error)}`);
  });
  return handle.createReadStream();
}

/** Calls `use` with the checked archive; `what` begins the message about one that is damaged. */
export async function withArchive<T>(
  file: string,
  what: string,
  use: (archive: OpenArchive) => Promise<T>,
): Promise<T> {
  const bytes = await openSnapshotFile(file);
  const { readArchive } = await import('../snapshot/index.ts');
  const archive = await readArchive(bytes).catch((error: unknown) => {
    throw new CliError(`${what}: ${messageOf(error)}`);
  });
  try {
    return await use(archive);
  } finally {
    await archive.dispose();
  }
}

/** Reads an archive through. Rejects when it is damaged. */
export async function checkArchive(file: string): Promise<{ readonly index: number }> {
  const { readArchive } = await import('../snapshot/index.ts');
  const archive = await readArchive(createReadStream(file));
  await archive.dispose();
  return archive.meta;
}

const units = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** 2631 is `2.6KB`. */
export function byteSize(bytes: number): string {
  let unit = 0;
  let size = bytes;
  for (; size >= 1024 && unit < units.length - 1; unit++) size /= 1024;
  return `${size.toFixed(1).replace(/\.0$/, '')}${units[unit]}`;
}
