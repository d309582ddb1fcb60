/** Values of any shape as google.protobuf.Struct: what JSON has, and nothing else. */
import { type ProtoReader, type ProtoWriter, wireTypes } from './wire.ts';

const fields = { nothing: 1, number: 2, text: 3, bool: 4, struct: 5, list: 6 } as const;

/** The fields of a Struct: an entry for each key. */
export function writeStruct(writer: ProtoWriter, entries: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(entries)) {
    writer.tag(1, wireTypes.bytes);
    writer.message(() => {
      writer.tag(1, wireTypes.bytes);
      writer.text(key);
      writer.tag(2, wireTypes.bytes);
      writer.message(() => writeValue(writer, value));
    });
  }
}

function writeValue(writer: ProtoWriter, value: unknown): void {
  if (typeof value === 'boolean') {
    writer.tag(fields.bool, wireTypes.varint);
    writer.varint(value ? 1 : 0);
  } else if (typeof value === 'number' || typeof value === 'bigint') {
    writer.tag(fields.number, wireTypes.fixed64);
    writer.double(Number(value));
  } else if (typeof value === 'string' || value instanceof Uint8Array) {
    writer.tag(fields.text, wireTypes.bytes);
    writer.text(typeof value === 'string' ? value : Buffer.from(value).toString());
  } else if (Array.isArray(value)) {
    writer.tag(fields.list, wireTypes.bytes);
    writer.message(() => {
      for (const element of value) {
        writer.tag(1, wireTypes.bytes);
        writer.message(() => writeValue(writer, element));
      }
    });
  } else if (typeof value === 'object' && value !== null) {
    writer.tag(fields.struct, wireTypes.bytes);
    writer.message(() => writeStruct(writer, value as Record<string, unknown>));
  } else {
    writer.tag(fields.nothing, wireTypes.varint);
    writer.varint(0);
  }
}

export function readStruct(reader: ProtoReader): Record<string, unknown> {
  const entries: Record<string, unknown> = Object.create(null);
  while (!reader.done) {
    const { field, wireType } = reader.tag();
    if (field !== 1 || wireType !== wireTypes.bytes) {
      reader.skip(wireType);
      continue;
    }
    const entry = reader.message();
    let key = '';
    let value: unknown = null;
    while (!entry.done) {
      const part = entry.tag();
      if (part.field === 1 && part.wireType === wireTypes.bytes) key = entry.text();
      else if (part.field === 2 && part.wireType === wireTypes.bytes) value = readValue(entry.message());
      else entry.skip(part.wireType);
    }
    entries[key] = value;
  }
  return entries;
}

function readValue(reader: ProtoReader): unknown {
  let value: unknown = null;
  while (!reader.done) {
    const { field, wireType } = reader.tag();
    if (field === fields.number && wireType === wireTypes.fixed64) value = reader.double();
    else if (field === fields.text && wireType === wireTypes.bytes) value = reader.text();
    else if (field === fields.bool && wireType === wireTypes.varint) value = reader.varint() !== 0;
    else if (field === fields.struct && wireType === wireTypes.bytes) value = readStruct(reader.message());
    else if (field === fields.list && wireType === wireTypes.bytes) value = readList(reader.message());
    else reader.skip(wireType);
  }
  return value;
}

function readList(reader: ProtoReader): unknown[] {
  const elements: unknown[] = [];
  while (!reader.done) {
    const { field, wireType } = reader.tag();
    if (field === 1 && wireType === wireTypes.bytes) elements.push(readValue(reader.message()));
    else reader.skip(wireType);
  }
  return elements;
}
