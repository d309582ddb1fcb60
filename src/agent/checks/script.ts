/**
 * A program of this machine: exit code 0 is passing, 1 warning, anything else critical. It runs in a process group of its
 * own, which is killed as a whole when the time is over or the check ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { formatDurationMs } from '../../lib/duration.ts';
import { OutputTail } from './output.ts';
import type { Attempt, Result } from './runner.ts';

/** How long after the program's end its children may still write. */
const lingerMs = 200;

export function probeScript(args: readonly string[], outputMaxBytes: number, attempt: Attempt): Promise<Result> {
  if (attempt.signal.aborted) return Promise.resolve({ status: 'critical', output: 'context canceled' });
  const [program, ...rest] = args as [string, ...string[]];
  return new Promise((resolve) => {
    const output = new OutputTail(outputMaxBytes);
    const critical = (text: string): void => resolve({ status: 'critical', output: text });
    let child: ChildProcess;
    try {
      child = spawn(program, rest, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    } catch (error) {
      critical((error as Error).message);
      return;
    }
    const kill = (): void => killGroup(child);
    attempt.signal.addEventListener('abort', kill, { once: true });
    child.stdout!.on('data', (chunk: Buffer) => output.write(chunk));
    child.stderr!.on('data', (chunk: Buffer) => output.write(chunk));
    for (const stream of [child.stdout!, child.stderr!]) stream.on('error', () => {});

    let settled = false;
    const settle = (then: () => void): void => {
      if (settled) return;
      settled = true;
      attempt.signal.removeEventListener('abort', kill);
      child.stdout!.destroy();
      child.stderr!.destroy();
      then();
    };
    child.once('error', (error) => settle(() => critical(startFault(error, program))));
    child.once('exit', (code) => {
      const end = (): void =>
        settle(() => {
          if (attempt.timedOut()) critical(`Timed out (${formatDurationMs(attempt.timeoutMs)}) running check`);
          else resolve({ status: code === 0 ? 'passing' : code === 1 ? 'warning' : 'critical', output: shown(output) });
        });
      const patience = setTimeout(end, lingerMs);
      child.once('close', () => {
        clearTimeout(patience);
        end();
      });
    });
  });
}

function shown(output: OutputTail): string {
  const text = output.text();
  if (!output.isCut) return text;
  return `Captured ${output.capturedBytes} of ${output.totalBytes} bytes\n...\n${text}`;
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

function startFault(error: NodeJS.ErrnoException, program: string): string {
  const { code } = error;
  if (code === 'ENOENT' && !program.includes('/')) return `exec: "${program}": executable file not found in $PATH`;
  const why = code === 'ENOENT' ? 'no such file or directory' : code === 'EACCES' ? 'permission denied' : error.message;
  return `fork/exec ${program}: ${why}`;
}
