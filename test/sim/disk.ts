/**
 * A disk that is slow, fails, fills up and loses what was not flushed. Every operation is a point where the machine may crash:
 * before it, in the middle of it, or after it.
 */
import type { LogEntry } from '../../src/agent/raft/api.ts';
import { CorruptStorage, StorageFailed } from '../../src/agent/raft/errors.ts';
import type { Files, FileWriter } from '../../src/agent/raft/files.ts';
import { decodeRecord, encodeRecord } from '../../src/agent/raft/log-record.ts';
import type { LogContents, LogStore, LogWrite } from '../../src/agent/raft/log-store.ts';
import { MemoryLogStore } from '../../src/agent/raft/log-store-memory.ts';
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

/** What survives a crash. */
interface LogImage {
  hardState: { term: number; votedFor: string };
  start: number;
  records: Map<number, Buffer>;
}

interface FileImage {
  /** Bytes as the process sees them, and as they are on the platter. */
  content: Buffer;
  synced: Buffer;
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
  readonly log: LogImage = { hardState: { term: 0, votedFor: '' }, start: 1, records: new Map() };
  #root: DirectoryImage = newDirectory();
  /** No space left: writes fail until it is false. */
  full = false;
  /** Faults are off: the phase in which everything must come good. */
  healed = false;

  /** @param name of its random numbers; every disk of a world has its own */
  constructor(world: World, options: DiskOptions, onCrash: (where: string) => void, name = 'disk') {
    this.#world = world;
    this.#random = world.stream(name);
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
    const extra = file.content.length - file.synced.length;
    const kept = file.synced.length + this.#random.int(extra + 1);
    file.content = Buffer.from(file.content.subarray(0, kept));
    if (kept > file.synced.length && this.#random.chance(0.3)) {
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

  logStore(process: Process): LogStore {
    return new SimLogStore(this, process, this.#world);
  }
}

/** The log store on the simulated disk: real records, one atomic transaction a write, as LMDB gives it. */
class SimLogStore implements LogStore {
  readonly place = 'simulated log';
  readonly #disk: Disk;
  readonly #process: Process;
  readonly #world: World;
  readonly #memory = new MemoryLogStore();
  #busy = false;

  constructor(disk: Disk, process: Process, world: World) {
    this.#disk = disk;
    this.#process = process;
    this.#world = world;
    const { hardState, start, records } = disk.log;
    void this.#memory.reset(start - 1);
    void this.#memory.write({ hardState, entries: [] });
    for (const [index, record] of [...records].sort(([a], [b]) => a - b)) {
      if (index !== this.#memory.lastIndex + 1) throw new CorruptStorage(this.place, `hole before ${index}`);
      void this.#memory.write({ hardState: null, entries: decodeRecord(record, index) });
    }
  }

  get hardState() {
    return this.#memory.hardState;
  }
  get firstIndex(): number {
    return this.#memory.firstIndex;
  }
  get lastIndex(): number {
    return this.#memory.lastIndex;
  }
  contents(): LogContents {
    return this.#memory.contents();
  }
  read(from: number, to: number): readonly LogEntry[] {
    return this.#memory.read(from, to);
  }

  async write(write: LogWrite): Promise<void> {
    const { hardState, entries } = write;
    const { log } = this.#disk;
    await this.#transact('append', () => {
      if (hardState) {
        const { term, votedFor } = log.hardState;
        if (hardState.term < term) throw new Error(`SAFETY: stored term went back from ${term} to ${hardState.term}`);
        if (hardState.term === term && votedFor !== '' && hardState.votedFor !== votedFor) {
          throw new Error(`SAFETY: vote of term ${term} changed from ${votedFor} to ${hardState.votedFor}`);
        }
        log.hardState = { ...hardState };
      }
      const first = entries[0];
      if (!first) return;
      if (first.index <= this.lastIndex) this.#cut(first.index);
      log.records.set(first.index, encodeRecord(entries));
    });
    await this.#memory.write(write);
  }

  /** Rewrites the log so that nothing at or after `index` is left. */
  #cut(index: number): void {
    const { log } = this.#disk;
    this.#world.sometime('log suffix replaced');
    for (const [first, record] of [...log.records]) {
      const kept = decodeRecord(record, first).filter((entry) => entry.index < index);
      log.records.delete(first);
      if (kept.length > 0) log.records.set(first, encodeRecord(kept));
    }
  }

  async compact(index: number): Promise<void> {
    const { log } = this.#disk;
    let firstIndex = this.firstIndex;
    await this.#transact('log truncation', () => {
      for (const [first, record] of [...log.records].sort(([a], [b]) => a - b)) {
        const last = first + decodeRecord(record, first).length - 1;
        if (last > index) break;
        log.records.delete(first);
        log.start = last + 1;
        firstIndex = log.start;
      }
    });
    await this.#memory.compact(firstIndex - 1);
  }

  async reset(index: number): Promise<void> {
    const { log } = this.#disk;
    await this.#transact('log reset', () => {
      log.records.clear();
      log.start = index + 1;
    });
    await this.#memory.reset(index);
  }

  async close(): Promise<void> {}

  async #transact(what: string, apply: () => void): Promise<void> {
    if (this.#busy) throw new Error('SAFETY: two writes at a time');
    this.#busy = true;
    try {
      await this.#disk.operate(this.#process, what, true, apply);
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('SAFETY')) throw error;
      throw new StorageFailed('failed to write to the raft log', error);
    } finally {
      this.#busy = false;
    }
  }
}
