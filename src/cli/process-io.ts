/**
 * The real `Io`. Writes are synchronous on the descriptors: setting up process.stdout costs a one-shot command more than
 * all it prints, and nothing is lost when the process ends.
 */
import { fstatSync, readFileSync, writeSync } from 'node:fs';
import type { Io } from './command.ts';

const waitCell = new Int32Array(new SharedArrayBuffer(4));

/** A reader that went away ends the program as SIGPIPE would. */
const brokenPipeExit = 141;

function writeAll(fd: number, data: string | Uint8Array): void {
  let rest = typeof data === 'string' ? Buffer.from(data) : data;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') process.exit(brokenPipeExit);
      if (code !== 'EAGAIN') throw error;
      // A pipe that does not block and is full: its reader needs a moment.
      Atomics.wait(waitCell, 0, 0, 5);
    }
  }
}

async function readStdin(): Promise<Buffer> {
  try {
    return readFileSync(0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

let interruption: AbortController | undefined;

function interrupted(): AbortSignal {
  if (interruption === undefined) {
    const controller = new AbortController();
    interruption = controller;
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => controller.abort(name));
  }
  return interruption.signal;
}

function keys(onKey: (key: string) => void, signal: AbortSignal): void {
  const { stdin } = process;
  const take = (chunk: Buffer): void => {
    for (const key of chunk.toString()) {
      if (key === '\x03') process.kill(process.pid, 'SIGINT');
      else onKey(key);
    }
  };
  const stop = (): void => {
    stdin.off('data', take).pause();
    stdin.setRawMode(false);
  };
  if (signal.aborted) return;
  stdin.setRawMode(true);
  stdin.on('data', take);
  signal.addEventListener('abort', stop, { once: true });
}

const descriptors = { stdin: 0, stdout: 1, stderr: 2 } as const;

/** Files and pipes are told apart without node:tty, which takes a while to load. */
function isTerminal(stream: keyof typeof descriptors): boolean {
  const fd = descriptors[stream];
  try {
    return fstatSync(fd).isCharacterDevice() && process.getBuiltinModule('node:tty').isatty(fd);
  } catch {
    // A descriptor that was closed before we came.
    return false;
  }
}

export const processIo: Io = {
  env: process.env,
  out: (data) => writeAll(1, data),
  err: (text) => writeAll(2, text),
  stdin: readStdin,
  interrupted,
  keys,
  isTerminal,
};
