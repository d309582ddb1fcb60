/** `tc` as a process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';

export const launcher = resolve(import.meta.dirname, '../../../bin/run.js');

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface Started {
  readonly child: ChildProcess;
  /** What stdout holds so far. */
  out(): string;
  readonly ended: Promise<Ended>;
}

export interface StartOptions {
  readonly command?: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly stdin?: string;
}

export function start(argv: readonly string[], options: StartOptions = {}): Started {
  const [file, ...before] = options.command ?? [launcher];
  const { CONSUL_HTTP_ADDR: _, ...inherited } = process.env;
  const child = spawn(file, [...before, ...argv], {
    env: { ...inherited, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.cwd !== undefined && { cwd: options.cwd }),
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.stdin ?? '');
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, out, err }));
  });
  return { child, out: () => out, ended };
}

export const tc = (argv: readonly string[], options?: StartOptions): Promise<Ended> => start(argv, options).ended;
