/** Schemas compiled to decoders: one closure per schema, made at first use and kept beside it. */
import { newDict } from '../../structs/dict.ts';
import { makerOf, shapeOf } from '../../structs/make.ts';
import type { Kind, Schema } from '../../structs/schema.ts';
import { encodedKey, wireOrder } from './encode.ts';
import { MsgpackError } from './errors.ts';
import { Reader, type ReaderOptions } from './reader.ts';

export type DecoderFn = (reader: Reader) => unknown;

const decoders = new WeakMap<Kind, DecoderFn>();

export function decoderOf(schema: Schema<unknown>): DecoderFn {
  if (schema.wire !== undefined) return schema.wire.decode;
  let decoder = decoders.get(schema.type);
  if (decoder === undefined) {
    decoder = compile(schema.type);
    decoders.set(schema.type, decoder);
  }
  return decoder;
}

/** The first value at `offset`; what follows it is ignored. Throws MsgpackError. Byte fields: see ReaderOptions. */
export function decode<T>(schema: Schema<T>, bytes: Uint8Array, offset = 0, options?: ReaderOptions): T {
  return decoderOf(schema)(new Reader(bytes, offset, bytes.length, options)) as T;
}

/** Like `decode`, and says where the value ended. */
export function decodeAt<T>(
  schema: Schema<T>,
  bytes: Uint8Array,
  offset: number,
  options?: ReaderOptions,
): { readonly value: T; readonly end: number } {
  const reader = new Reader(bytes, offset, bytes.length, options);
  const value = decoderOf(schema)(reader) as T;
  return { value, end: reader.pos };
}

/** The next value of a reader. */
export function decodeFrom<T>(reader: Reader, schema: Schema<T>): T {
  return decoderOf(schema)(reader) as T;
}

function compile(type: Kind): DecoderFn {
  switch (type.kind) {
    case 'bool':
      return (reader) => reader.bool();
    case 'int':
      return intDecoder(type.bits, type.signed, type.big);
    case 'dur':
      return intDecoder(64, true, false);
    case 'float':
      return type.bits === 32 ? f32 : (reader) => reader.float();
    case 'str':
      return (reader) => reader.str();
    case 'bytes':
      return (reader) => reader.bytes();
    case 'time': {
      const zero = makerOf({ type });
      return (reader) => (reader.nil() ? zero() : reader.time());
    }
    case 'any':
      return untyped;
    case 'lazy':
      return (reader) => decoderOf(type.of())(reader);
    case 'ptr':
      return ptrDecoder(decoderOf(type.of));
    case 'slice':
      return sliceDecoder(decoderOf(type.of));
    case 'map':
      return mapDecoder(decoderOf(type.of));
    case 'struct':
      return structDecoder(type);
  }
}

function intDecoder(bits: number, signed: boolean, big: boolean): DecoderFn {
  const min = signed ? -(2 ** (bits - 1)) : 0;
  const max = signed && bits === 64 ? 0x7fff_ffff_ffff_ffffn : 2 ** (signed ? bits - 1 : bits) - 1;
  return (reader) => {
    const at = reader.pos;
    const value = reader.int();
    if (value < min || value > max) throw new MsgpackError('mismatch', `${value} overflows ${bits} bits`, at);
    return big ? value : Number(value);
  };
}

const maxF32 = 3.4028234663852886e38;

function f32(reader: Reader): number {
  const at = reader.pos;
  const value = reader.float();
  if (Number.isFinite(value) && Math.abs(value) > maxF32)
    throw new MsgpackError('mismatch', `${value} overflows 32 bits`, at);
  return value;
}

function ptrDecoder(of: DecoderFn): DecoderFn {
  return (reader) => (reader.nil() ? null : of(reader));
}

function sliceDecoder(of: DecoderFn): DecoderFn {
  return (reader) => {
    if (reader.nil()) return null;
    let length = reader.arrayLength();
    if (length < 0) length = 2 * reader.mapSize();
    if (length < 0) throw reader.mismatch('an array');
    reader.enter();
    const elements: unknown[] = [];
    for (let i = 0; i < length; i++) elements.push(of(reader));
    reader.leave();
    return elements;
  };
}

function mapDecoder(of: DecoderFn): DecoderFn {
  return (reader) => {
    if (reader.nil()) return null;
    const size = reader.mapSize();
    if (size < 0) throw reader.mismatch('a map');
    reader.enter();
    const map = newDict();
    for (let i = 0; i < size; i++) {
      const key = reader.str();
      map[key] = of(reader);
    }
    reader.leave();
    return map;
  };
}

interface Field {
  readonly name: string;
  readonly key: Uint8Array;
  readonly decode: DecoderFn;
}

function structDecoder(type: Extract<Kind, { kind: 'struct' }>): DecoderFn {
  const { bare, nested } = shapeOf(type);
  const declared = Object.entries(type.fields)
    .filter(([, schema]) => !schema.wireSkip)
    .map(([name, schema]): Field => ({ name, key: encodedKey(name), decode: decoderOf(schema) }));
  const byName = new Map(declared.map((field) => [field.name, field]));
  const ordered = wireOrder(type.fields).map(([name]) => byName.get(name)!);
  const positions = new Map(ordered.map((field, position) => [field.name, position]));

  return (reader) => {
    const value = bare();
    if (!reader.nil()) {
      reader.enter();
      const size = reader.mapSize();
      if (size >= 0) fromMap(reader, value, size);
      else fromArray(reader, value);
      reader.leave();
    }
    for (let i = 0; i < nested.length; i++) {
      const field = nested[i]!;
      if (value[field.name] === null) value[field.name] = field.make();
    }
    return value;
  };

  function fromMap(reader: Reader, value: Record<string, unknown>, size: number): void {
    // Writers send the fields sorted, so the next key is nearly always the one expected.
    let expected = 0;
    for (let i = 0; i < size; i++) {
      let field = ordered[expected];
      if (field === undefined || !matches(reader, field.key)) {
        const position = positions.get(reader.str()) ?? -1;
        if (position < 0) {
          reader.skip();
          continue;
        }
        expected = position;
        field = ordered[position]!;
      }
      expected++;
      value[field.name] = field.decode(reader);
    }
  }

  function fromArray(reader: Reader, value: Record<string, unknown>): void {
    const length = reader.arrayLength();
    if (length < 0) throw reader.mismatch('a struct');
    for (let i = 0; i < length; i++) {
      const field = declared[i];
      if (field === undefined) reader.skip();
      else value[field.name] = field.decode(reader);
    }
  }
}

/** Reads `key` if exactly it is next. */
function matches(reader: Reader, key: Uint8Array): boolean {
  const { buf, pos } = reader;
  const length = key.length;
  if (pos + length > reader.end) return false;
  for (let i = 0; i < length; i++) if (buf[pos + i] !== key[i]) return false;
  reader.pos = pos + length;
  return true;
}

function untyped(reader: Reader): unknown {
  const code = reader.peek();
  if (code <= 0x7f || code >= 0xe0) return reader.int();
  if (code <= 0x8f) return untypedMap(reader);
  if (code <= 0x9f) return untypedArray(reader);
  if (code <= 0xbf) return reader.untypedBytes ? rawBytes(reader) : reader.str();
  switch (code) {
    case 0xc0:
      reader.pos++;
      return null;
    case 0xc1:
      throw new MsgpackError('malformed', '0xc1 is no MessagePack', reader.pos);
    case 0xc2:
    case 0xc3:
      return reader.bool();
    case 0xc4:
    case 0xc5:
    case 0xc6:
      return rawBytes(reader);
    case 0xca:
    case 0xcb:
      return reader.float();
    case 0xd9:
    case 0xda:
    case 0xdb:
      return reader.untypedBytes ? rawBytes(reader) : reader.str();
    case 0xdc:
    case 0xdd:
      return untypedArray(reader);
    case 0xde:
    case 0xdf:
      return untypedMap(reader);
    case 0xc7:
    case 0xc8:
    case 0xc9:
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8: {
      const length = reader.extLength();
      reader.need(length);
      reader.pos += length;
      return new Uint8Array(reader.buf.subarray(reader.pos - length, reader.pos));
    }
    default:
      return reader.int();
  }
}

/** Untyped bytes are never nil: an empty value stays one. */
const rawBytes = (reader: Reader): Uint8Array => reader.bytes() ?? new Uint8Array(0);

function untypedArray(reader: Reader): unknown[] {
  const length = reader.arrayLength();
  reader.enter();
  const elements: unknown[] = [];
  for (let i = 0; i < length; i++) elements.push(untyped(reader));
  reader.leave();
  return elements;
}

/** Keys become texts: what else may be a key in Go (numbers, bools) is written out. */
function untypedMap(reader: Reader): Record<string, unknown> {
  const size = reader.mapSize();
  reader.enter();
  const map = newDict();
  for (let i = 0; i < size; i++) {
    const code = reader.peek();
    const isText = (code >= 0xa0 && code <= 0xbf) || (code >= 0xd9 && code <= 0xdb);
    const key = isText ? reader.str() : untypedKey(reader);
    map[key] = untyped(reader);
  }
  reader.leave();
  return map;
}

function untypedKey(reader: Reader): string {
  const at = reader.pos;
  const key = untyped(reader);
  if (typeof key === 'object') throw new MsgpackError('mismatch', 'a map key expected', at);
  return String(key);
}
