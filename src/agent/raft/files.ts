/** The few file operations snapshots need, as a value: the real disk here, one that crashes in `test/sim`. */
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';

export interface Files {
  /** Names in a directory. */
  list(path: string): Promise<readonly string[]>;
  /** Makes a directory and those above it; no error if it is there. */
  makeDirectory(path: string): Promise<void>;
  readText(path: string): Promise<string>;
  sizeBytes(path: string): Promise<number>;
  /** Opens a new file for writing; it must not exist. */
  create(path: string): Promise<FileWriter>;
  read(path: string): AsyncIterable<Uint8Array>;
  /** The names in a directory are durable only after this. */
  syncDirectory(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file or a whole directory; no error if it is not there. */
  remove(path: string): Promise<void>;
}

export interface FileWriter {
  /** Appends. The bytes are not durable before `sync`. */
  write(chunk: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

const readBytes = 256 << 10;

export const nodeFiles: Files = {
  list: (path) => readdir(path),
  makeDirectory: async (path) => {
    await mkdir(path, { recursive: true, mode: 0o755 });
  },
  readText: (path) => readFile(path, 'utf8'),
  sizeBytes: async (path) => (await stat(path)).size,
  create: async (path) => {
    const handle = await open(path, 'wx', 0o600);
    return {
      write: (chunk) => handle.writeFile(chunk),
      sync: () => handle.sync(),
      close: () => handle.close(),
    };
  },
  read: async function* (path) {
    const handle = await open(path, 'r');
    try {
      for (;;) {
        const buffer = Buffer.allocUnsafeSlow(readBytes);
        const { bytesRead } = await handle.read(buffer, 0, readBytes, null);
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  },
  syncDirectory: async (path) => {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  rename,
  remove: (path) => rm(path, { recursive: true, force: true }),
};
