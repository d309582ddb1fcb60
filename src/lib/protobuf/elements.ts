/** Single values as Protocol Buffers: how each kind of ours is written behind its tag, and read. */
import { readStruct, writeStruct } from './any.ts';
import { type ProtoReader, type ProtoWriter, wireTypes } from './wire.ts';

export interface Element {
  readonly wireType: number;
  readonly write: (writer: ProtoWriter, value: unknown) => void;
  readonly read: (reader: ProtoReader) => unknown;
}

type Values = Record<string, unknown>;

export const bool: Element = {
  wireType: wireTypes.varint,
  write: (writer, value) => writer.varint(value === true ? 1 : 0),
  read: (reader) => reader.varint() !== 0,
};

export const unsigned: Element = {
  wireType: wireTypes.varint,
  write: (writer, value) => writer.varint(value as number),
  read: (reader) => reader.varint(),
};

export const signed: Element = { ...unsigned, read: (reader) => reader.signed() };

export const text: Element = {
  wireType: wireTypes.bytes,
  write: (writer, value) => writer.text(value as string),
  read: (reader) => reader.text(),
};

/** google.protobuf.Struct. */
export const anything: Element = {
  wireType: wireTypes.bytes,
  write: (writer, value) => writer.message(() => writeStruct(writer, value as Values)),
  read: (reader) => readStruct(reader.message()),
};

const nsPerSecond = 1e9;

/** google.protobuf.Duration: seconds and nanoseconds, both of one sign. */
export const duration: Element = {
  wireType: wireTypes.bytes,
  write(writer, value) {
    const ns = value as number;
    const seconds = Math.trunc(ns / nsPerSecond);
    writer.message(() => {
      for (const [field, part] of [
        [1, seconds],
        [2, ns - seconds * nsPerSecond],
      ] as const) {
        if (part === 0) continue;
        writer.tag(field, wireTypes.varint);
        writer.varint(part);
      }
    });
  },
  read(reader) {
    const parts = new Map<number, number>();
    eachField(reader.message(), (field, wireType, inner) => {
      if (wireType === wireTypes.varint) parts.set(field, inner.signed());
      else inner.skip(wireType);
    });
    return (parts.get(1) ?? 0) * nsPerSecond + (parts.get(2) ?? 0);
  },
};

/** A list as a value of a map: a message with nothing but the list. */
export const listOf = (of: Element): Element => ({
  wireType: wireTypes.bytes,
  write(writer, value) {
    writer.message(() => {
      for (const item of (value as unknown[] | null) ?? []) {
        writer.tag(1, of.wireType);
        of.write(writer, item);
      }
    });
  },
  read(reader) {
    const items: unknown[] = [];
    eachField(reader.message(), (field, wireType, inner) => {
      if (field === 1 && wireType === of.wireType) items.push(of.read(inner));
      else inner.skip(wireType);
    });
    return items;
  },
});

/** Calls `take` for every field of a message; it has to read or skip it. */
export function eachField(
  reader: ProtoReader,
  take: (field: number, wireType: number, reader: ProtoReader) => void,
): void {
  while (!reader.done) {
    const { field, wireType } = reader.tag();
    take(field, wireType, reader);
  }
}
