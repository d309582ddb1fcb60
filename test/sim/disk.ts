/**
 * A disk that is slow, fails, fills up and loses what was not flushed. Every operation is a point where the machine may crash:
 * before it, in the middle of it, or after it.
 */
import type { HardState } from '../../src/agent/raft/core/effects.ts';
import { StorageFailed } from '../../src/agent/raft/errors.ts';
import type { Files, FileWriter } from '../../src/agent/raft/files.ts';
import type { LogDisk, LogFile } from '../../src/agent/raft/log-disk.ts';
import { emptyHardState, type LogStore } from '../../src/agent/raft/log-store.ts';
import { openFileLogStore } from '../../src/agent/raft/log-store-files.ts';
import type { Stream } from './prng.ts';
import type { Process, World } from './world.ts';

export interface DiskOptions {
  readonly meanLatencyMs: number;
  /** Chance that one operation is very slow. */
  readonly stallChance: number;
  /** Chance that a write fails though there is space. */
  readonly failChance: number;
  /** Chance that the machine crashes in one operation. */
  readonly crashChance: number;
}

interface FileImage {
  /** Bytes as the process sees them, and as they are on the platter. */
  content: Buffer;
  synced: Buffer;
  /** What a crash makes of bytes that were not synced: a changed byte, or a stretch that never arrived. */
  readonly tornInto?: 'zeros';
}

/** A directory: names as seen, and as synced. Both point to the same files. */
interface DirectoryImage {
  names: Map<string, FileImage | DirectoryImage>;
  synced: Map<string, FileImage | DirectoryImage>;
}

const isDirectory = (node: FileImage | DirectoryImage): node is DirectoryImage => 'names' in node;
const newDirectory = (): DirectoryImage => ({ names: new Map(), synced: new Map() });

export class Disk {
  readonly #world: World;
  readonly #random: Stream;
  readonly #options: DiskOptions;
  readonly #onCrash: (where: string) => void;
  /** Term and vote of which the store said that they are durable. */
  #acknowledged: HardState = emptyHardState;
  /** Small, so that files follow each other often. */
  readonly #segmentBytes: number;
  #root: DirectoryImage = newDirectory();
  /** No space left: writes fail until it is false. */
  full = false;
  /** Faults are off: the phase in which everything must come good. */
  healed = false;

  /** @param name of its random numbers; every disk of a world has its own */
  constructor(world: World, options: DiskOptions, onCrash: (where: string) => void, name = 'disk') {
    this.#world = world;
    this.#random = world.stream(name);
    this.#segmentBytes = 1 << (10 + this.#random.int(8));
    this.#options = options;
    this.#onCrash = onCrash;
  }

  /** The power went: unsynced names are gone, unsynced bytes are gone, torn, or there. */
  afterCrash(): void {
    const settleNode = (directory: DirectoryImage): void => {
      // Each name not synced may have made it or not; renames and removals alike.
      for (const name of new Set([...directory.names.keys(), ...directory.synced.keys()])) {
        const seen = directory.names.get(name);
        const synced = directory.synced.get(name);
        const kept = seen === synced || this.#random.chance(0.5) ? seen : synced;
        if (kept) directory.names.set(name, kept);
        else directory.names.delete(name);
      }
      directory.synced = new Map(directory.names);
      for (const node of directory.names.values()) {
        if (isDirectory(node)) settleNode(node);
        else this.#tear(node);
      }
    };
    settleNode(this.#root);
  }

  #tear(file: FileImage): void {
    if (file.content.equals(file.synced)) return;
    // A file that was cut may have its end back.
    if (file.content.length < file.synced.length) {
      if (this.#random.chance(0.5)) file.content = file.synced;
      file.synced = file.content;
      return;
    }
    const extra = file.content.length - file.synced.length;
    const kept = file.synced.length + this.#random.int(extra + 1);
    file.content = Buffer.from(file.content.subarray(0, kept));
    if (file.tornInto === 'zeros') {
      const from = file.synced.length + this.#random.int(kept - file.synced.length + 1);
      if (this.#random.chance(0.3)) file.content.fill(0, Math.max(file.synced.length, from - (from % 512)));
    } else if (kept > file.synced.length && this.#random.chance(0.3)) {
      this.#world.sometime('unsynced bytes garbled by a crash');
      file.content[file.synced.length + this.#random.int(kept - file.synced.length)]! ^= 0xff;
    }
    file.synced = file.content;
  }

  /** One operation. `apply` takes effect between begin and end, if it does. */
  async operate(process: Process, what: string, isWrite: boolean, apply: () => void): Promise<void> {
    const { meanLatencyMs, stallChance, failChance, crashChance } = this.#options;
    const random = this.#random;
    const crashes = !this.healed && isWrite && random.chance(crashChance);
    const crashPoint = random.pick(['before', 'after'] as const);
    const stalls = !this.healed && random.chance(stallChance);
    await process.wait(random.around(meanLatencyMs) * (stalls ? 200 : 1));
    if (stalls) this.#world.sometime('disk stalled');
    if (crashes && crashPoint === 'before') return this.#crash(process, `during ${what}, before it took effect`);
    if (isWrite && this.full) {
      this.#world.sometime(`disk full during ${what}`);
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    }
    if (isWrite && !this.healed && random.chance(failChance)) {
      this.#world.sometime(`failed ${what}`);
      throw Object.assign(new Error('input/output error'), { code: 'EIO' });
    }
    apply();
    if (crashes) return this.#crash(process, `during ${what}, after it took effect`);
    await process.wait(random.around(meanLatencyMs / 2));
  }

  #crash(process: Process, where: string): Promise<void> {
    this.#world.sometime(`crash ${where}`);
    process.crash();
    this.#onCrash(where);
    // A dead process waits for ever.
    return new Promise(() => {});
  }

  #find(path: string): FileImage | DirectoryImage | undefined {
    let node: FileImage | DirectoryImage | undefined = this.#root;
    for (const name of path.split('/').filter(Boolean)) {
      if (!node || !isDirectory(node)) return undefined;
      node = node.names.get(name);
    }
    return node;
  }

  #directory(path: string): DirectoryImage {
    const node = this.#find(path);
    if (!node || !isDirectory(node)) throw Object.assign(new Error(`no directory ${path}`), { code: 'ENOENT' });
    return node;
  }

  #file(path: string): FileImage {
    const node = this.#find(path);
    if (!node || isDirectory(node)) throw Object.assign(new Error(`no file ${path}`), { code: 'ENOENT' });
    return node;
  }

  files(process: Process): Files {
    const split = (path: string): [DirectoryImage, string] => {
      const at = path.lastIndexOf('/');
      return [this.#directory(path.slice(0, at)), path.slice(at + 1)];
    };
    const write = (what: string, apply: () => void): Promise<void> => this.operate(process, what, true, apply);
    const look = (what: string): Promise<void> => this.operate(process, what, false, () => {});
    const writer = (file: FileImage): FileWriter => ({
      write: (chunk) =>
        write('snapshot write', () => {
          file.content = Buffer.concat([file.content, chunk]);
        }),
      sync: () =>
        write('snapshot sync', () => {
          file.synced = file.content;
        }),
      close: async () => {},
    });
    return {
      list: async (path) => {
        await look('list');
        return [...this.#directory(path).names.keys()].sort();
      },
      makeDirectory: (path) =>
        write('snapshot mkdir', () => {
          let node = this.#root;
          for (const name of path.split('/').filter(Boolean)) {
            const next = node.names.get(name) ?? newDirectory();
            if (!isDirectory(next)) throw new Error(`${name} is a file`);
            node.names.set(name, next);
            node = next;
          }
        }),
      readText: async (path) => {
        await look('read');
        return this.#file(path).content.toString('utf8');
      },
      sizeBytes: async (path) => {
        await look('stat');
        return this.#file(path).content.length;
      },
      create: async (path) => {
        const file: FileImage = { content: Buffer.alloc(0), synced: Buffer.alloc(0) };
        await write('snapshot create', () => {
          const [directory, name] = split(path);
          if (directory.names.has(name)) throw Object.assign(new Error(`${path} exists`), { code: 'EEXIST' });
          directory.names.set(name, file);
        });
        return writer(file);
      },
      read: async function* (this: Disk, path: string) {
        await look('read');
        const { content } = this.#file(path);
        for (let at = 0; at < content.length; at += 1000) {
          await look('read');
          yield content.subarray(at, at + 1000);
        }
      }.bind(this),
      syncDirectory: (path) =>
        write('snapshot directory sync', () => {
          const directory = this.#directory(path);
          directory.synced = new Map(directory.names);
        }),
      rename: (from, to) =>
        write('snapshot rename', () => {
          const [source, sourceName] = split(from);
          const [target, targetName] = split(to);
          const node = source.names.get(sourceName);
          if (!node) throw Object.assign(new Error(`no ${from}`), { code: 'ENOENT' });
          source.names.delete(sourceName);
          target.names.set(targetName, node);
        }),
      remove: (path) =>
        write('snapshot remove', () => {
          const [directory, name] = split(path);
          directory.names.delete(name);
        }),
    };
  }

  /** The real log store on this disk. What it says is durable must be; its term and vote never go back. */
  async logStore(process: Process): Promise<LogStore> {
    const store = await openFileLogStore({ disk: this.#logDisk(process), segmentBytes: this.#segmentBytes }).catch(
      (error) => {
        throw error.code === 'EIO' || error.code === 'ENOSPC' ? new StorageFailed('open', error) : error;
      },
    );
    let { term, votedFor } = this.#acknowledged;
    if (store.hardState.term < term) throw new Error(`SAFETY: stored term ${store.hardState.term} after ${term}`);
    const write = store.write.bind(store);
    store.write = async (what) => {
      const { hardState, entries } = what;
      ({ term, votedFor } = store.hardState);
      if (hardState && hardState.term < term) {
        throw new Error(`SAFETY: stored term went back from ${term} to ${hardState.term}`);
      }
      if (hardState?.term === term && votedFor !== '' && hardState.votedFor !== votedFor) {
        throw new Error(`SAFETY: vote of term ${term} changed from ${votedFor} to ${hardState.votedFor}`);
      }
      if (entries[0] && entries[0].index <= store.lastIndex) this.#world.sometime('log suffix replaced');
      await write(what);
      if (hardState) this.#acknowledged = hardState;
    };
    return store;
  }

  #logDisk(process: Process): LogDisk {
    const path = '/log';
    let directory = this.#root.names.get(path);
    if (!directory) {
      directory = newDirectory();
      this.#root.names.set(path, directory);
      this.#root.synced.set(path, directory);
    }
    if (!isDirectory(directory)) throw new Error(`${path} is a file`);
    const { names, synced } = directory;
    const write = (what: string, apply: () => void): Promise<void> => this.operate(process, what, true, apply);
    return {
      place: 'simulated log',
      list: async () => [...names.keys()],
      open: async (name) => {
        const found = names.get(name);
        if (found && isDirectory(found)) throw new Error(`${name} is a directory`);
        const file = found ?? { content: Buffer.alloc(0), synced: Buffer.alloc(0), tornInto: 'zeros' };
        names.set(name, file);
        await write(found ? 'log open' : 'log create', () => synced.set(name, file));
        if (!found && names.size > 1) this.#world.sometime('log went on in another file');
        return this.#logFile(file, write);
      },
      remove: (name) =>
        write('log remove', () => {
          names.delete(name);
        }),
    };
  }

  #logFile(file: FileImage, write: (what: string, apply: () => void) => Promise<void>): LogFile {
    return {
      get sizeBytes() {
        return file.content.length;
      },
      read: (at, lengthBytes) => Buffer.from(file.content.subarray(at, at + lengthBytes)),
      write: async (at, bytes) => {
        const before = file.content;
        if (at !== before.length) throw new Error('SAFETY: a write that is no append');
        // Seen at once, durable later; what fails may be there in part.
        file.content = Buffer.concat([before, bytes]);
        const whole = file.content;
        try {
          await write('append', () => {
            file.synced = whole;
          });
        } catch (error) {
          file.content = Buffer.from(whole.subarray(0, at + this.#random.int(bytes.length)));
          throw error;
        }
      },
      truncate: async (sizeBytes) => {
        file.content = Buffer.from(file.content.subarray(0, sizeBytes));
        await write('log truncation', () => {
          file.synced = file.content;
        });
      },
      close: async () => {},
    };
  }
}
