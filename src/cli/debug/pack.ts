/** A folder as a gzipped tar. */
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { tarEnd, tarHeader, tarPadding } from '../../lib/tar.ts';

/** Writes `<folder>.tar.gz`, for the owner alone, and removes the folder. Returns the archive's name. */
export function packFolder(folder: string): string {
  const archive = `${folder}.tar.gz`;
  const root = basename(folder);
  const parts: Uint8Array[] = [];
  for (const name of filesBelow(folder)) {
    const path = join(folder, name);
    const content = readFileSync(path);
    parts.push(
      tarHeader(`${root}/${name}`, content.length, statSync(path).mtimeMs),
      content,
      tarPadding(content.length),
    );
  }
  rmSync(archive, { force: true });
  writeFileSync(archive, gzipSync(Buffer.concat([...parts, tarEnd])), { mode: 0o600 });
  rmSync(folder, { recursive: true });
  return archive;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length).replace(/^\//, ''))
    .sort();
}
