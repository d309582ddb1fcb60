/** The user's editor on a text, in a file that nobody else can read. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { CliError, type Io } from '../command.ts';

export interface EditorFile {
  readonly path: string;
  /** Rejects when the editor cannot be started or fails. */
  edit(text: string): Promise<string>;
  /** Takes the file away; not called for a text that is still needed. */
  remove(): void;
}

/** The end of `key` gives the file its name, so that editors know what it is. */
export function editorFile(key: string, env: Io['env']): EditorFile {
  const editor = env['VISUAL'] || env['EDITOR'] || 'vi';
  const folder = mkdtempSync(join(tmpdir(), 'tc-edit-'));
  const path = join(folder, basename(key).replaceAll(/[^\w.-]/g, '_') || 'value');
  return {
    path,
    async edit(text) {
      writeFileSync(path, text, { mode: 0o600 });
      // The editor may be a command line: `code --wait`.
      const child = spawn('/bin/sh', ['-c', `${editor} "$1"`, editor, path], { stdio: 'inherit' });
      const code = await new Promise<number | null>((resolve, reject) => {
        child.once('error', reject);
        child.once('exit', resolve);
      });
      if (code !== 0) throw new CliError(`The editor failed, nothing was written: ${editor}`);
      return readFileSync(path, 'utf8');
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
