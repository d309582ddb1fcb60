/** Starts Envoy. Its document holds a token: it is never an argument, only a file that nobody else can read. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemText } from '../../lib/system-text.ts';
import { type ChildEnd, startChild } from '../child.ts';
import { CliError } from '../command.ts';

const versionPattern = /version:\s+\S+\/(\d+\.\d+\.\d+)\b/;

/** What the program says of itself. @throws CliError when it does not start */
export async function versionOf(program: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(program, ['--version'], { timeout: 10_000 });
    return versionPattern.exec(stdout)?.[1] ?? '';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw new CliError(`Failed to exec envoy: ${error}`);
    throw new CliError(`Failed to exec envoy: ${systemText(error)}`);
  }
}

export interface EnvoyRun {
  readonly program: string;
  readonly document: string;
  /** Further arguments, for Envoy itself. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly err: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Envoy's exit code. */
export async function runEnvoy({ program, document, args, env, err, signal }: EnvoyRun): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'tc-envoy-'));
  try {
    const file = join(directory, 'bootstrap.json');
    writeFileSync(file, document, { mode: 0o600 });
    const words = [program, '--config-path', file, ...args];
    const child = startChild({ words, shell: false, env, variables: {}, input: undefined });
    const forward = (): void => child.kill('SIGTERM');
    signal.addEventListener('abort', forward, { once: true });
    const end = await child.end;
    signal.removeEventListener('abort', forward);
    return exitCode(end, err);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function exitCode(end: ChildEnd, err: (text: string) => void): number {
  if (end.kind === 'exit') return end.code;
  err(`Failed to exec envoy: ${end.kind === 'signal' ? end.signal : end.text}\n`);
  return 1;
}
