/**
 * Request bodies into structs, as Consul decodes them: field names in any case, Go's rules for what fits where, and Go's
 * texts for what does not. Types with an unmarshaler of their own are marked so in their JSON hints (schema.ts).
 */
import { DurationError, parseDuration } from '../lib/duration.ts';
import { goQuote } from '../lib/go-format.ts';
import { decodeBase64 } from '../lib/go-json/base64.ts';
import { JsonError, JsonTypeError } from '../lib/go-json/errors.ts';
import { JsonNumber, JsonObject, type JsonValue, parseFirst } from '../lib/go-json/parse.ts';
import { readTime, wrongTime } from '../lib/go-json/time.ts';
import { newDict } from './dict.ts';
import { resolve, zero } from './make.ts';
import type { Fields, JsonHints, Kind, Schema } from './schema.ts';

export interface JsonDecodeOptions {
  /** Fields that the schema does not have: refused (default), as most of Consul's endpoints do, or ignored. */
  readonly unknownFields?: 'refuse' | 'ignore';
}

/**
 * The first JSON value of a body; what follows is ignored. Throws JsonError, with the text that Consul puts behind
 * "Request decode failed: " and the like. Absent fields stay at zero.
 */
export function decodeJson<T>(schema: Schema<T>, body: Uint8Array | string, options: JsonDecodeOptions = {}): T {
  return decodeJsonValue(schema, parseFirst(body), options);
}

/** The same from a document that is parsed already. */
export function decodeJsonValue<T>(schema: Schema<T>, value: JsonValue, options: JsonDecodeOptions = {}): T {
  const context = { struct: null, path: [], refuseUnknown: options.unknownFields !== 'ignore', texts: null };
  return read(schema, value, zero(schema), context) as T;
}

/** An untyped value: maps without prototype, numbers as numbers where that is exact, else bigints. */
export function plainJson(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return plainNumber(value.text);
  if (Array.isArray(value)) return value.map(plainJson);
  if (value instanceof JsonObject) {
    const map = newDict();
    for (const [key, member] of value.members) map[key] = plainJson(member);
    return map;
  }
  return value;
}

function plainNumber(text: string): number | bigint {
  const number = Number(text);
  if (!Number.isFinite(number)) {
    throw new JsonError(`json: cannot unmarshal number ${text} into Go value of type float64`);
  }
  if (Number.isSafeInteger(number) || !/^-?\d+$/.test(text)) return number;
  const big = BigInt(text);
  return big >= -(2n ** 63n) && big < 2n ** 64n ? big : number;
}

type Values = Record<string, unknown>;

interface Context {
  /** The innermost Go struct, null outside of any. */
  readonly struct: string | null;
  readonly path: readonly string[];
  readonly refuseUnknown: boolean;
  /** Inside a type that takes durations as texts: where they wait until the rest is known to be good. */
  readonly texts: Map<string, string> | null;
}

const wrong = (value: string, goType: string, context: Context): JsonTypeError =>
  new JsonTypeError(value, goType, context.struct ?? '', context.path.join('.'));

/** What Go calls the kind of a JSON value. */
function kindOf(value: JsonValue): string {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  if (value instanceof JsonNumber) return 'number';
  return Array.isArray(value) ? 'array' : 'object';
}

function read(schema: Schema<unknown>, value: JsonValue, current: unknown, context: Context): unknown {
  const { type } = schema;
  switch (type.kind) {
    case 'ptr':
      return value === null ? null : read(type.of, value, zero(type.of), context);
    case 'lazy':
      return read(type.of(), value, current, context);
    case 'any':
      return plainJson(value);
    case 'slice':
      return value === null ? null : readSlice(schema, type.of, value, context);
    case 'map':
      return value === null ? null : readMap(schema, type.of, value, context);
    case 'bytes':
      return value === null ? null : readBytes(schema, value, context);
  }
  // Everything else is no pointer in Go: null leaves it as it is.
  if (value === null) return current;
  switch (type.kind) {
    case 'bool':
      if (typeof value !== 'boolean') throw wrong(kindOf(value), goTypeOf(schema), context);
      return value;
    case 'str':
      if (typeof value !== 'string') throw wrong(kindOf(value), goTypeOf(schema), context);
      return value;
    case 'int':
      return readInt(schema, type.bits, type.signed, type.big, value, context);
    case 'dur':
      if (typeof value === 'string' && schema.json?.durationText === true) return durationOf(value);
      return readInt(schema, 64, true, false, value, context);
    case 'float':
      return readFloat(schema, type.bits, value, context);
    case 'time':
      if (typeof value === 'string') return readTime(value);
      throw wrongTime(value instanceof JsonNumber ? value.text : JSON.stringify(value));
    case 'struct':
      return schema.json?.unmarshaler === undefined
        ? readStruct(schema, type, value, current as Values, context)
        : readByUnmarshaler(schema, type, schema.json.unmarshaler, value, current as Values, context);
  }
}

function readSlice(schema: Schema<unknown>, of: Schema<unknown>, value: JsonValue, context: Context): unknown[] {
  if (!Array.isArray(value)) throw wrong(kindOf(value), goTypeOf(schema), context);
  return value.map((element) => read(of, element, zero(of), context));
}

function readMap(schema: Schema<unknown>, of: Schema<unknown>, value: JsonValue, context: Context): unknown {
  if (!(value instanceof JsonObject)) throw wrong(kindOf(value), goTypeOf(schema), context);
  const map = newDict();
  for (const [key, member] of value.members) map[key] = read(of, member, zero(of), context);
  return map;
}

function readBytes(schema: Schema<unknown>, value: JsonValue, context: Context): Uint8Array {
  if (typeof value === 'string') return decodeBase64(value);
  if (!Array.isArray(value)) throw wrong(kindOf(value), goTypeOf(schema), context);
  const byte: Schema<number> = { type: { kind: 'int', bits: 8, signed: false, big: false } };
  return Uint8Array.from(value, (element) => read(byte, element, 0, context) as number);
}

function readInt(
  schema: Schema<unknown>,
  bits: number,
  signed: boolean,
  big: boolean,
  value: JsonValue,
  context: Context,
): number | bigint {
  if (!(value instanceof JsonNumber)) throw wrong(kindOf(value), goTypeOf(schema), context);
  const { text } = value;
  const number = Number(text);
  const isWhole = /^-?\d+$/.test(text);
  if (isWhole && Number.isSafeInteger(number)) {
    const min = signed ? -(2 ** (bits - 1)) : 0;
    if (number >= min && number < 2 ** (signed ? bits - 1 : bits)) return number === 0 ? 0 : number;
  } else if (isWhole && bits === 64) {
    const exact = BigInt(text);
    const min = signed ? -(2n ** 63n) : 0n;
    // The nearest double may lie just outside of the range.
    const largest = signed ? 2 ** 63 - 1024 : 2 ** 64 - 2048;
    if (exact >= min && exact < 2n ** (signed ? 63n : 64n)) return big ? exact : Math.min(number, largest);
  }
  throw wrong(`number ${text}`, goTypeOf(schema), context);
}

function readFloat(schema: Schema<unknown>, bits: 32 | 64, value: JsonValue, context: Context): number {
  if (!(value instanceof JsonNumber)) throw wrong(kindOf(value), goTypeOf(schema), context);
  const number = bits === 32 ? Math.fround(Number(value.text)) : Number(value.text);
  if (!Number.isFinite(number)) throw wrong(`number ${value.text}`, goTypeOf(schema), context);
  return number;
}

type StructKind = Extract<Kind, { kind: 'struct' }>;

function readStruct(
  schema: Schema<unknown>,
  type: StructKind,
  value: JsonValue,
  into: Values,
  context: Context,
): Values {
  if (!(value instanceof JsonObject)) throw wrong(kindOf(value), goTypeOf(schema), context);
  const struct = schema.json?.unmarshaler === undefined ? (goTypeOf(schema).split('.').pop() ?? '') : '';
  for (const [key, member] of value.members) {
    const field = fieldOf(type.fields, key);
    if (field === undefined) {
      if (context.refuseUnknown) throw new JsonError(`json: unknown field ${goQuote(key)}`);
      continue;
    }
    const [name, fieldSchema, jsonName] = field;
    const { texts } = context;
    if (texts !== null && resolve(fieldSchema).type.kind === 'dur') {
      readDuration(name, member, into, texts);
      continue;
    }
    const inner: Context = {
      struct,
      path: [...context.path, jsonName],
      refuseUnknown: context.refuseUnknown,
      texts: null,
    };
    into[name] = read(fieldSchema, member, into[name], inner);
  }
  return into;
}

/** Where a type unmarshals durations itself they may be texts or numbers; anything else counts as absent. */
function readDuration(name: string, value: JsonValue, into: Values, texts: Map<string, string>): void {
  texts.delete(name);
  if (typeof value === 'string') texts.set(name, value);
  else if (value instanceof JsonNumber) into[name] = durationNumber(value.text);
}

function durationNumber(text: string): number {
  const ns = plainNumber(text);
  const largest = 2 ** 63 - 1024;
  return Math.max(-largest, Math.min(Math.trunc(Number(ns)), largest));
}

/**
 * A type with an UnmarshalJSON of its own: inside, the places in error texts start anew; outside, an error of a wrong
 * kind is blamed on the field that holds it all.
 */
function readByUnmarshaler(
  schema: Schema<unknown>,
  type: StructKind,
  how: NonNullable<JsonHints['unmarshaler']>,
  value: JsonValue,
  into: Values,
  context: Context,
): Values {
  const texts = new Map<string, string>();
  const refuseUnknown = how === 'strict';
  try {
    readStruct(schema, type, value, into, { struct: null, path: [], refuseUnknown, texts });
  } catch (error) {
    if (error instanceof JsonTypeError && context.struct !== null) throw wrong(error.value, error.goType, context);
    throw error;
  }
  for (const name of Object.keys(type.fields)) {
    const text = texts.get(name);
    if (text !== undefined) into[name] = durationOf(text);
  }
  return into;
}

function durationOf(text: string): number {
  // Consul takes an empty text for no duration at all.
  if (text === '') return 0;
  try {
    return parseDuration(text);
  } catch (error) {
    throw error instanceof DurationError ? new JsonError(error.message, { cause: error }) : error;
  }
}

type Found = readonly [name: string, schema: Schema<unknown>, jsonName: string];
const indexes = new WeakMap<Fields, { readonly exact: Map<string, Found>; readonly folded: Map<string, Found> }>();

/** The field for a key: by its exact name, else by one that differs in case only. */
function fieldOf(fields: Fields, key: string): Found | undefined {
  let index = indexes.get(fields);
  if (index === undefined) {
    index = { exact: new Map(), folded: new Map() };
    for (const [name, schema] of Object.entries(fields)) {
      if (schema.json?.skip === true) continue;
      const jsonName = schema.json?.name ?? name;
      const found: Found = [name, schema, jsonName];
      index.exact.set(jsonName, found);
      if (!index.folded.has(fold(jsonName))) index.folded.set(fold(jsonName), found);
    }
    indexes.set(fields, index);
  }
  return index.exact.get(key) ?? index.folded.get(fold(key));
}

/** Unicode has two more letters that fold into ASCII: the Kelvin sign and the long s. */
const fold = (name: string): string => name.replaceAll('\u212a', 'k').replaceAll('\u017f', 's').toLowerCase();

/** Go's name of the type in error texts; pointers are looked through. */
function goTypeOf(schema: Schema<unknown>): string {
  const given = schema.json?.goType;
  if (given !== undefined) return given;
  const { type } = schema;
  switch (type.kind) {
    case 'bool':
      return 'bool';
    case 'int':
      // `int` is 64 bits wide as well, and what most signed fields are declared as.
      return type.signed ? (type.bits === 64 ? 'int' : `int${type.bits}`) : `uint${type.bits}`;
    case 'float':
      return `float${type.bits}`;
    case 'str':
      return 'string';
    case 'bytes':
      return '[]uint8';
    case 'dur':
      return 'time.Duration';
    case 'time':
      return 'time.Time';
    case 'any':
      return 'interface {}';
    case 'slice':
      return `[]${goTypeOf(type.of)}`;
    case 'map':
      return `map[string]${goTypeOf(type.of)}`;
    case 'ptr':
      return goTypeOf(type.of);
    case 'lazy':
      return goTypeOf(type.of());
    case 'struct':
      return `structs.${type.name}`;
  }
}
