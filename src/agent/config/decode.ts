/**
 * From the plain tree of a file to values of the schema's types, converting loosely as Consul does: "8500" is a number,
 * "true" a bool, a number a string, a list of one its only element, a scalar a list of one.
 */

import { goFloat, goQuote, goValue } from '../../lib/go-format.ts';
import { parseBool } from '../../lib/go-number.ts';
import type { PlainObject, PlainValue } from '../../lib/hcl/plain.ts';
import type { Fields, FieldType } from './field.ts';

export interface Decoded {
  readonly value: Record<string, unknown>;
  /** Dotted paths of keys that the schema does not know, sorted. */
  readonly unknownKeys: readonly string[];
  /** What could not be converted, sorted. */
  readonly problems: readonly string[];
}

export function decode(tree: PlainObject, fields: Fields): Decoded {
  const decoder = new Decoder();
  const value = decoder.block(tree, fields, '');
  return { value, unknownKeys: decoder.unknownKeys.sort(), problems: decoder.problems.sort() };
}

const aliasIndexes = new WeakMap<Fields, Map<string, string>>();

/** Lower-case spellings (names match without regard to case) and aliases -> the key. */
function spellingsOf(fields: Fields): Map<string, string> {
  let index = aliasIndexes.get(fields);
  if (index === undefined) {
    index = new Map();
    for (const [name, field] of Object.entries(fields)) {
      for (const spelling of [name, ...(field.aliases ?? [])]) index.set(spelling.toLowerCase(), name);
    }
    aliasIndexes.set(fields, index);
  }
  return index;
}

/** What a value that does not fit is turned into; the problem is reported. */
const unfit = Symbol('unfit');

class Decoder {
  readonly unknownKeys: string[] = [];
  readonly problems: string[] = [];

  block(tree: PlainObject, fields: Fields, path: string): Record<string, unknown> {
    const out: Record<string, unknown> = {};
    const spellings = spellingsOf(fields);
    for (const [written, raw] of Object.entries(tree)) {
      const key = Object.hasOwn(fields, written) ? written : spellings.get(written.toLowerCase());
      const below = path === '' ? '' : `${path}.`;
      if (key === undefined) {
        this.unknownKeys.push(`${below}${written}`);
        continue;
      }
      if (raw === null) continue;
      const value = this.value(raw, fields[key]!.type, `${below}${key}`);
      if (value !== unfit) out[key] = value;
    }
    return out;
  }

  private value(raw: PlainValue, type: FieldType, path: string): unknown {
    switch (type.kind) {
      case 'any':
        return raw;
      case 'string':
      case 'duration':
        return this.string(raw, path);
      case 'bool':
        return this.bool(raw, path);
      case 'int':
      case 'float':
        return this.number(raw, path, type.kind);
      case 'list':
        return this.list(raw, type.of, path);
      case 'map':
        return this.map(raw, type.of, path);
      case 'block': {
        const tree = onlyElement(raw);
        if (isObject(tree)) return this.block(tree, type.fields, path);
        return this.problem(`'${path}' expected a map, got '${goKind(tree)}'`);
      }
    }
  }

  private string(raw: PlainValue, path: string): unknown {
    const value = onlyElement(raw);
    if (typeof value === 'string') return value;
    if (typeof value === 'boolean') return value ? '1' : '0';
    if (typeof value === 'number') return Number.isInteger(value) ? String(value) : goFloat(value);
    if (Array.isArray(value) && value.length === 0) return '';
    return this.unconvertible('string', value, path);
  }

  private bool(raw: PlainValue, path: string): unknown {
    const value = onlyElement(raw);
    if (typeof value === 'boolean') return value;
    if (typeof value === 'number') return value !== 0;
    if (value === '') return false;
    if (typeof value === 'string') {
      const parsed = parseBool(value);
      if (parsed !== undefined) return parsed;
      return this.problem(
        `cannot parse '${path}' as bool: strconv.ParseBool: parsing ${goQuote(value)}: invalid syntax`,
      );
    }
    return this.unconvertible('bool', value, path);
  }

  private number(raw: PlainValue, path: string, kind: 'int' | 'float'): unknown {
    const value = onlyElement(raw);
    if (typeof value === 'number') return kind === 'int' ? Math.trunc(value) : value;
    if (typeof value === 'boolean') return value ? 1 : 0;
    if (value === '') return 0;
    if (typeof value === 'string') {
      const parsed = kind === 'int' ? parseGoInt(value) : parseGoFloat(value);
      if (parsed !== undefined) return parsed;
      const call = kind === 'int' ? 'strconv.ParseInt' : 'strconv.ParseFloat';
      return this.problem(`cannot parse '${path}' as ${kind}: ${call}: parsing ${goQuote(value)}: invalid syntax`);
    }
    return this.unconvertible(kind === 'int' ? 'int' : 'float64', value, path);
  }

  private list(raw: PlainValue, of: FieldType, path: string): unknown {
    if (isObject(raw) && Object.keys(raw).length === 0) return [];
    const items = Array.isArray(raw) ? raw : [raw];
    const out: unknown[] = [];
    for (const [i, item] of items.entries()) {
      if (item === null) continue;
      const value = this.value(item, of, `${path}[${i}]`);
      if (value !== unfit) out.push(value);
    }
    return out;
  }

  /** A list of maps (repeated blocks) is one map, key by key. */
  private map(raw: PlainValue, of: FieldType, path: string): unknown {
    const trees = Array.isArray(raw) ? raw : [raw];
    const out: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (const tree of trees) {
      if (!isObject(tree)) return this.problem(`'${path}' expected a map, got '${goKind(tree)}'`);
      for (const [key, item] of Object.entries(tree)) {
        if (item === null) continue;
        const value = this.value(item, of, `${path}[${key}]`);
        if (value !== unfit) out[key] = value;
      }
    }
    return out;
  }

  /** The clone gives objects the prototype that `goValue` knows. */
  private unconvertible(type: string, value: PlainValue, path: string): typeof unfit {
    return this.problem(
      `'${path}' expected type '${type}', got unconvertible type '${goType(value)}', value: '${goValue(structuredClone(value))}'`,
    );
  }

  private problem(text: string): typeof unfit {
    this.problems.push(text);
    return unfit;
  }
}

const isObject = (value: PlainValue): value is PlainObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function onlyElement(value: PlainValue): PlainValue {
  return Array.isArray(value) && value.length === 1 ? value[0]! : value;
}

/** Go's strconv.ParseInt with base 0: decimal, 0x, 0o or 0, 0b. */
function parseGoInt(text: string): number | undefined {
  const match = /^([+-]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(\d+))$/.exec(text);
  if (match === null) return undefined;
  const [, sign, hex, binary, octal, decimal] = match;
  const magnitude =
    hex !== undefined
      ? Number.parseInt(hex, 16)
      : binary !== undefined
        ? Number.parseInt(binary, 2)
        : octal !== undefined
          ? Number.parseInt(octal, 8)
          : Number(decimal);
  return sign === '-' ? -magnitude : magnitude;
}

const parseGoFloat = (text: string): number | undefined =>
  /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined;

function goKind(value: PlainValue): string {
  if (Array.isArray(value)) return 'slice';
  if (typeof value === 'object') return 'map';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float64';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

function goType(value: PlainValue): string {
  if (Array.isArray(value)) return '[]interface {}';
  return isObject(value) ? 'map[string]interface {}' : goKind(value);
}
