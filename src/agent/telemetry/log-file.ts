/**
 * `-log-file`: files named `<prefix>-<unix nanoseconds>.log`, rotated by size and age, old ones removed. A line is in one
 * file, whole, also when the disk was full in between.
 */
import { close, write as fsWrite, open, openSync } from 'node:fs';
import { readdir, unlink } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '../../lib/runtime.ts';
import { tryWriteSync } from './console-output.ts';
import type { LineOutput, QueuedLine, WriteResult } from './line-queue.ts';
import { WholeLineWriter } from './whole-line-writer.ts';

const openAsync = promisify(open);
const closeAsync = promisify(close);
const writeAsync = promisify(fsWrite);

const openFlags = 'ax';
const fileMode = 0o640;

export interface LogFileOptions {
  /** A prefix, `/var/log/tc`, or a directory with a slash at its end: then the prefix is `consul`. */
  readonly path: string;
  /** 0: no limit. */
  readonly rotateBytes: number;
  /** 0: no limit. */
  readonly rotateDurationMs: number;
  /** How many old files stay: 0 all, -1 none. */
  readonly rotateMaxFiles: number;
  readonly clock: Clock;
  /** Old files that could not be removed are not worth losing lines for, but worth a word. */
  readonly onPruneError: (error: Error) => void;
}

interface OpenFile {
  readonly fd: number;
  readonly name: string;
  readonly openedMs: number;
  sizeBytes: number;
}

export class LogFile implements LineOutput {
  readonly #options: LogFileOptions;
  readonly #directory: string;
  readonly #prefix: string;
  readonly #suffix: string;
  readonly #writer: WholeLineWriter;
  #lastStamp = 0n;
  #current: OpenFile;

  /** Opens the first file at once; throws the system's error. */
  constructor(options: LogFileOptions) {
    this.#options = options;
    const { directory, prefix, suffix } = splitLogPath(options.path);
    this.#directory = directory;
    this.#prefix = prefix;
    this.#suffix = suffix;
    const name = this.#nextName();
    this.#current = this.#opened(name, openSync(join(directory, name), openFlags, fileMode));
    this.#writer = new WholeLineWriter(async (bytes) => {
      const { bytesWritten } = await writeAsync(this.#current.fd, bytes);
      this.#current.sizeBytes += bytesWritten;
      return bytesWritten;
    });
  }

  /** Rotates between lines only; a batch may spread over several files. */
  async write(lines: readonly QueuedLine[]): Promise<WriteResult> {
    let written = 0;
    while (written < lines.length) {
      if (this.#isFull(lines[written]!) && !this.#writer.midLine) {
        try {
          await this.#rotate();
        } catch (error) {
          return { written, error: error as Error };
        }
      }
      const fitting = lines.slice(written, written + this.#countFitting(lines, written));
      const result = await this.#writer.write(fitting);
      written += result.written;
      if (result.error !== null) return { written, error: result.error };
    }
    return { written, error: null };
  }

  writeSync(lines: readonly QueuedLine[]): void {
    tryWriteSync(this.#current.fd, this.#writer.remaining(lines));
  }

  async close(): Promise<void> {
    await closeAsync(this.#current.fd);
  }

  #isFull(next: QueuedLine): boolean {
    const { rotateBytes, rotateDurationMs, clock } = this.#options;
    const { sizeBytes, openedMs } = this.#current;
    if (rotateDurationMs > 0 && clock.nowMs() - openedMs >= rotateDurationMs) return true;
    return rotateBytes > 0 && sizeBytes > 0 && sizeBytes + Buffer.byteLength(next.line) > rotateBytes;
  }

  /** At least one: a line longer than the limit has a file of its own. */
  #countFitting(lines: readonly QueuedLine[], from: number): number {
    const { rotateBytes } = this.#options;
    if (rotateBytes <= 0) return lines.length - from;
    let size = this.#current.sizeBytes;
    let count = 0;
    for (let at = from; at < lines.length; at++) {
      size += Buffer.byteLength(lines[at]!.line);
      if (count > 0 && size > rotateBytes) break;
      count++;
    }
    return count;
  }

  async #rotate(): Promise<void> {
    const { rotateMaxFiles } = this.#options;
    // Before the new file is made, so that a full disk has room for it. The current file is the newest of the old ones.
    if (rotateMaxFiles !== 0) await this.#prune(Math.max(rotateMaxFiles, 1));
    const name = this.#nextName();
    const fd = await openAsync(join(this.#directory, name), openFlags, fileMode);
    const old = this.#current;
    this.#current = this.#opened(name, fd);
    await closeAsync(old.fd);
    if (rotateMaxFiles < 0) await this.#remove([old.name]);
  }

  async #prune(keep: number): Promise<void> {
    try {
      const names = (await readdir(this.#directory)).filter((name) => this.#isOurs(name)).sort();
      await this.#remove(names.slice(0, Math.max(0, names.length - keep)));
    } catch (error) {
      this.#options.onPruneError(error as Error);
    }
  }

  async #remove(names: readonly string[]): Promise<void> {
    for (const name of names) {
      try {
        await unlink(join(this.#directory, name));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#options.onPruneError(error as Error);
      }
    }
  }

  #isOurs(name: string): boolean {
    if (!name.startsWith(`${this.#prefix}-`) || !name.endsWith(this.#suffix)) return false;
    return /^\d{16,20}$/.test(name.slice(this.#prefix.length + 1, name.length - this.#suffix.length));
  }

  #opened(name: string, fd: number): OpenFile {
    return { fd, name, openedMs: this.#options.clock.nowMs(), sizeBytes: 0 };
  }

  /** Strictly increasing, also when the clock stands still or jumps back. */
  #nextName(): string {
    const now = BigInt(Math.floor(this.#options.clock.wallMs() * 1000)) * 1000n;
    this.#lastStamp = now > this.#lastStamp ? now : this.#lastStamp + 1n;
    return `${this.#prefix}-${this.#lastStamp}${this.#suffix}`;
  }
}

/** `/var/log/` -> consul, .log; `/var/log/tc.txt` -> tc, .txt; `/var/log/tc` -> tc, .log. */
export function splitLogPath(path: string): { directory: string; prefix: string; suffix: string } {
  if (path.endsWith('/')) return { directory: path, prefix: 'consul', suffix: '.log' };
  const extension = extname(path);
  return { directory: dirname(path), prefix: basename(path, extension), suffix: extension === '' ? '.log' : extension };
}
