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

export interface SnapshotFile {
  readonly sizeBytes: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Throws when it cannot be opened. */
export async function openSnapshotFile(file: string): Promise<SnapshotFile> {
  const handle = await open(file).catch((error: unknown) => {
    throw new CliError(`Error opening snapshot file: open ${file}: ${systemText(error)}`);
  });
  const { size } = await handle.stat();
  return { sizeBytes: size, bytes: handle.createReadStream() };
}

/** Calls `use` with the checked archive; `what` begins the message about one that is damaged. */
export async function withArchive<T>(
  file: string,
  what: string,
  use: (archive: OpenArchive) => Promise<T>,
): Promise<T> {
  const { bytes } = await openSnapshotFile(file);
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
