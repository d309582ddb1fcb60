/** The keys of a pool on disk: a JSON array of base64 texts, primary first, readable by the owner alone. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemFailure } from '../../lib/system-text.ts';
import { Keyring } from './memberlist/keyring.ts';

/** Thrown for a keyring file that cannot be used; names the file. */
export class KeyringFileError extends Error {
  override readonly name = 'KeyringFileError';
}

/** @returns null when there is no such file. @throws KeyringFileError */
export function loadKeyring(file: string): Keyring | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new KeyringFileError(`failed to read keyring file: ${systemFailure(error)}`, { cause: error });
  }
  try {
    const keys: unknown = JSON.parse(text);
    if (!Array.isArray(keys) || keys.length === 0) throw new Error('no keys present in keyring file');
    return new Keyring(keys.map((key) => Buffer.from(String(key), 'base64')));
  } catch (error) {
    throw new KeyringFileError(`failed to load keyring file ${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** Whole or not at all: the old file stays until the new one is written. */
export function saveKeyring(file: string, ring: Keyring): void {
  mkdirSync(dirname(file), { recursive: true });
  const text = JSON.stringify(ring.keys.map((key) => Buffer.from(key).toString('base64')));
  const fresh = `${file}.tmp`;
  // Who has a key that nobody else has any more stays outside: not even a loss of power may take it.
  writeFileSync(fresh, text, { mode: 0o600, flush: true });
  renameSync(fresh, file);
}
