/**
 * HCL version 1 (and JSON, which it includes) as a plain tree: `key = value` gives the value, a block gives a list with
 * one object, repeated keys of blocks and lists add up, `key "label" { }` nests by label. The last of several equal
 * scalar keys wins.
 */

import type { Item, Node, ObjectNode } from './ast.ts';
import { hclFault } from './errors.ts';
import { parseJson } from './json.ts';
import { parseSyntax } from './parser.ts';
import { emptyObject, type PlainObject, type PlainValue } from './plain.ts';

/** Longer texts are refused, in UTF-16 units. */
const maxLength = 16 * 1024 * 1024;

/** Throws SyntaxFault. */
export function parseHcl(text: string): PlainObject {
  if (text.length > maxLength) throw hclFault('text too long', { line: 1, column: 1, offset: 0 });
  if (/^\s*\{/.test(text)) return parseJson(text) as PlainObject;
  return plainObject(parseSyntax(text));
}

function plainObject(node: ObjectNode): Record<string, PlainValue> {
  const out = emptyObject();
  for (const item of node.items) add(out, item, 0);
  return out;
}

function add(out: Record<string, PlainValue>, item: Item, keyIndex: number): void {
  const { name } = item.keys[keyIndex]!;
  let value: PlainValue;
  if (keyIndex < item.keys.length - 1) {
    const inner = emptyObject();
    add(inner, item, keyIndex + 1);
    value = [inner];
  } else {
    value = item.value.kind === 'object' ? [plainObject(item.value)] : plain(item.value);
  }
  const known = out[name];
  if (Array.isArray(known) && Array.isArray(value)) {
    // A push in place: spreading would take quadratic time over many repeated blocks.
    for (const element of value as PlainValue[]) (known as PlainValue[]).push(element);
  } else {
    out[name] = value;
  }
}

function plain(node: Node): PlainValue {
  switch (node.kind) {
    case 'object':
      return plainObject(node);
    case 'list':
      return node.elements.map(plain);
    case 'literal':
      return node.value;
  }
}
