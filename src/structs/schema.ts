/**
 * The little language in which every struct of the API is defined once. One definition gives the TypeScript type
 * (`Infer`), the MessagePack form (`lib/msgpack`, wire/msgpack profile: fields by name, old raw dialect) and the JSON
 * form (`structs/json.ts`). Names are the API's own (`ServiceID`, `CreateIndex`).
 *
 * Integers are plain numbers: Raft indexes stay far below 2^53. Only `big64` (KV flags, serial numbers chosen by
 * users) may exceed it and is then a bigint.
 */
import type { Reader } from '../lib/msgpack/reader.ts';
import type { Writer } from '../lib/msgpack/writer.ts';

export type Kind =
  | { readonly kind: 'bool' }
  | { readonly kind: 'int'; readonly bits: 8 | 16 | 32 | 64; readonly signed: boolean; readonly big: boolean }
  | { readonly kind: 'float'; readonly bits: 32 | 64 }
  | { readonly kind: 'str' }
  | { readonly kind: 'bytes' }
  /** Go time.Duration: integer nanoseconds on the wire and here. */
  | { readonly kind: 'dur' }
  /** Go time.Time, kept as an RFC 3339 text with nanoseconds ('0001-01-01T00:00:00Z' is the zero time). */
  | { readonly kind: 'time' }
  | { readonly kind: 'any' }
  | { readonly kind: 'slice'; readonly of: Schema<unknown> }
  | { readonly kind: 'map'; readonly of: Schema<unknown> }
  | { readonly kind: 'ptr'; readonly of: Schema<unknown> }
  | { readonly kind: 'lazy'; readonly of: () => Schema<unknown> }
  | { readonly kind: 'struct'; readonly name: string; readonly fields: Fields };

/** How one field travels in JSON when that differs from the plain rule (key = field name, always present). */
export interface JsonHints {
  /** Left out when empty, as Go's `omitempty`. */
  readonly omitEmpty?: boolean;
  /** Never in JSON (Go's `json:"-"`). */
  readonly skip?: boolean;
  /** Another key than the field's name. */
  readonly name?: string;
  /** A duration shown as Go text ("15s") instead of nanoseconds. */
  readonly durationText?: boolean;
  /** Go's name of the type in error texts, where it is not the plain one ('api.TxnOps'). */
  readonly goType?: string;
  /**
   * In Go the type unmarshals itself: durations may be texts, and error texts name places from here on. Fields it does
   * not know are refused ('strict') or ignored ('lenient').
   */
  readonly unmarshaler?: 'strict' | 'lenient';
}

/** A MessagePack form of its own, for the few types that Consul marshals by hand. */
export interface WireForm {
  readonly encode: (writer: Writer, value: unknown) => void;
  readonly decode: (reader: Reader) => unknown;
}

export interface Schema<T> {
  readonly type: Kind;
  readonly wire?: WireForm;
  /** Left out of MessagePack when empty (only the few structs that use the codec tag). */
  readonly wireOmitEmpty?: boolean;
  /** Never in MessagePack. */
  readonly wireSkip?: boolean;
  readonly json?: JsonHints;
  /** Phantom: carries the TypeScript type, never present at run time. */
  readonly _t?: T;
}

export type Fields = Readonly<Record<string, Schema<unknown>>>;
export type Infer<S> = S extends Schema<infer T> ? T : never;
type InferFields<F extends Fields> = { -readonly [K in keyof F]: Infer<F[K]> };

export interface StructSchema<F extends Fields> extends Schema<InferFields<F>> {
  readonly type: { readonly kind: 'struct'; readonly name: string; readonly fields: F };
}

const int = (bits: 8 | 16 | 32 | 64, signed: boolean): Schema<number> => ({
  type: { kind: 'int', bits, signed, big: false },
});

export const bool: Schema<boolean> = { type: { kind: 'bool' } };
export const int64: Schema<number> = int(64, true);
export const u8: Schema<number> = int(8, false);
export const u16: Schema<number> = int(16, false);
export const u32: Schema<number> = int(32, false);
export const u64: Schema<number> = int(64, false);
export const big64: Schema<number | bigint> = { type: { kind: 'int', bits: 64, signed: false, big: true } };
export const f32: Schema<number> = { type: { kind: 'float', bits: 32 } };
export const f64: Schema<number> = { type: { kind: 'float', bits: 64 } };
export const str: Schema<string> = { type: { kind: 'str' } };
/** nil and empty are one thing after decoding (msgpack profile, section 3): `null`. */
export const bytes: Schema<Uint8Array | null> = { type: { kind: 'bytes' } };
/** Bytes held as a text of one char (U+0000..U+00FF) each; '' for none. For what is kept by the million. */
export const packedBytes: Schema<string> = {
  type: { kind: 'bytes' },
  wire: {
    encode: (writer, value) => (value === '' ? writer.nil() : writer.packed(value as string)),
    decode: (reader) => reader.packed(),
  },
};
export const dur: Schema<number> = { type: { kind: 'dur' } };
export const time: Schema<string> = { type: { kind: 'time' } };
export const any: Schema<unknown> = { type: { kind: 'any' } };

/** A nil slice is `null`, an empty one `[]`: JSON shows the difference. */
export const slice = <T>(of: Schema<T>): Schema<T[] | null> => ({ type: { kind: 'slice', of } });
export const map = <T>(of: Schema<T>): Schema<Record<string, T> | null> => ({ type: { kind: 'map', of } });
export const ptr = <T>(of: Schema<T>): Schema<T | null> => ({ type: { kind: 'ptr', of } });
/** For recursive structs; the type has to be written out by the caller. */
export const lazy = <T>(of: () => Schema<T>): Schema<T> => ({ type: { kind: 'lazy', of } });

export function struct<const F extends Fields>(name: string, fields: F): StructSchema<F> {
  return { type: { kind: 'struct', name, fields } };
}

/** The same struct with hints for JSON. */
export const jsonStruct = <F extends Fields>(schema: StructSchema<F>, hints: JsonHints): StructSchema<F> => ({
  ...schema,
  json: hints,
});
/** The same field with hints for JSON or the wire. */
export const json = <T>(schema: Schema<T>, hints: JsonHints): Schema<T> => ({
  ...schema,
  json: { ...schema.json, ...hints },
});
/** Never in JSON. */
export const jsonSkip = <T>(schema: Schema<T>): Schema<T> => json(schema, { skip: true });
/** A duration that JSON shows as Go text. */
export const durationText: Schema<number> = json(dur, { durationText: true });
export const omitEmpty = <T>(schema: Schema<T>): Schema<T> => json(schema, { omitEmpty: true });
export const wireOmitEmpty = <T>(schema: Schema<T>): Schema<T> => ({ ...schema, wireOmitEmpty: true });
export const wireSkip = <T>(schema: Schema<T>): Schema<T> => ({ ...schema, wireSkip: true });
