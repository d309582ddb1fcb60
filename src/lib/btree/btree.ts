/**
 * A persistent B+tree from strings to values. `clone()` is O(1): both trees then share every node and copy, on their
 * first write, only the path they touch (copy-on-write by owner token). Not shared, writes happen in place.
 *
 * Keys are ordered as JavaScript compares strings, by UTF-16 code units. Where the order must be that of UTF-8
 * bytes, keys are passed through `byteOrder` first.
 */

/** Most entries of a leaf and most children of a branch. Chosen by measurement: 32 and 128 are slower to write. */
const maxFanout = 64;
/** Below this a node is merged with, or filled from, a neighbour. */
const minFanout = 16;

/** A tree may change a node in place only if the node carries the tree's own token. */
interface Owner {
  readonly tree: 'owner';
}
const newOwner = (): Owner => ({ tree: 'owner' });

/**
 * One class for leaves and branches keeps property access monomorphic. A leaf has `values[i]` beside `keys[i]`; in a
 * branch `keys[i]` is not above any key of `children[i + 1]` and above every key of `children[i]`.
 */
class Node<V> {
  owner: Owner;
  keys: string[];
  values: V[];
  children: Node<V>[] | null;

  constructor(owner: Owner, keys: string[], values: V[], children: Node<V>[] | null) {
    this.owner = owner;
    this.keys = keys;
    this.values = values;
    this.children = children;
  }
}

const none: never[] = [];

/** Index of the first key >= `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the first key > `key`: the child to descend to. */
function upperBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (key < (keys[middle] as string)) high = middle;
    else low = middle + 1;
  }
  return low;
}

const width = <V>(node: Node<V>): number => (node.children === null ? node.keys.length : node.children.length);

/** Visits entries in order; `false` ends the walk. */
export type Visit<V> = (value: V, key: string) => unknown;

export class BTree<V> {
  #owner = newOwner();
  #root: Node<V> = new Node<V>(this.#owner, [], [], null);
  #size = 0;
  // Where the key of the last call was found: a read is often followed by a write of the same key.
  #lastKey: string | null = null;
  #lastLeaf: Node<V> = this.#root;
  #lastAt = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): V | undefined {
    let node = this.#root;
    while (node.children !== null) node = node.children[upperBound(node.keys, key)] as Node<V>;
    const at = lowerBound(node.keys, key);
    if (node.keys[at] !== key) return undefined;
    this.#remember(key, node, at);
    return node.values[at];
  }

  /** Returns the value that was replaced, or undefined. */
  set(key: string, value: V): V | undefined {
    // An owned leaf hangs below owned branches: nothing needs to be copied.
    if (key === this.#lastKey && this.#lastLeaf.owner === this.#owner) {
      const old = this.#lastLeaf.values[this.#lastAt];
      this.#lastLeaf.values[this.#lastAt] = value;
      return old;
    }
    const root = this.#own(this.#root);
    const before = this.#size;
    const old = this.#insert(root, key, value, true);
    this.#root = root;
    if (this.#size !== before && width(root) > maxFanout) {
      const right = this.#split(root, true, key);
      this.#root = new Node<V>(this.#owner, [right.first], none, [root, right.node]);
    }
    return old;
  }

  /** Returns the value that was removed, or undefined. */
  delete(key: string): V | undefined {
    // Nothing is copied for a key that is not there.
    if (this.#size === 0 || !this.has(key)) return undefined;
    this.#lastKey = null;
    const root = this.#own(this.#root);
    const old = this.#remove(root, key);
    this.#size--;
    this.#root = root.children !== null && root.children.length === 1 ? (root.children[0] as Node<V>) : root;
    return old;
  }

  has(key: string): boolean {
    let node = this.#root;
    while (node.children !== null) node = node.children[upperBound(node.keys, key)] as Node<V>;
    return node.keys[lowerBound(node.keys, key)] === key;
  }

  /** A tree of its own with the same entries, in O(1). */
  clone(): BTree<V> {
    const copy = new BTree<V>();
    copy.#root = this.#root;
    copy.#size = this.#size;
    // Both get fresh tokens: the nodes now belong to nobody.
    this.#owner = newOwner();
    return copy;
  }

  /** Becomes what `other` is, in O(1); `other` stays as it is. */
  become(other: BTree<V>): void {
    const copy = other.clone();
    this.#owner = newOwner();
    this.#root = copy.#root;
    this.#size = copy.#size;
    this.#lastKey = null;
  }

  /**
   * Removes every entry whose key starts with `prefix` and returns how many those were. Whole subtrees go at once: the cost is
   * that of the path to both ends, and of counting.
   */
  deletePrefix(prefix: string): number {
    this.#lastKey = null;
    const before = this.#size;
    if (prefix === '') {
      this.#root = new Node<V>(this.#owner, [], [], null);
      this.#size = 0;
      return before;
    }
    if (this.scanPrefix(prefix, () => false)) return 0;
    let root = this.#own(this.#root);
    this.#prune(root, prefix);
    while (root.children !== null && root.children.length === 1) root = root.children[0] as Node<V>;
    if (root.children !== null && root.children.length === 0) root = new Node<V>(this.#owner, [], [], null);
    this.#root = root;
    return before - this.#size;
  }

  /** Walks the entries with key >= `from`. The tree must not change meanwhile. Returns false if `visit` ended it. */
  scan(from: string, visit: Visit<V>): boolean {
    return walk(this.#root, from, visit);
  }

  /** Walks the entries whose key starts with `prefix`. */
  scanPrefix(prefix: string, visit: Visit<V>): boolean {
    let ended = false;
    walk(this.#root, prefix, (value, key) => {
      if (!key.startsWith(prefix)) return false;
      ended = visit(value, key) === false;
      return !ended;
    });
    return !ended;
  }

  /** Iterates over the entries with key >= `from`, for walks that pause; take a clone if writes may come between. */
  *entries(from = ''): Generator<[key: string, value: V], void, undefined> {
    yield* iterate(this.#root, from);
  }

  /** Every key that starts with `prefix`, in order. */
  keys(prefix = ''): string[] {
    const keys: string[] = [];
    this.scanPrefix(prefix, (_, key) => keys.push(key));
    return keys;
  }

  /** Every value whose key starts with `prefix`, in key order. */
  values(prefix = ''): V[] {
    const values: V[] = [];
    this.scanPrefix(prefix, (value) => values.push(value));
    return values;
  }

  #remember(key: string, leaf: Node<V>, at: number): void {
    this.#lastKey = key;
    this.#lastLeaf = leaf;
    this.#lastAt = at;
  }

  #own(node: Node<V>): Node<V> {
    if (node.owner === this.#owner) return node;
    return new Node<V>(
      this.#owner,
      node.keys.slice(),
      node.children === null ? node.values.slice() : none,
      node.children === null ? null : node.children.slice(),
    );
  }

  /** `last`: this node is on the right edge of the tree. */
  #insert(node: Node<V>, key: string, value: V, last: boolean): V | undefined {
    if (node.children === null) {
      const at = lowerBound(node.keys, key);
      if (node.keys[at] === key) {
        const old = node.values[at];
        node.values[at] = value;
        this.#remember(key, node, at);
        return old;
      }
      this.#size++;
      this.#lastKey = null;
      if (at === node.keys.length) {
        node.keys.push(key);
        node.values.push(value);
      } else {
        node.keys.splice(at, 0, key);
        node.values.splice(at, 0, value);
      }
      return undefined;
    }
    const at = upperBound(node.keys, key);
    const onEdge = last && at === node.keys.length;
    const child = this.#own(node.children[at] as Node<V>);
    node.children[at] = child;
    const old = this.#insert(child, key, value, onEdge);
    if (width(child) > maxFanout) {
      const right = this.#split(child, onEdge, key);
      node.keys.splice(at, 0, right.first);
      node.children.splice(at + 1, 0, right.node);
    }
    return old;
  }

  /**
   * Moves the right part of an overfull node to a new one. On the right edge, after an append, almost everything stays:
   * keys that arrive in order leave full nodes behind instead of half-full ones.
   */
  #split(node: Node<V>, onEdge: boolean, key: string): { first: string; node: Node<V> } {
    const total = width(node);
    const appended = onEdge && (node.keys[node.keys.length - 1] as string) <= key;
    if (node.children === null) {
      const cut = appended ? total - 1 : total >>> 1;
      const keys = node.keys.splice(cut);
      const right = new Node<V>(this.#owner, keys, node.values.splice(cut), null);
      return { first: keys[0] as string, node: right };
    }
    const cut = appended ? total - 2 : total >>> 1;
    const children = node.children.splice(cut);
    const keys = node.keys.splice(cut);
    const first = node.keys.pop() as string;
    return { first, node: new Node<V>(this.#owner, keys, none, children) };
  }

  #remove(node: Node<V>, key: string): V | undefined {
    if (node.children === null) {
      const at = lowerBound(node.keys, key);
      const old = node.values[at];
      node.keys.splice(at, 1);
      node.values.splice(at, 1);
      return old;
    }
    const at = upperBound(node.keys, key);
    const child = this.#own(node.children[at] as Node<V>);
    node.children[at] = child;
    const old = this.#remove(child, key);
    if (width(child) < minFanout && node.children.length > 1) this.#refill(node, at === 0 ? 0 : at - 1);
    return old;
  }

  /** Takes from an owned node what starts with `prefix`. Nodes may end up thin, but never empty below the root. */
  #prune(node: Node<V>, prefix: string): void {
    if (node.children === null) {
      const from = lowerBound(node.keys, prefix);
      let to = from;
      while (to < node.keys.length && (node.keys[to] as string).startsWith(prefix)) to++;
      node.keys.splice(from, to - from);
      node.values.splice(from, to - from);
      this.#size -= to - from;
      return;
    }
    const first = upperBound(node.keys, prefix);
    let last = first;
    // A child whose separator starts with the prefix may hold keys of it.
    while (last < node.keys.length && (node.keys[last] as string).startsWith(prefix)) last++;
    for (let at = last; at >= first; at--) {
      // Between two separators that both start with the prefix there is nothing else.
      if (at > first && at < last) this.#size -= count(node.children[at] as Node<V>);
      else {
        const child = this.#own(node.children[at] as Node<V>);
        node.children[at] = child;
        this.#prune(child, prefix);
        if (width(child) > 0) continue;
      }
      node.children.splice(at, 1);
      node.keys.splice(at < node.keys.length ? at : at - 1, 1);
    }
  }

  /** Joins children `at` and `at + 1`, or shares their entries evenly when together they are too many for one node. */
  #refill(parent: Node<V>, at: number): void {
    const children = parent.children as Node<V>[];
    const left = this.#own(children[at] as Node<V>);
    const right = children[at + 1] as Node<V>;
    const keys =
      left.children === null ? left.keys.concat(right.keys) : left.keys.concat(parent.keys[at] as string, right.keys);
    const values = left.children === null ? left.values.concat(right.values) : none;
    const grandchildren = left.children === null ? null : left.children.concat(right.children as Node<V>[]);
    const joined = new Node<V>(this.#owner, keys, values, grandchildren);
    children[at] = joined;
    if (width(joined) <= maxFanout) {
      parent.keys.splice(at, 1);
      children.splice(at + 1, 1);
      return;
    }
    const half = this.#split(joined, false, '');
    parent.keys[at] = half.first;
    children[at + 1] = half.node;
  }
}

function count<V>(node: Node<V>): number {
  if (node.children === null) return node.keys.length;
  let total = 0;
  for (const child of node.children) total += count(child);
  return total;
}

function walk<V>(node: Node<V>, from: string, visit: Visit<V>): boolean {
  if (node.children === null) {
    for (let i = lowerBound(node.keys, from); i < node.keys.length; i++) {
      if (visit(node.values[i] as V, node.keys[i] as string) === false) return false;
    }
    return true;
  }
  for (let i = upperBound(node.keys, from); i < node.children.length; i++) {
    if (!walk(node.children[i] as Node<V>, from, visit)) return false;
  }
  return true;
}

function* iterate<V>(node: Node<V>, from: string): Generator<[string, V], void, undefined> {
  if (node.children === null) {
    for (let i = lowerBound(node.keys, from); i < node.keys.length; i++) {
      yield [node.keys[i] as string, node.values[i] as V];
    }
    return;
  }
  for (let i = upperBound(node.keys, from); i < node.children.length; i++) {
    yield* iterate(node.children[i] as Node<V>, from);
  }
}
