/** Child processes of `lock` and `watch`: a shell line or a program, and how it ended in Go's words. */
import { type ChildProcess, spawn } from 'node:child_process';
import { systemText } from '../lib/system-text.ts';

export interface ChildOptions {
  /** The words; joined into one line when `shell` is true. */
  readonly words: readonly string[];
  readonly shell: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Added to the environment. */
  readonly variables: Readonly<Record<string, string>>;
  /** Bytes for its stdin, `inherit` ours, or nothing. */
  readonly input: Uint8Array | string | 'inherit' | undefined;
}

export type ChildEnd =
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'not started'; readonly text: string };

export interface Child {
  readonly end: Promise<ChildEnd>;
  kill(signal: NodeJS.Signals): void;
}

const signalWords: Readonly<Partial<Record<NodeJS.Signals, string>>> = {
  SIGHUP: 'hangup',
  SIGINT: 'interrupt',
  SIGQUIT: 'quit',
  SIGABRT: 'aborted',
  SIGKILL: 'killed',
  SIGSEGV: 'segmentation fault',
  SIGPIPE: 'broken pipe',
  SIGALRM: 'alarm clock',
  SIGTERM: 'terminated',
};

/** `exit status 3`, `signal: terminated`; undefined for success. */
export function failureOf(end: ChildEnd): string | undefined {
  switch (end.kind) {
    case 'exit':
      return end.code === 0 ? undefined : `exit status ${end.code}`;
    case 'signal':
      return `signal: ${signalWords[end.signal] ?? end.signal}`;
    case 'not started':
      return end.text;
  }
}

function startFailure(file: string, error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT' && !file.includes('/')) return `exec: "${file}": executable file not found in $PATH`;
  return `fork/exec ${file}: ${systemText(error)}`;
}

export function startChild({ words, shell, env, variables, input }: ChildOptions): Child {
  const file = shell ? env['SHELL'] || '/bin/sh' : (words[0] ?? '');
  const args = shell ? ['-c', words.join(' ')] : words.slice(1);
  const stdin = input === 'inherit' ? 'inherit' : input === undefined ? 'ignore' : 'pipe';
  let child: ChildProcess;
  try {
    child = spawn(file, args, { env: { ...env, ...variables }, stdio: [stdin, 'inherit', 'inherit'] });
  } catch (error) {
    const text = startFailure(file, error as NodeJS.ErrnoException);
    return { end: Promise.resolve({ kind: 'not started', text }), kill: () => undefined };
  }
  const end = new Promise<ChildEnd>((resolve) => {
    child.once('error', (error) => resolve({ kind: 'not started', text: startFailure(file, error) }));
    child.once('exit', (code, signal) =>
      resolve(signal === null ? { kind: 'exit', code: code ?? 0 } : { kind: 'signal', signal }),
    );
  });
  if (child.stdin !== null) {
    // A child that does not read its input is no error.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  }
  return { end, kill: (signal) => void child.kill(signal) };
}
