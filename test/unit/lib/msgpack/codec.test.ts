import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bytesOf,
  Decoder,
  decode,
  decodeAt,
  encode,
  encodeTo,
  MsgpackError,
  needMore,
  Reader,
  textOf,
  Writer,
} from '../../../../src/lib/msgpack/index.ts';
import { decodeTime, encodeTime } from '../../../../src/lib/msgpack/time.ts';
import { NodeService, RegisterRequest } from '../../../../src/structs/catalog.ts';
import { KVSRequest } from '../../../../src/structs/kv.ts';
import { make, zero } from '../../../../src/structs/make.ts';
import {
  any,
  big64,
  bool,
  bytes,
  dur,
  f32,
  f64,
  type Infer,
  int64,
  map,
  ptr,
  type Schema,
  slice,
  str,
  struct,
  time,
  u8,
  u32,
  u64,
} from '../../../../src/structs/schema.ts';
import { hex, unhex } from './vectors.ts';

const Inner = struct('Inner', { Z: str, A: slice(int64) });
const Everything = struct('Everything', {
  Bool: bool,
  Int: int64,
  Byte: u8,
  Word: u32,
  Index: u64,
  Big: big64,
  Float: f64,
  Single: f32,
  Text: str,
  Bytes: bytes,
  Dur: dur,
  Time: time,
  Any: any,
  Inner,
  Ptr: ptr(Inner),
  Slice: slice(Inner),
  Map: map(ptr(str)),
});

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ maxLength: 3 }),
  fc.constantFrom('x'.repeat(31), 'x'.repeat(300)),
);
const inner = fc.record({ Z: text, A: fc.option(fc.array(fc.maxSafeInteger())) });
const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true }).map((value) => (Object.is(value, -0) ? 0 : value)),
    text,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }),
  ),
})).value;
const everything = fc.record({
  Bool: fc.boolean(),
  Int: fc.maxSafeInteger(),
  Byte: fc.integer({ min: 0, max: 255 }),
  Word: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  Index: fc.maxSafeNat(),
  Big: fc
    .bigInt({ min: 0n, max: 2n ** 64n - 1n })
    .map((value) => (value <= Number.MAX_SAFE_INTEGER ? Number(value) : value)),
  Float: fc.double(),
  Single: fc.float(),
  Text: text,
  Bytes: fc.option(fc.uint8Array({ minLength: 1, maxLength: 400 })),
  Dur: fc.maxSafeInteger(),
  Time: fc
    .tuple(fc.integer({ min: 0, max: 253_402_300_799 }), fc.integer({ min: 0, max: 999_999_999 }))
    .map(
      ([seconds, nanos]) =>
        `${new Date(seconds * 1000).toISOString().slice(0, 19)}${nanos === 0 ? '' : `.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`}Z`,
    ),
  Any: plain,
  Inner: inner,
  Ptr: fc.option(inner),
  Slice: fc.option(fc.array(inner, { maxLength: 20 })),
  Map: fc.option(fc.dictionary(text, fc.option(text), { maxKeys: 20 })),
}) as fc.Arbitrary<Infer<typeof Everything>>;

const errorOf = (run: () => unknown): MsgpackError => {
  try {
    run();
  } catch (error) {
    if (error instanceof MsgpackError) return error;
    throw error;
  }
  throw new Error('no error');
};

describe('the codec', () => {
  it('gives back what it was given', () => {
    fc.assert(
      fc.property(everything, (value) => {
        const { value: again, end } = decodeAt(Everything, encode(Everything, value), 0);
        expect(again).toEqual(value);
        expect(end).toBe(encode(Everything, value).length);
      }),
      { numRuns: 500 },
    );
  });

  it('writes fields in byte order of their names and objects of one shape', () => {
    const Mixed = struct('Mixed', { b: bool, B: bool, aa: bool, a: bool });
    expect(hex(encode(Mixed, zero(Mixed)))).toBe('84a142c2a161c2a2' + '6161c2a162c2');
    expect(Object.keys(decode(Mixed, unhex('81a162c3')))).toEqual(['b', 'B', 'aa', 'a']);
  });

  it('cuts anywhere into a truncation, never into something else', () => {
    fc.assert(
      fc.property(everything, fc.double({ min: 0, max: 0.999, noNaN: true }), (value, part) => {
        const whole = encode(Everything, value);
        const cut = whole.subarray(0, Math.floor(whole.length * part));
        expect(errorOf(() => decode(Everything, cut)).reason).toBe('truncated');
      }),
    );
  });

  it('throws nothing but MsgpackError on garbage', () => {
    const schemas = [
      Everything,
      any,
      RegisterRequest,
      KVSRequest,
      slice(NodeService),
      map(any),
      time,
    ] as Schema<unknown>[];
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc
        .tuple(everything, fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { minLength: 1, maxLength: 5 }))
        .map(([value, flips]) => {
          const mutated = Uint8Array.from(encode(Everything, value));
          for (const [at, byte] of flips) mutated[at % mutated.length] = byte;
          return mutated;
        }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...schemas), garbage, (schema, input) => {
        try {
          decode(schema, input);
        } catch (error) {
          expect(error).toBeInstanceOf(MsgpackError);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('refuses lengths that the input cannot hold before making anything', () => {
    for (const bomb of ['ddffffffff', 'dfffffffff', 'dbffffffff', 'c6ffffffff', 'c9ffffffff00']) {
      for (const schema of [any, slice(any), map(any), bytes, str] as Schema<unknown>[]) {
        expect(() => decode(schema, unhex(bomb))).toThrow(MsgpackError);
      }
    }
  });

  it('refuses nesting without end', () => {
    const deep = new Uint8Array(100_000).fill(0x91);
    expect(errorOf(() => decode(any, deep)).reason).toBe('malformed');
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(errorOf(() => encode(any, cycle)).reason).toBe('unencodable');
  });

  it('refuses to encode what a field cannot hold', () => {
    const cases: [Schema<unknown>, unknown][] = [
      [u8, 256],
      [u8, -1],
      [u32, 2 ** 32],
      [u64, 1.5],
      [u64, Number.NaN],
      [u64, -1n],
      [big64, 2n ** 64n],
      [dur, 2 ** 64],
      [str, 5],
      [str, null],
      [bytes, 'text'],
      [time, 'yesterday'],
      [slice(str), {}],
      [map(str), 'x'],
      [bool, undefined],
      [Inner, null],
      [any, Symbol('x')],
    ];
    for (const [schema, value] of cases) expect(errorOf(() => encode(schema, value)).reason).toBe('unencodable');
  });

  it('saturates what rounding took over the edge of 64 bits', () => {
    expect(hex(encode(dur, 2 ** 63))).toBe('cf7fffffffffffffff');
    expect(decode(dur, unhex('cf7fffffffffffffff'))).toBe(2 ** 63);
    expect(hex(encode(u64, 2 ** 64))).toBe('cfffffffffffffffff');
  });

  it('checks widths and signs of integers when decoding', () => {
    expect(errorOf(() => decode(u8, unhex('cd0100'))).reason).toBe('mismatch');
    expect(errorOf(() => decode(u64, unhex('ff'))).reason).toBe('mismatch');
    expect(errorOf(() => decode(int64, unhex('cf8000000000000000'))).reason).toBe('mismatch');
    expect(errorOf(() => decode(f32, unhex('cb7fefffffffffffff'))).reason).toBe('mismatch');
    expect(decode(big64, unhex('cfffffffffffffffff'))).toBe(2n ** 64n - 1n);
  });

  it('reads a map as a list, extensions as bytes, and nil as zero everywhere', () => {
    expect(decode(slice(int64), unhex('8201020304'))).toEqual([1, 2, 3, 4]);
    expect(decode(any, unhex('d50001ff'.slice(0, 8)))).toEqual(new Uint8Array([1, 255]));
    expect(decode(any, unhex('c70200aabb'))).toEqual(new Uint8Array([0xaa, 0xbb]));
    for (const schema of [
      bool,
      int64,
      f64,
      str,
      bytes,
      time,
      slice(str),
      map(str),
      ptr(str),
      any,
    ] as Schema<unknown>[]) {
      expect(decode(schema, unhex('c0'))).toEqual(zero(schema));
    }
    expect(errorOf(() => decode(any, unhex('c1'))).reason).toBe('malformed');
  });

  it('keeps map keys that mean something to JavaScript inert', () => {
    const decoded = decode(map(any), encode(map(any), JSON.parse('{"__proto__":{"x":1},"constructor":1}')))!;
    expect(Object.keys(decoded)).toEqual(['__proto__', 'constructor']);
    expect(decode(map(any), unhex('80'))!['constructor']).toBeUndefined();
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it('hands out views of the input, or copies when asked', () => {
    const input = encode(bytes, new Uint8Array([1, 2, 3]));
    const view = decode(bytes, input)!;
    const copy = decode(bytes, input, 0, { copyBytes: true })!;
    input[1] = 9;
    expect([view[0], copy[0]]).toEqual([9, 1]);
  });

  it('appends to a writer that can be used again', () => {
    const writer = new Writer({ sizeBytes: 1 });
    encodeTo(writer, str, 'a');
    encodeTo(writer, str, 'b'.repeat(3000));
    expect(writer.copy().length).toBe(2 + 3 + 3000);
    writer.reset();
    encodeTo(writer, bool, true);
    expect(hex(writer.copy())).toBe('c3');
  });
});

describe('texts', () => {
  it('keep any bytes through the round trip', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (input) => {
        expect(hex(bytesOf(textOf(input)))).toBe(hex(input));
        expect(hex(encode(str, textOf(input)))).toMatch(new RegExp(`${hex(input)}$`));
      }),
    );
    expect(textOf(unhex('62adc3a9ff'))).toBe('b\udcadé\udcff');
    expect(textOf(unhex('efbfbd'))).toBe('\ufffd');
  });

  it('are what TextDecoder says where they are UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(textOf(bytesOf(value))).toBe(value);
      }),
    );
  });
});

describe('times', () => {
  it('agree with Date on every day', () => {
    for (let day = -719_162; day < 2_932_896; day += 997) {
      const iso = new Date(day * 86_400_000 + 3_723_000).toISOString().replace('.000', '');
      const encoded = encodeTime(iso)!;
      expect(Number(new DataView(encoded.buffer).getBigInt64(1)) - 62_135_596_800).toBe(day * 86_400 + 3723);
      expect(decodeTime(encoded)).toBe(iso);
    }
  });

  it('keep zones, and that of a server at offset zero', () => {
    for (const value of ['2022-01-12T15:50:30.1+05:30', '2022-01-12T10:20:30+00:00', '2022-01-12T10:20:30-08:00']) {
      expect(decodeTime(encodeTime(value)!)).toBe(value);
    }
    expect(encodeTime('2022-02-30T00:00:00Z')).toBeNull();
    expect(encodeTime('2022-02-28T24:00:00Z')).toBeNull();
  });
});

describe('the stream decoder', () => {
  const values = fc.array(everything, { minLength: 1, maxLength: 6 });

  it('finds the values however the stream is cut', () => {
    fc.assert(
      fc.property(values, fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }), (list, cuts) => {
        const writer = new Writer();
        for (const value of list) encodeTo(writer, Everything, value);
        const stream = writer.copy();
        const decoder = new Decoder();
        const found: unknown[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const next = Math.min(stream.length, at + cuts[i % cuts.length]!);
          decoder.push(stream.slice(at, next));
          at = next;
          for (let value = decoder.next(Everything); value !== needMore; value = decoder.next(Everything))
            found.push(value);
        }
        expect(found).toEqual(list);
        expect(decoder.consumedBytes).toBe(stream.length);
        expect(decoder.bufferedBytes).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it('measures a long value once, however many pieces it comes in', () => {
    const long = encode(bytes, new Uint8Array(3_000_000));
    const decoder = new Decoder();
    for (let at = 0; at < long.length - 1000; at += 1000) {
      decoder.push(long.subarray(at, at + 1000));
      expect(decoder.next(bytes)).toBe(needMore);
    }
    decoder.push(long.subarray(-(long.length % 1000 || 1000)));
    expect((decoder.next(bytes) as Uint8Array).length).toBe(3_000_000);
  });

  it('hands over what is no MessagePack', () => {
    const decoder = new Decoder();
    expect(decoder.byte()).toBe(needMore);
    decoder.push(unhex('07a16101020304'));
    expect(decoder.byte()).toBe(7);
    expect(hex(decoder.nextRaw() as Uint8Array)).toBe('a161');
    expect(decoder.take(5)).toBe(needMore);
    expect(hex(decoder.take(3) as Uint8Array)).toBe('010203');
    expect(hex(decoder.rest())).toBe('04');
  });

  it('does not write into views it handed out', () => {
    const decoder = new Decoder();
    const value = encode(bytes, new Uint8Array(10).fill(1));
    decoder.push(value.slice(0, 5));
    decoder.next(bytes);
    decoder.push(Buffer.concat([value.slice(5), value.slice(0, 3)]));
    const first = decoder.next(bytes) as Uint8Array;
    for (let i = 0; i < 5; i++) decoder.push(Buffer.concat([value.slice(3), value.slice(0, 3)]));
    expect([...first]).toEqual(new Array(10).fill(1));
  });

  it('refuses garbage and values longer than the limit', () => {
    const decoder = new Decoder({ maxValueBytes: 10 });
    decoder.push(unhex('dbffffffff'));
    expect(() => decoder.next(any)).toThrow(MsgpackError);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (garbage) => {
        const decoder = new Decoder();
        decoder.push(garbage);
        try {
          while (decoder.next(any) !== needMore);
        } catch (error) {
          expect(error).toBeInstanceOf(MsgpackError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the reader', () => {
  it('skips exactly one value of any kind', () => {
    fc.assert(
      fc.property(plain, (value) => {
        const encoded = encode(any, value);
        const reader = new Reader(Buffer.concat([encoded, unhex('c3')]));
        reader.skip();
        expect(reader.pos).toBe(encoded.length);
      }),
    );
  });
});

describe('making values', () => {
  it('fills in zeroes and nested structs, fresh each time', () => {
    const value = make(KVSRequest, { Op: 'set' });
    expect(value).toEqual({
      Datacenter: '',
      Op: 'set',
      DirEnt: { LockIndex: 0, Key: '', Flags: 0, Value: null, Session: '', CreateIndex: 0, ModifyIndex: 0 },
      Token: '',
    });
    expect(make(KVSRequest).DirEnt).not.toBe(value.DirEnt);
    expect(zero(time)).toBe('0001-01-01T00:00:00Z');
    expect(zero(slice(str))).toBeNull();
  });
});
