/** The few operations on files that the log needs, as a value: the real disk here, one that crashes in `test/sim`. */
import { close, constants, fdatasync, fstatSync, ftruncate, open, readSync, write } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeFiles } from './files.ts';

export interface LogDisk {
  /** For messages. */
  readonly place: string;
  /** Names of all files. */
  list(): Promise<readonly string[]>;
  /** Opens a file, or makes it: then its name is durable when this resolves. */
  open(name: string): Promise<LogFile>;
  /** No error if it is not there. Not necessarily durable. */
  remove(name: string): Promise<void>;
}

export interface LogFile {
  readonly sizeBytes: number;
  /** Reads what must be there. */
  read(at: number, lengthBytes: number): Buffer;
  /** Durable when it resolves. `bytes` may be used again then. When it rejects, any part of it may be there. */
  write(at: number, bytes: Buffer): Promise<void>;
  /** Durable when it resolves. */
  truncate(sizeBytes: number): Promise<void>;
  close(): Promise<void>;
}

/** The files of a log that somebody else may go on with: nothing of it is changed, whatever is asked. */
export const logDiskToRead = (directory: string): LogDisk => ({
  place: directory,
  list: () => readdir(directory),
  open: async (name) => {
    const file = new NodeLogFile(await called<number>((done) => open(join(directory, name), 'r', done)));
    return Object.assign(file, { truncate: async () => {} });
  },
  remove: async () => {},
});

/** Files in a directory, which is made if need be. */
export async function openLogDisk(directory: string): Promise<LogDisk> {
  await mkdir(directory, { recursive: true, mode: 0o755 });
  return {
    place: directory,
    list: () => readdir(directory),
    open: async (name) => {
      // One call writes and waits for the disk: a second one would cost another trip to a thread.
      const { O_RDWR, O_CREAT, O_DSYNC } = constants;
      const fd = await called<number>((done) => open(join(directory, name), O_RDWR | O_CREAT | O_DSYNC, 0o600, done));
      await nodeFiles.syncDirectory(directory);
      return new NodeLogFile(fd);
    },
    remove: (name) => rm(join(directory, name), { force: true }),
  };
}

class NodeLogFile implements LogFile {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  get sizeBytes(): number {
    return fstatSync(this.#fd).size;
  }

  read(at: number, lengthBytes: number): Buffer {
    const buffer = Buffer.allocUnsafeSlow(lengthBytes);
    for (let done = 0; done < lengthBytes; ) {
      const count = readSync(this.#fd, buffer, done, lengthBytes - done, at + done);
      if (count === 0) throw new Error(`the file ends before byte ${at + lengthBytes}`);
      done += count;
    }
    return buffer;
  }

  write(at: number, bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      const from = (done: number): void =>
        write(this.#fd, bytes, done, bytes.length - done, at + done, (error, count) => {
          if (error !== null) reject(error);
          else if (done + count === bytes.length) resolve();
          else from(done + count);
        });
      from(0);
    });
  }

  async truncate(sizeBytes: number): Promise<void> {
    await called((done) => ftruncate(this.#fd, sizeBytes, done));
    await called((done) => fdatasync(this.#fd, done));
  }

  async close(): Promise<void> {
    await called((done) => close(this.#fd, done));
  }
}

const called = <T = void>(run: (done: (error: Error | null, value?: T) => void) => void): Promise<T> =>
  new Promise((resolve, reject) => {
    run((error, value) => (error ? reject(error) : resolve(value as T)));
  });
