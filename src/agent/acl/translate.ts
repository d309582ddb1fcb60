/** Rules from before 1.4 into those of today: every name was a prefix then. Comments between rules stay. */
import { goQuote } from '../../lib/go-format.ts';
import type { Item, Node } from '../../lib/hcl/ast.ts';
import { SyntaxFault } from '../../lib/hcl/errors.ts';
import { parseHcl } from '../../lib/hcl/hcl.ts';
import { parseSyntax } from '../../lib/hcl/parser.ts';
import type { PlainValue } from '../../lib/hcl/plain.ts';
import { RulesError } from './rules.ts';

const prefixed = new Set(['key', 'node', 'service', 'agent', 'event', 'session', 'query']);

/** Throws RulesError. */
export function translateRules(text: string): string {
  const items = /^\s*\{/.test(text) ? itemsOfJson(text) : itemsOfHcl(text);
  const notes = commentsOf(text);
  const parts = items.map((item) => {
    const before: string[] = [];
    while (notes.length > 0 && notes[0]!.offset < item.keys[0]!.offset) before.push(`${notes.shift()!.text}\n`);
    return before.join('') + shown(translated(item), '');
  });
  const rest = notes.map((note) => note.text).join('\n');
  if (rest !== '') parts.push(`${rest}\n`);
  return parts.join('\n\n');
}

function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof SyntaxFault ? new RulesError(`Failed to parse rules: ${error.message}`) : error;
  }
}

const itemsOfHcl = (text: string): readonly Item[] => reading(() => parseSyntax(text)).items;

/** JSON says by nesting what HCL says by labels. */
function itemsOfJson(text: string): Item[] {
  const tree = reading(() => parseHcl(text));
  return Object.entries(tree).flatMap(([resource, value]) => {
    const keys = [{ name: resource, offset: 0 }];
    if (!isTree(value)) return [{ keys, value: nodeOf(value) }];
    return Object.entries(value).map(([name, body]) => ({
      keys: [...keys, { name, offset: 0 }],
      value: nodeOf(body as PlainValue),
    }));
  });
}

const isTree = (value: unknown): value is Readonly<Record<string, PlainValue>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function nodeOf(value: PlainValue): Node {
  if (Array.isArray(value)) return { kind: 'list', elements: value.map(nodeOf), offset: 0 };
  if (!isTree(value)) return { kind: 'literal', value: value as string | number | boolean | null, offset: 0 };
  const items = Object.entries(value).map(([name, inner]) => ({ keys: [{ name, offset: 0 }], value: nodeOf(inner) }));
  return { kind: 'object', items, offset: 0 };
}

function translated(item: Item): Item {
  const [first, ...rest] = item.keys;
  if (!prefixed.has(first!.name) || item.value.kind === 'literal') return item;
  return { ...item, keys: [{ ...first!, name: `${first!.name}_prefix` }, ...rest] };
}

function shown({ keys, value }: Item, indent: string): string {
  const head = keys.map(({ name }, i) => (i === 0 ? name : goQuote(name))).join(' ');
  return (
    indent + (value.kind === 'object' ? `${head} ${valueText(value, indent)}` : `${head} = ${valueText(value, indent)}`)
  );
}

function valueText(value: Node, indent: string): string {
  switch (value.kind) {
    case 'literal':
      return typeof value.value === 'string' ? goQuote(value.value) : String(value.value);
    case 'list':
      return `[${value.elements.map((element) => valueText(element, indent)).join(', ')}]`;
    case 'object':
      if (value.items.length === 0) return '{}';
      return `{\n${value.items.map((item) => shown(item, `${indent}  `)).join('\n\n')}\n${indent}}`;
  }
}

interface Comment {
  readonly text: string;
  readonly offset: number;
}

/** Strings are passed over: what looks like a comment in them is none. */
const commentOrString = /"(?:[^"\\\n]|\\.)*"|(#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/)/g;

const commentsOf = (text: string): Comment[] =>
  [...text.matchAll(commentOrString)].flatMap((match) =>
    match[1] === undefined ? [] : [{ text: match[1].trimEnd(), offset: match.index }],
  );
