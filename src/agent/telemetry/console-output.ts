/**
 * The console as a log output. A reader that stalls or went away, or a full disk behind a redirection, must not harm
 * the agent.
 */
import { fstatSync, write as fsWrite, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { promisify } from 'node:util';
import type { LineOutput, QueuedLine, WriteResult } from './line-queue.ts';
import { joinLines, WholeLineWriter } from './whole-line-writer.ts';

export type ConsoleStream = Writable & { readonly fd?: number };

const writeAsync = promisify(fsWrite);

/** The output for a standard stream, a socket, or anything writable. */
export function consoleOutput(stream: ConsoleStream): LineOutput {
  const kind = stream.fd === undefined ? null : fstatSync(stream.fd);
  if (kind?.isFile()) return new RedirectedOutput(stream.fd!);
  if (kind?.isFIFO()) unblock(stream);
  return new StreamOutput(stream);
}

/** Node makes pipes of the standard streams blocking: a reader that sleeps would stop the event loop. */
function unblock(stream: Writable): void {
  const { _handle: handle } = stream as unknown as { _handle?: { setBlocking?: (blocking: boolean) => void } };
  handle?.setBlocking?.(false);
}

class RedirectedOutput implements LineOutput {
  readonly #fd: number;
  readonly #writer: WholeLineWriter;

  constructor(fd: number) {
    this.#fd = fd;
    this.#writer = new WholeLineWriter(async (bytes) => (await writeAsync(fd, bytes)).bytesWritten);
  }

  write(lines: readonly QueuedLine[]): Promise<WriteResult> {
    return this.#writer.write(lines);
  }

  writeSync(lines: readonly QueuedLine[]): void {
    tryWriteSync(this.#fd, this.#writer.remaining(lines));
  }

  async close(): Promise<void> {
    // The descriptor belongs to the process.
  }
}

class StreamOutput implements LineOutput {
  readonly #stream: ConsoleStream;
  #gone = false;

  constructor(stream: ConsoleStream) {
    this.#stream = stream;
    // Without a listener a closed pipe would end the process. It stays: errors may arrive after `close`.
    stream.on('error', () => {
      this.#gone = true;
    });
  }

  write(lines: readonly QueuedLine[]): Promise<WriteResult> {
    const done: WriteResult = { written: lines.length, error: null };
    if (this.#gone || this.#stream.destroyed) return Promise.resolve(done);
    return new Promise((resolve) => {
      this.#stream.write(joinLines(lines), () => resolve(done));
    });
  }

  writeSync(lines: readonly QueuedLine[]): void {
    if (this.#gone) return;
    if (this.#stream.fd === undefined) this.#stream.write(joinLines(lines));
    else tryWriteSync(this.#stream.fd, Buffer.from(joinLines(lines)));
  }

  async close(): Promise<void> {
    // The stream belongs to the caller.
  }
}

/** For the last moment of a process: what cannot be written now cannot be written at all. */
export function tryWriteSync(fd: number, bytes: Uint8Array): void {
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
  } catch {
    // A full pipe or disk; there is nobody left to tell.
  }
}
