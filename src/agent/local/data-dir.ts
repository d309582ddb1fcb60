/** The data directory as a whole: made when missing, held by one agent at a time. */
import { once } from 'node:events';
import { mkdirSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { systemFailure } from '../../lib/system-text.ts';

/** Thrown when the directory cannot be had; the text goes to the operator. */
export class DataDirError extends Error {
  override readonly name = 'DataDirError';
}

export interface DataDirHold {
  release(): Promise<void>;
}

/**
 * Makes the directory and takes hold of it. The hold is the name of an abstract socket: the kernel lets go of it with the
 * process, however that ends, and no file is left behind. Linux only; elsewhere there are no such names.
 */
export async function holdDataDir(path: string): Promise<DataDirHold> {
  try {
    mkdirSync(path, { recursive: true, mode: 0o755 });
  } catch (error) {
    throw new DataDirError(`Failed to create data directory ${path}: ${systemFailure(error)}`, { cause: error });
  }
  if (process.platform !== 'linux') return { release: async () => {} };
  const { dev, ino } = statSync(path);
  const holder: Server = createServer((socket) => socket.destroy());
  holder.unref();
  holder.listen(`\0tconsul-data-${dev}-${ino}`);
  try {
    await once(holder, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new DataDirError(`data directory ${path} is in use by another agent`, { cause: error });
  }
  return {
    release: async () => {
      holder.close();
      await once(holder, 'close');
    },
  };
}
