/**
 * The MessagePack forms of config entries and their messages: Consul marshals them by hand, as one raw value whose
 * content names the kind before the entry (wire profile, section 2).
 */
import { decoderOf } from '../lib/msgpack/decode.ts';
import { encoderOf } from '../lib/msgpack/encode.ts';
import { MsgpackError } from '../lib/msgpack/errors.ts';
import { Reader } from '../lib/msgpack/reader.ts';
import { Writer } from '../lib/msgpack/writer.ts';
import { type Fields, ptr, type Schema, type StructSchema, slice, struct, type WireForm } from './schema.ts';

type Values = Record<string, unknown>;
/** The schema of the entries of a kind. */
export type EntrySchema = (kind: string) => Schema<unknown> | undefined;

/** The same struct with a form of its own in MessagePack. */
export const withWire = <F extends Fields>(schema: StructSchema<F>, wire: WireForm): StructSchema<F> => ({
  ...schema,
  wire,
});

/** One raw value around what `content` writes or reads. */
function wrapped(content: WireForm): WireForm {
  return {
    encode(writer, value) {
      const inner = new Writer();
      content.encode(inner, value);
      writer.bytes(inner.view());
    },
    decode(reader) {
      const length = reader.rawLength();
      reader.need(length);
      const end = reader.pos + length;
      const inner = new Reader(reader.buf, reader.pos, end, reader);
      reader.pos = end;
      return content.decode(inner);
    },
  };
}

/** The struct itself, wrapped: `ServiceConfigResponse`, `ProxyConfigEntry`. */
export function wrappedStruct<F extends Fields>(schema: StructSchema<F>): StructSchema<F> {
  return withWire(schema, wrapped({ encode: encoderOf(schema), decode: decoderOf(schema) }));
}

function known(schemaOf: EntrySchema, kind: string, at: number): Schema<unknown> {
  const schema = schemaOf(kind);
  if (schema === undefined) throw new MsgpackError('mismatch', `invalid config entry kind: ${kind}`, at);
  return schema;
}

function kindOf(entry: unknown): string {
  const kind = typeof entry === 'object' && entry !== null ? (entry as Values)['Kind'] : undefined;
  if (typeof kind !== 'string') throw new MsgpackError('unencodable', 'a config entry without kind');
  return kind;
}

function encodeEntry(writer: Writer, schemaOf: EntrySchema, kind: string, entry: unknown): void {
  encoderOf(known(schemaOf, kind, 0))(writer, entry);
}

/** An entry knows its kind even where the kind is no field of it (mesh). */
function decodeEntry(reader: Reader, schemaOf: EntrySchema, kind: string): unknown {
  const entry = decoderOf(known(schemaOf, kind, reader.pos))(reader) as Values;
  entry['Kind'] = kind;
  return entry;
}

/** A family of structs that differ in the schema of the entry only, made once per kind. */
function perKind(schemaOf: EntrySchema, build: (entry: Schema<unknown>) => Schema<unknown>) {
  const built = new Map<string, Schema<unknown>>();
  return (kind: string, at: number): Schema<unknown> => {
    let schema = built.get(kind);
    if (schema === undefined) {
      schema = build(known(schemaOf, kind, at));
      built.set(kind, schema);
    }
    return schema;
  };
}

/** kind, then the struct map. */
export function requestForm(schema: StructSchema<Fields>, schemaOf: EntrySchema): WireForm {
  const variant = perKind(schemaOf, (entry) =>
    struct('ConfigEntryRequest', { ...schema.type.fields, Entry: ptr(entry) }),
  );
  return wrapped({
    encode(writer, value) {
      const kind = kindOf((value as Values)['Entry']);
      writer.str(kind);
      encoderOf(variant(kind, 0))(writer, value);
    },
    decode(reader) {
      const kind = reader.str();
      const request = decoderOf(variant(kind, reader.pos))(reader) as Values;
      const entry = request['Entry'] as Values | null;
      if (entry !== null) entry['Kind'] = kind;
      return request;
    },
  });
}

/** kind ('' without entry), the entry if there is one, the QueryMeta map. */
export function responseForm(meta: Schema<unknown>, schemaOf: EntrySchema): WireForm {
  return wrapped({
    encode(writer, value) {
      const entry = (value as Values)['Entry'];
      const kind = entry === null ? '' : kindOf(entry);
      writer.str(kind);
      if (kind !== '') encodeEntry(writer, schemaOf, kind, entry);
      encoderOf(meta)(writer, value);
    },
    decode(reader) {
      const kind = reader.str();
      const Entry = kind === '' ? null : decodeEntry(reader, schemaOf, kind);
      return { Entry, ...(decoderOf(meta)(reader) as Values) };
    },
  });
}

/** Number of entries, their kind, then the struct map. */
export function listForm(schema: StructSchema<Fields>, schemaOf: EntrySchema): WireForm {
  const variant = perKind(schemaOf, (entry) =>
    struct('IndexedConfigEntries', { ...schema.type.fields, Entries: slice(entry) }),
  );
  return wrapped({
    encode(writer, value) {
      const { Kind, Entries } = value as { Kind: string; Entries: unknown[] | null };
      writer.int(Entries?.length ?? 0);
      writer.str(Kind);
      encoderOf(variant(Kind, 0))(writer, value);
    },
    decode(reader) {
      reader.int();
      const kind = reader.str();
      const list = decoderOf(variant(kind, reader.pos))(reader) as { Entries: Values[] | null };
      for (const entry of list.Entries ?? []) entry['Kind'] = kind;
      return list;
    },
  });
}

/** Number of entries, kind and entry for each, the QueryMeta map. */
export function mixedListForm(meta: Schema<unknown>, schemaOf: EntrySchema): WireForm {
  return wrapped({
    encode(writer, value) {
      const entries = ((value as Values)['Entries'] ?? []) as unknown[];
      writer.int(entries.length);
      for (const entry of entries) {
        const kind = kindOf(entry);
        writer.str(kind);
        encodeEntry(writer, schemaOf, kind, entry);
      }
      encoderOf(meta)(writer, value);
    },
    decode(reader) {
      const count = Number(reader.int());
      const Entries: unknown[] = [];
      for (let i = 0; i < count; i++) {
        const kind = reader.str();
        Entries.push(decodeEntry(reader, schemaOf, kind));
      }
      return { Entries, ...(decoderOf(meta)(reader) as Values) };
    },
  });
}
