/** Schemas compiled to encoders: one closure per schema, made at first use and kept beside it. */
import type { Fields, Kind, Schema } from '../../structs/schema.ts';
import { MsgpackError } from './errors.ts';
import { maxDepth } from './reader.ts';
import { encodeTime } from './time.ts';
import { Writer } from './writer.ts';

export type Encoder = (writer: Writer, value: unknown) => void;
type Values = Record<string, unknown>;

const encoders = new WeakMap<Kind, Encoder>();

export function encoderOf(schema: Schema<unknown>): Encoder {
  if (schema.wire !== undefined) return schema.wire.encode;
  let encoder = encoders.get(schema.type);
  if (encoder === undefined) {
    encoder = compile(schema.type);
    encoders.set(schema.type, encoder);
  }
  return encoder;
}

const shared = new Writer();

/** One value as bytes of their own. Throws MsgpackError 'unencodable' for what the schema cannot hold. */
export function encode<T>(schema: Schema<T>, value: T): Uint8Array {
  const encoder = encoderOf(schema);
  shared.reset();
  encoder(shared, value);
  return shared.copy();
}

/** Appends one value to what the writer has. */
export function encodeTo<T>(writer: Writer, schema: Schema<T>, value: T): void {
  encoderOf(schema)(writer, value);
}

const wrong = (wanted: string, value: unknown): MsgpackError =>
  new MsgpackError('unencodable', `${wanted} expected, got ${value === null ? 'null' : typeof value} ${String(value)}`);

function compile(type: Kind): Encoder {
  switch (type.kind) {
    case 'bool':
      return bool;
    case 'int':
      return intEncoder(type.bits, type.signed);
    case 'dur':
      return intEncoder(64, true);
    case 'float':
      return type.bits === 32 ? f32 : f64;
    case 'str':
      return str;
    case 'bytes':
      return bytes;
    case 'time':
      return time;
    case 'any':
      return (writer, value) => untyped(writer, value, 0);
    case 'lazy':
      return (writer, value) => encoderOf(type.of())(writer, value);
    case 'ptr':
      return ptrEncoder(encoderOf(type.of));
    case 'slice':
      return sliceEncoder(encoderOf(type.of));
    case 'map':
      return mapEncoder(encoderOf(type.of));
    case 'struct':
      return structEncoder(type.fields);
  }
}

function bool(writer: Writer, value: unknown): void {
  if (typeof value === 'boolean') writer.bool(value);
  else throw wrong('a bool', value);
}

function str(writer: Writer, value: unknown): void {
  if (typeof value === 'string') writer.str(value);
  else throw wrong('a string', value);
}

function bytes(writer: Writer, value: unknown): void {
  if (value === null) writer.nil();
  else if (value instanceof Uint8Array) writer.bytes(value);
  else throw wrong('bytes', value);
}

function f64(writer: Writer, value: unknown): void {
  if (typeof value === 'number') writer.f64(value);
  else throw wrong('a float', value);
}

function f32(writer: Writer, value: unknown): void {
  if (typeof value === 'number') writer.f32(value);
  else throw wrong('a float', value);
}

function time(writer: Writer, value: unknown): void {
  const encoded = typeof value === 'string' ? encodeTime(value) : null;
  if (encoded === null) throw wrong('a time', value);
  writer.bytes(encoded);
}

const maxI64 = 0x7fff_ffff_ffff_ffffn;
const maxU64 = 0xffff_ffff_ffff_ffffn;

function intEncoder(bits: number, signed: boolean): Encoder {
  const min = signed ? -(2 ** (bits - 1)) : 0;
  const max = 2 ** (signed ? bits - 1 : bits) - 1;
  return (writer, value) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) {
      // In 64 bits `max` itself is rounded up by one: what equals it was rounded as well, and means the maximum.
      if (value === max && bits === 64) writer.bigint(signed ? maxI64 : maxU64);
      else writer.int(value);
    } else if (typeof value === 'bigint' && value >= min && (signed ? value <= maxI64 : value <= max)) {
      writer.bigint(value);
    } else throw wrong(`an integer of ${bits} bits`, value);
  };
}

function ptrEncoder(of: Encoder): Encoder {
  return (writer, value) => {
    if (value === null) writer.nil();
    else of(writer, value);
  };
}

function sliceEncoder(of: Encoder): Encoder {
  return (writer, value) => {
    if (value === null) {
      writer.nil();
      return;
    }
    if (!Array.isArray(value)) throw wrong('an array', value);
    writer.arrayHead(value.length);
    for (let i = 0; i < value.length; i++) of(writer, value[i]);
  };
}

function mapEncoder(of: Encoder): Encoder {
  return (writer, value) => {
    if (value === null) {
      writer.nil();
      return;
    }
    if (typeof value !== 'object') throw wrong('a map', value);
    const keys = Object.keys(value as Values);
    writer.mapHead(keys.length);
    for (const key of keys) {
      writer.str(key);
      of(writer, (value as Values)[key]);
    }
  };
}

interface Field {
  readonly name: string;
  /** The encoded name. */
  readonly key: Uint8Array;
  readonly encode: Encoder;
  readonly omitEmpty: boolean;
}

/** Struct fields travel in ascending byte order of their names. */
export function wireOrder(fields: Fields): [name: string, schema: Schema<unknown>][] {
  return Object.entries(fields)
    .filter(([, schema]) => !schema.wireSkip)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

export function encodedKey(name: string): Uint8Array {
  const writer = new Writer();
  writer.str(name);
  return new Uint8Array(writer.view());
}

function structEncoder(fields: Fields): Encoder {
  const ordered = wireOrder(fields).map(
    ([name, schema]): Field => ({
      name,
      key: encodedKey(name),
      encode: encoderOf(schema),
      omitEmpty: schema.wireOmitEmpty ?? false,
    }),
  );
  const omits = ordered.some((field) => field.omitEmpty);
  return (writer, value) => {
    if (typeof value !== 'object' || value === null) throw wrong('a struct', value);
    const struct = value as Values;
    let size = ordered.length;
    if (omits) for (const { omitEmpty, name } of ordered) if (omitEmpty && isEmpty(struct[name])) size--;
    writer.mapHead(size);
    for (let i = 0; i < ordered.length; i++) {
      const field = ordered[i]!;
      if (field.omitEmpty && isEmpty(struct[field.name])) continue;
      writer.raw(field.key);
      field.encode(writer, struct[field.name]);
    }
  };
}

/** What Go's `omitempty` drops. */
export function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '' || value === 0 || value === false || value === 0n)
    return true;
  if (typeof value !== 'object') return false;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0;
  for (const _ in value) return false;
  return true;
}

/**
 * Untyped values (configuration maps): whole numbers as integers, others as floats. Fields that are undefined are
 * absent.
 */
function untyped(writer: Writer, value: unknown, depth: number): void {
  if (depth > maxDepth) throw new MsgpackError('unencodable', 'nested too deeply');
  if (typeof value === 'string') writer.str(value);
  else if (typeof value === 'number') Number.isSafeInteger(value) ? writer.int(value) : writer.f64(value);
  else if (typeof value === 'boolean') writer.bool(value);
  else if (typeof value === 'bigint') writer.bigint(value);
  else if (value === null) writer.nil();
  else if (value instanceof Uint8Array) writer.bytes(value);
  else if (Array.isArray(value)) {
    writer.arrayHead(value.length);
    for (const element of value) untyped(writer, element ?? null, depth + 1);
  } else if (typeof value === 'object') {
    const entries = Object.entries(value).filter(([, field]) => field !== undefined);
    writer.mapHead(entries.length);
    for (const [key, field] of entries) {
      writer.str(key);
      untyped(writer, field, depth + 1);
    }
  } else throw wrong('a plain value', value);
}
