/** Keys as a tree of folders, drawn with lines. Pure. */

export interface TreeNode {
  /** Last part of the key; of a folder with its slash. */
  readonly name: string;
  /** Keys below; 1 for a key. */
  keys: number;
  readonly below: Map<string, TreeNode>;
}

const newNode = (name: string): TreeNode => ({ name, keys: 0, below: new Map() });

/** `names` are whole keys that begin with `prefix`. A folder is cut from its rest after each slash. */
export function treeOf(names: Iterable<string>, prefix: string): TreeNode {
  const root = newNode(prefix);
  for (const key of names) {
    let node = root;
    node.keys += 1;
    for (const part of key.slice(prefix.length).match(/[^/]*\/|[^/]+$/g) ?? []) {
      let next = node.below.get(part);
      if (next === undefined) {
        next = newNode(part);
        node.below.set(part, next);
      }
      next.keys += 1;
      node = next;
    }
  }
  return root;
}

const counted = (keys: number): string => `${keys} key${keys === 1 ? '' : 's'}`;

/** Folders deeper than `depth` are only counted. */
export function drawTree(root: TreeNode, depth: number): string {
  const lines: string[] = [root.name || '/'];
  function draw(node: TreeNode, indent: string, level: number): void {
    let left = node.below.size;
    for (const child of node.below.values()) {
      left -= 1;
      const closed = child.below.size > 0 && level >= depth;
      lines.push(`${indent}${left === 0 ? '└── ' : '├── '}${child.name}${closed ? ` (${counted(child.keys)})` : ''}`);
      if (!closed) draw(child, indent + (left === 0 ? '    ' : '│   '), level + 1);
    }
  }
  draw(root, '', 1);
  return `${lines.join('\n')}\n\n${counted(root.keys)}\n`;
}

/** Nested objects; a key is null, a folder beyond `depth` the number of its keys. */
export function treeJson(node: TreeNode, depth: number, level = 0): unknown {
  if (node.below.size === 0) return level === 0 ? {} : null;
  if (level >= depth && level > 0) return node.keys;
  return Object.fromEntries([...node.below.values()].map((child) => [child.name, treeJson(child, depth, level + 1)]));
}
