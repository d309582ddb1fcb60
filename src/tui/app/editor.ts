/** A text in the user's editor, on the terminal that the dashboard has lent meanwhile. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The command of `$VISUAL` or `$EDITOR`, which may have arguments. */
export function editorCommand(env: Readonly<Record<string, string | undefined>>): string {
  return env['VISUAL'] || env['EDITOR'] || 'vi';
}

/**
 * Undefined when the editor failed or changed nothing. The file is the owner's alone, and is gone afterwards. An end of
 * line that editors add behind the last line is taken away where the text had none.
 */
export async function editText(command: string, text: string, fileName: string): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'tc-edit-'));
  try {
    const file = join(folder, fileName.replace(/[^\w.-]+/g, '_').slice(-80) || 'value');
    await writeFile(file, text, { mode: 0o600 });
    if (!(await runEditor(command, file))) return undefined;
    const edited = await readFile(file, 'utf8');
    const trimmed = !text.endsWith('\n') && edited.endsWith('\n') ? edited.slice(0, -1) : edited;
    return trimmed === text ? undefined : trimmed;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function runEditor(command: string, file: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', `${command} "$1"`, 'sh', file], { stdio: 'inherit' });
    child.on('error', () => resolve(false));
    child.on('close', (code) => resolve(code === 0));
  });
}
