/** The file that tells service managers the process id. */
import { rmSync, writeFileSync } from 'node:fs';

/** Returns what removes it again. Throws with Consul's text. */
export function writePidFile(path: string): () => void {
  if (path === '') return () => {};
  try {
    writeFileSync(path, String(process.pid), { mode: 0o644 });
  } catch (error) {
    throw new Error(`Could not open pid file: ${(error as Error).message}`, { cause: error });
  }
  return () => rmSync(path, { force: true });
}
