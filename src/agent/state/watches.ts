/**
 * Who read what. A read names what it touched (a key, a prefix, a topic such as `service:web`); a commit tells exactly
 * the readers of what it changed. A watch exists only while somebody reads it, so memory is paid for what is
 * watched, not for what is stored.
 */

/** Somebody who wants to know that what they read has changed. */
export interface Reader {
  /** What it watches; belongs to `Watches`. */
  watched: Watch[];
  /** Called inside the commit: it must be cheap. May unwatch. */
  changed(): void;
}

/** One thing that is read. Mostly by one reader: only further ones cost a set. */
class Watch {
  readonly home: Map<string, Watch>;
  readonly name: string;
  #first: Reader | null = null;
  #others: Set<Reader> | null = null;

  constructor(home: Map<string, Watch>, name: string) {
    this.home = home;
    this.name = name;
  }

  get isEmpty(): boolean {
    return this.#first === null && (this.#others === null || this.#others.size === 0);
  }

  add(reader: Reader): void {
    if (this.#first === null || this.#first === reader) this.#first = reader;
    else {
      this.#others ??= new Set();
      this.#others.add(reader);
    }
  }

  delete(reader: Reader): void {
    if (this.#first === reader) this.#first = null;
    else this.#others?.delete(reader);
  }

  tell(): void {
    this.#first?.changed();
    if (this.#others !== null) for (const reader of this.#others) reader.changed();
  }

  addTo(readers: Set<Reader>): void {
    if (this.#first !== null) readers.add(this.#first);
    if (this.#others !== null) for (const reader of this.#others) readers.add(reader);
  }
}

export type { Watch };

/** What a read function is given to say what it read. */
export interface WatchSet {
  key(key: string): void;
  prefix(prefix: string): void;
  topic(topic: string): void;
}

/** For reads nobody waits on. */
export const watchNothing: WatchSet = { key() {}, prefix() {}, topic() {} };

export class Watches {
  readonly #keys = new Map<string, Watch>();
  readonly #topics = new Map<string, Watch>();
  /** By length, so that a key is looked up once per length in use and not once per prefix. */
  readonly #prefixes = new Map<number, Map<string, Watch>>();
  #touched: Watch[] = [];
  /** The reader for whom `#set` collects. */
  #reader: Reader | null = null;
  readonly #set: WatchSet = {
    key: (key) => this.#watch(this.#keys, key),
    prefix: (prefix) => this.#watch(this.#prefixesOf(prefix.length), prefix),
    topic: (topic) => this.#watch(this.#topics, topic),
  };

  /** Number of things watched. */
  get size(): number {
    let size = this.#keys.size + this.#topics.size;
    for (const prefixes of this.#prefixes.values()) size += prefixes.size;
    return size;
  }

  /** Runs `read` and subscribes `reader` to all that it names before it returns. If it throws, to nothing. */
  watch<T>(reader: Reader, read: (watch: WatchSet) => T): T {
    const outer = this.#reader;
    this.#reader = reader;
    try {
      return read(this.#set);
    } catch (error) {
      this.unwatch(reader);
      throw error;
    } finally {
      this.#reader = outer;
    }
  }

  unwatch(reader: Reader): void {
    for (const watch of reader.watched) {
      watch.delete(reader);
      if (!watch.isEmpty) continue;
      if (watch.home.get(watch.name) === watch) watch.home.delete(watch.name);
      if (watch.home.size === 0 && this.#prefixes.get(watch.name.length) === watch.home) {
        this.#prefixes.delete(watch.name.length);
      }
    }
    reader.watched = [];
  }

  /** A key was written or deleted: its own readers and those of every prefix of it. */
  touchKey(key: string): void {
    const watch = this.#keys.get(key);
    if (watch !== undefined) this.#touched.push(watch);
    if (this.#prefixes.size === 0) return;
    for (const [length, prefixes] of this.#prefixes) {
      if (length > key.length) continue;
      const above = prefixes.get(length === key.length ? key : key.slice(0, length));
      if (above !== undefined) this.#touched.push(above);
    }
  }

  /** Everything below a prefix was deleted. Costs what is watched, not what was stored. */
  touchTree(prefix: string): void {
    for (const [key, watch] of this.#keys) if (key.startsWith(prefix)) this.#touched.push(watch);
    for (const prefixes of this.#prefixes.values()) {
      for (const [one, watch] of prefixes) {
        if (one.startsWith(prefix) || prefix.startsWith(one)) this.#touched.push(watch);
      }
    }
  }

  touch(topic: string): void {
    const watch = this.#topics.get(topic);
    if (watch !== undefined) this.#touched.push(watch);
  }

  /** Tells the readers of everything touched since the last commit. */
  commit(): void {
    if (this.#touched.length === 0) return;
    const touched = this.#touched;
    this.#touched = [];
    for (const watch of touched) watch.tell();
  }

  rollback(): void {
    this.#touched.length = 0;
  }

  /** The whole state was replaced. */
  changeAll(): void {
    this.#touched = [];
    const readers = new Set<Reader>();
    for (const home of [this.#keys, this.#topics, ...this.#prefixes.values()]) {
      for (const watch of home.values()) watch.addTo(readers);
    }
    for (const reader of readers) reader.changed();
  }

  #watch(home: Map<string, Watch>, name: string): void {
    const reader = this.#reader;
    if (reader === null) throw new Error('a read named what it watches after it had returned');
    let watch = home.get(name);
    if (watch === undefined) {
      watch = new Watch(home, name);
      home.set(name, watch);
    }
    watch.add(reader);
    reader.watched.push(watch);
  }

  #prefixesOf(length: number): Map<string, Watch> {
    let prefixes = this.#prefixes.get(length);
    if (prefixes === undefined) {
      prefixes = new Map();
      this.#prefixes.set(length, prefixes);
    }
    return prefixes;
  }
}
