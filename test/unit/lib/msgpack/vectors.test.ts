import { describe, expect, it } from 'vitest';
import { decode, decodeAt, encode, encodeTo, MsgpackError, Writer } from '../../../../src/lib/msgpack/index.ts';
import {
  any,
  big64,
  bool,
  bytes,
  dur,
  f32,
  f64,
  int64,
  map,
  ptr,
  type Schema,
  slice,
  str,
  struct,
  time,
  u32,
  wireOmitEmpty,
} from '../../../../src/structs/schema.ts';
import { hex, notation, readVectors, recorded, unhex } from './vectors.ts';

const vectors = new Map(readVectors('msgpack.json').map((vector) => [vector.name, vector]));
const vector = (name: string) => {
  const found = vectors.get(name);
  if (found === undefined) throw new Error(`no vector ${name}`);
  return found;
};
const names = (...starts: string[]) =>
  [...vectors.keys()].filter((name) => starts.some((start) => name.startsWith(start)));

const signed64: Schema<number | bigint> = { type: { kind: 'int', bits: 64, signed: true, big: true } };
const Target = struct('Target', { S: str, B: bytes, N: u32, I: int64, F: f64, T: bool });

describe('recorded vectors', () => {
  const scalars: [string, Schema<unknown>][] = [
    ['nil', any],
    ['bool-true', bool],
    ...names('int-', 'int64-').map((name): [string, Schema<unknown>] => [name, signed64]),
    ['uint64-max', big64],
    ['float64-1.5', f64],
    ['float64-0', f64],
    ['float32-1.5', f32],
    ...names('str-').map((name): [string, Schema<unknown>] => [name, str]),
    ...names('bytes-3', 'bytes-40').map((name): [string, Schema<unknown>] => [name, bytes]),
    ...names('array-').map((name): [string, Schema<unknown>] => [name, slice(int64)]),
    ...names('time-').map((name): [string, Schema<unknown>] => [name, time]),
    ['struct-bytes-nil', struct('X', { X: bytes })],
    ['struct-slice-map-nil', struct('AM', { A: slice(str), M: map(str) })],
    ['struct-slice-map-empty', struct('AM', { A: slice(str), M: map(str) })],
    ['interface-decode-consul-handle', any],
  ];
  it.each(scalars)('%s decodes and encodes to the same bytes', (name, schema) => {
    const { hex: wanted, decoded } = vector(name);
    const value = decode(schema, unhex(wanted));
    expect(notation(value)).toEqual(recorded(decoded));
    expect(hex(encode(schema, value))).toBe(wanted);
  });

  it('an empty value that is not nil is a0, and decodes to nil', () => {
    expect(hex(encode(bytes, new Uint8Array(0)))).toBe(vector('bytes-empty-nonnil').hex);
    expect(decode(bytes, unhex('a0'))).toBeNull();
    const X = struct('X', { X: bytes });
    expect(hex(encode(X, { X: new Uint8Array(0) }))).toBe(vector('struct-bytes-empty').hex);
    expect(decode(X, unhex(vector('struct-bytes-empty').hex))).toEqual({ X: null });
  });

  it('a struct with everything is written field by field in byte order of the names', () => {
    const All = struct('All', {
      zz: int64,
      A: str,
      B: bytes,
      C: bool,
      D: dur,
      I: any,
      L: slice(str),
      M: map(str),
      P: ptr(int64),
      T: time,
      E: wireOmitEmpty(str),
    });
    const { hex: wanted, decoded } = vector('struct-all-features');
    const value = decode(All, unhex(wanted));
    expect(notation(value)).toEqual({ ...(recorded(decoded) as object), E: '' });
    expect(hex(encode(All, value))).toBe(wanted);
  });

  const lenient = names('decode-').filter((name) => name !== 'decode-nil-top');
  it.each([...lenient, 'decode-nil-top'])('%s', (name) => {
    const { hex: input, decoded } = vector(name);
    if (decoded !== null && typeof decoded === 'object' && '$error' in decoded) {
      expect(() => decode(Target, unhex(input))).toThrow(MsgpackError);
    } else {
      expect(notation(decode(Target, unhex(input)))).toEqual(decoded);
    }
  });

  it('an untyped raw is bytes for the default handle', () => {
    const { hex: input, decoded } = vector('interface-decode-default-handle');
    expect(notation(decode(any, unhex(input), 0, { untypedBytes: true }))).toEqual(decoded);
  });

  it('payloads of user events are written in the new spec', () => {
    const { hex: wanted } = vector('write-ext-user-event');
    const Event = struct('UserEvent', { ID: str, n: str, p: bytes, nf: str, sf: str, tf: str, v: int64 });
    const value = decode(Event, unhex(wanted));
    const writer = new Writer({ newSpec: true });
    encodeTo(writer, Event, value);
    expect(hex(writer.view())).toBe(wanted);
  });

  it('every vector is covered above', () => {
    const covered = new Set([
      ...scalars.map(([name]) => name),
      ...names('decode-'),
      'bytes-empty-nonnil',
      'struct-bytes-empty',
      'struct-all-features',
      'interface-decode-default-handle',
      'write-ext-user-event',
    ]);
    expect([...vectors.keys()].filter((name) => !covered.has(name))).toEqual([]);
  });

  it('decodeAt says where the value ended', () => {
    expect(decodeAt(str, unhex('c0a3616263c3'), 1)).toEqual({ value: 'abc', end: 5 });
  });
});
