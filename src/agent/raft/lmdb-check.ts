/**
 * Looks over an LMDB file before LMDB maps it: a page that points out of the file would not be an error there but the end of
 * the process. Follows both trees (free pages and data) from the newest root through every branch and leaf; what the values
 * hold is checked by their own checksums.
 *
 * Layout (64-bit little endian, as lmdb 3 writes it): page = number u64 | transaction u64 | pad u16 | flags u16 | lower u16 |
 * upper u16 (or page count u32 of an overflow run) | offsets u16 ... | nodes, growing down. Offsets count from the end of the
 * 24-byte header. Node = lo u16 | hi u16 | flags u16 | key size u16 | key | value. The roots are pages 0 and 1.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Thrown when the file is not a sound LMDB file. */
export class BadLmdbFile extends Error {
  override readonly name = 'BadLmdbFile';
}

const headerBytes = 24;
const magic = 0xbeefc0de;
const version = 2;
/** The only kind of tree beside the plain one: free pages by transaction number. */
const integerKeys = 8;
const maxMapBytes = 2n ** 46n;
const pageFlags = { branch: 1, leaf: 2, overflow: 4, meta: 8 } as const;
const longValue = 1;
const noPage = 2n ** 64n - 1n;
const maxDepth = 32;

interface Root {
  readonly pageBytes: number;
  readonly lastPage: number;
  readonly transaction: bigint;
  readonly free: Tree;
  readonly data: Tree;
}

interface Tree {
  /** null = empty. */
  readonly page: number | null;
  readonly depth: number;
}

/** Throws BadLmdbFile with the reason. An empty file is fine: LMDB starts it. */
export function checkLmdbFile(path: string): void {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    if (size > 0) new Checker(file, size).run();
  } finally {
    closeSync(file);
  }
}

class Checker {
  readonly #file: number;
  readonly #size: number;
  readonly #root: Root;
  readonly #seen = new Set<number>();

  constructor(file: number, size: number) {
    this.#file = file;
    this.#size = size;
    this.#root = this.#newestRoot();
  }

  run(): void {
    const { free, data } = this.#root;
    this.#walk(data.page, data.depth, (page, node) => this.#checkValue(page, node));
    this.#walk(free.page, free.depth, (page, node) => this.#checkFreePages(page, node));
  }

  #read(at: number, length: number): Buffer {
    const buffer = Buffer.allocUnsafe(length);
    if (readSync(this.#file, buffer, 0, length, at) !== length) throw new BadLmdbFile('it ends too early');
    return buffer;
  }

  /** Both roots must be sound: which one counts is LMDB's choice. */
  #newestRoot(): Root {
    const first = this.#rootAt(0);
    const second = this.#rootAt(first.pageBytes);
    if (second.pageBytes !== first.pageBytes) throw new BadLmdbFile('its root pages differ');
    return first.transaction >= second.transaction ? first : second;
  }

  #rootAt(at: number): Root {
    const page = this.#read(at, 160);
    const fail = (what: string): never => {
      throw new BadLmdbFile(`its root page at ${at} has a bad ${what}`);
    };
    if (page.readUInt16LE(18) !== pageFlags.meta || page.readUInt32LE(headerBytes) !== magic) fail('signature');
    if (page.readUInt32LE(28) !== version) fail('version');
    const mapBytes = page.readBigUInt64LE(40);
    const pageBytes = page.readUInt32LE(48);
    const lastPage = Number(page.readBigUInt64LE(144));
    if (pageBytes < 512 || pageBytes > 65_536 || (pageBytes & (pageBytes - 1)) !== 0) fail('page size');
    if (mapBytes > maxMapBytes) fail('map size');
    if ((page.readUInt16LE(52) & ~integerKeys) !== 0 || page.readUInt16LE(100) !== 0) fail('tree kind');
    const tree = (field: number): Tree => {
      const root = page.readBigUInt64LE(field + 40);
      const depth = page.readUInt16LE(field + 6);
      if (depth > maxDepth || (root === noPage) !== (depth === 0)) fail('tree depth');
      return { page: root === noPage ? null : Number(root), depth };
    };
    return { pageBytes, lastPage, transaction: page.readBigUInt64LE(152), free: tree(48), data: tree(96) };
  }

  #walk(number: number | null, depth: number, leaf: (page: Buffer, node: number) => void): void {
    if (number === null) return;
    const { pageBytes } = this.#root;
    const page = this.#page(number, pageBytes);
    const flags = page.readUInt16LE(18);
    const isBranch = depth > 1;
    if (flags !== (isBranch ? pageFlags.branch : pageFlags.leaf))
      throw new BadLmdbFile(`page ${number} is of a wrong kind`);
    const count = page.readUInt16LE(20) >> 1;
    const upper = page.readUInt16LE(22);
    const space = pageBytes - headerBytes;
    if (count === 0 || 2 * count > upper || upper > space) throw new BadLmdbFile(`page ${number} has bad bounds`);
    for (let i = 0; i < count; i++) {
      const node = headerBytes + page.readUInt16LE(headerBytes + 2 * i);
      if (node < headerBytes + upper || node + 8 > pageBytes || (node & 1) !== 0) {
        throw new BadLmdbFile(`page ${number} has a node out of bounds`);
      }
      if (node + 8 + page.readUInt16LE(node + 6) > pageBytes) throw new BadLmdbFile(`page ${number} has a bad key`);
      if (isBranch) this.#walk(childOf(page, node), depth - 1, leaf);
      else leaf(page, node);
    }
  }

  /** The value of a leaf node, with the pages it lies on accounted for. Only its head if `wantBytes` is less. */
  #checkValue(page: Buffer, node: number, wantBytes = 0): Buffer {
    const valueBytes = page.readUInt32LE(node);
    const flags = page.readUInt16LE(node + 4);
    const value = node + 8 + page.readUInt16LE(node + 6);
    const isLong = flags === longValue;
    if (flags !== 0 && !isLong) throw new BadLmdbFile('a value is of an unknown kind');
    if (value + (isLong ? 8 : valueBytes) > page.length) throw new BadLmdbFile('a value does not fit into its page');
    if (!isLong) return page.subarray(value, value + valueBytes);
    const { pageBytes } = this.#root;
    const first = Number(page.readBigUInt64LE(value));
    const head = this.#page(first, headerBytes);
    const pages = head.readUInt32LE(20);
    const needed = Math.ceil((valueBytes + headerBytes) / pageBytes);
    if (head.readUInt16LE(18) !== pageFlags.overflow || pages !== needed) {
      throw new BadLmdbFile(`page ${first} is not the long value it should be`);
    }
    for (let i = 1; i < pages; i++) this.#use(first + i);
    if ((first + pages) * pageBytes > this.#size) throw new BadLmdbFile('it ends too early');
    return this.#read(first * pageBytes + headerBytes, Math.min(valueBytes, wantBytes));
  }

  /** A list of free pages: count u64, then i64 each: a page, 0 for none, or -n before the first page of a run of n. */
  #checkFreePages(page: Buffer, node: number): void {
    const list = this.#checkValue(page, node, Number.POSITIVE_INFINITY);
    const count = list.length < 8 ? -1 : Number(list.readBigUInt64LE(0));
    if (count < 0 || 8 + 8 * count > list.length) throw new BadLmdbFile('a list of free pages has a wrong length');
    let run = 1;
    for (let at = 8; at < 8 + 8 * count; at += 8) {
      const entry = Number(list.readBigInt64LE(at));
      if (entry < 0) {
        if (-entry > this.#root.lastPage) throw new BadLmdbFile('a run of free pages is too long');
        run = -entry;
        continue;
      }
      if (entry > 0) for (let i = 0; i < run; i++) this.#use(entry + i);
      run = 1;
    }
  }

  #use(number: number): void {
    if (number < 2 || number > this.#root.lastPage) throw new BadLmdbFile(`there is no page ${number}`);
    if (this.#seen.has(number)) throw new BadLmdbFile(`page ${number} is used twice`);
    this.#seen.add(number);
  }

  #page(number: number, length: number): Buffer {
    this.#use(number);
    const page = this.#read(number * this.#root.pageBytes, length);
    if (Number(page.readBigUInt64LE(0)) !== number) throw new BadLmdbFile(`page ${number} bears another number`);
    if (page.readBigUInt64LE(8) > this.#root.transaction) throw new BadLmdbFile(`page ${number} is from the future`);
    return page;
  }
}

/** A branch keeps the 48-bit number of the child where a leaf has the size of the value. */
const childOf = (page: Buffer, node: number): number => page.readUInt32LE(node) + page.readUInt16LE(node + 4) * 2 ** 32;
