/**
 * Who read what. A read names what it touched (a key, a prefix, a topic such as `service:web`); a commit tells exactly
 * the readers of what it changed. A watch exists only while somebody reads it, so memory is paid for what is
 * watched, not for what is stored.
 */

/** Somebody who wants to know, once, that what they read has changed. Called inside the commit: it must be cheap. */
export interface Reader {
  changed(): void;
}

class Watch {
  readonly readers = new Set<Reader>();
  readonly home: Map<string, Watch>;
  readonly name: string;
  constructor(home: Map<string, Watch>, name: string) {
    this.home = home;
    this.name = name;
  }
}

/** What a read function is given to say what it read. */
export interface WatchSet {
  key(key: string): void;
  prefix(prefix: string): void;
  topic(topic: string): void;
}

/** For reads nobody waits on. */
export const watchNothing: WatchSet = { key() {}, prefix() {}, topic() {} };

/** Ends a subscription. */
export type Unwatch = () => void;

export class Watches {
  readonly #keys = new Map<string, Watch>();
  readonly #topics = new Map<string, Watch>();
  /** By length, so that a key is looked up once per length in use and not once per prefix. */
  readonly #prefixes = new Map<number, Map<string, Watch>>();
  #touched: Watch[] = [];

  /** Number of things watched. */
  get size(): number {
    let size = this.#keys.size + this.#topics.size;
    for (const prefixes of this.#prefixes.values()) size += prefixes.size;
    return size;
  }

  /** Runs `read` with a watch set and subscribes `reader` to all that it named. */
  watch<T>(reader: Reader, read: (watch: WatchSet) => T): { readonly result: T; readonly unwatch: Unwatch } {
    const watches: Watch[] = [];
    const result = read({
      key: (key) => watches.push(this.#find(this.#keys, key)),
      prefix: (prefix) => watches.push(this.#find(this.#prefixesOf(prefix.length), prefix)),
      topic: (topic) => watches.push(this.#find(this.#topics, topic)),
    });
    for (const watch of watches) {
      watch.readers.add(reader);
      watch.home.set(watch.name, watch);
      if (watch.home !== this.#keys && watch.home !== this.#topics) this.#prefixes.set(watch.name.length, watch.home);
    }
    return { result, unwatch: () => this.#leave(watches, reader) };
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

  touch(topic: string): void {
    const watch = this.#topics.get(topic);
    if (watch !== undefined) this.#touched.push(watch);
  }

  /** Tells the readers of everything touched since the last commit. */
  commit(): void {
    if (this.#touched.length === 0) return;
    const touched = this.#touched;
    this.#touched = [];
    for (const watch of touched) for (const reader of watch.readers) reader.changed();
  }

  rollback(): void {
    this.#touched.length = 0;
  }

  /** The whole state was replaced. */
  changeAll(): void {
    this.#touched = [];
    const readers = new Set<Reader>();
    for (const home of [this.#keys, this.#topics, ...this.#prefixes.values()]) {
      for (const watch of home.values()) for (const reader of watch.readers) readers.add(reader);
    }
    for (const reader of readers) reader.changed();
  }

  #find(home: Map<string, Watch>, name: string): Watch {
    return home.get(name) ?? new Watch(home, name);
  }

  #prefixesOf(length: number): Map<string, Watch> {
    let prefixes = this.#prefixes.get(length);
    if (prefixes === undefined) {
      prefixes = new Map();
      this.#prefixes.set(length, prefixes);
    }
    return prefixes;
  }

  #leave(watches: readonly Watch[], reader: Reader): void {
    for (const watch of watches) {
      watch.readers.delete(reader);
      if (watch.readers.size > 0) continue;
      if (watch.home.get(watch.name) === watch) watch.home.delete(watch.name);
      if (watch.home.size === 0 && watch.home !== this.#keys && watch.home !== this.#topics) {
        this.#prefixes.delete(watch.name.length);
      }
    }
  }
}
