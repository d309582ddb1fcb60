/**
 * Structs as Protocol Buffers messages: the structs are those of `structs/`, a table gives their fields numbers. What is
 * a value in Go travels always, what is a pointer only when it is there; fields without a number do not travel.
 */
import { resolve, zero } from '../../structs/make.ts';
import type { Kind, Schema } from '../../structs/schema.ts';
import { anything, bool, duration, type Element, eachField, listOf, signed, text, unsigned } from './elements.ts';
import { ProtoReader, ProtoWriter, wireTypes } from './wire.ts';

/**
 * Field name -> number. Two names are no fields of ours: `RaftIndex` is a message of the indexes that our structs hold
 * themselves, `EnterpriseMeta` one with nothing in it.
 */
export type FieldNumbers = Readonly<Record<string, number>>;
/** By the type of a struct's schema. */
export type NumberTable = ReadonlyMap<Kind, FieldNumbers>;

export interface MessageCodec<T> {
  encode(value: T): Buffer;
  /** @throws ProtobufError */
  decode(bytes: Uint8Array): T;
}

type Values = Record<string, unknown>;

interface Field {
  readonly wireType: number;
  /** With its tag, or nothing at all. */
  readonly write: (writer: ProtoWriter, number: number, message: Values) => void;
  readonly read: (reader: ProtoReader, message: Values) => void;
}

interface Plan {
  readonly schema: Schema<unknown>;
  /** In the order of their numbers. */
  readonly fields: Map<number, Field>;
}

export function messageCodec<T>(schema: Schema<T>, table: NumberTable): MessageCodec<T> {
  const plan = new Planner(table).plan(schema);
  return {
    encode(value) {
      const writer = new ProtoWriter();
      write(plan, writer, value as Values);
      return writer.finish();
    },
    decode: (bytes) => read(plan, new ProtoReader(bytes)) as T,
  };
}

function write({ fields }: Plan, writer: ProtoWriter, message: Values): void {
  for (const [number, field] of fields) field.write(writer, number, message);
}

function read({ schema, fields }: Plan, from: ProtoReader): Values {
  const message = zero(schema) as Values;
  eachField(from, (number, wireType, reader) => {
    const field = fields.get(number);
    if (field !== undefined && field.wireType === wireType) field.read(reader, message);
    else reader.skip(wireType);
  });
  return message;
}

class Planner {
  readonly #table: NumberTable;
  readonly #plans = new Map<Kind, Plan>();

  constructor(table: NumberTable) {
    this.#table = table;
  }

  plan(of: Schema<unknown>): Plan {
    const schema = resolve(of);
    const { type } = schema;
    const made = this.#plans.get(type);
    if (made !== undefined) return made;
    const numbers = this.#table.get(type);
    if (type.kind !== 'struct' || numbers === undefined) throw new Error(`no field numbers for ${nameOf(type)}`);
    const plan: Plan = { schema, fields: new Map() };
    // Known before its fields are: a message may hold others of its kind.
    this.#plans.set(type, plan);
    for (const [name, number] of Object.entries(numbers).sort(([, a], [, b]) => a - b)) {
      plan.fields.set(number, ownFields[name] ?? this.#field(name, type.fields[name]));
    }
    return plan;
  }

  #field(name: string, schema: Schema<unknown> | undefined): Field {
    if (schema === undefined) throw new Error(`there is no field ${name}`);
    const { type } = resolve(schema);
    switch (type.kind) {
      case 'slice':
        return repeated(name, this.#element(type.of));
      case 'map':
        return resolve(type.of).type.kind === 'any' ? single(name, anything) : this.#entries(name, type.of);
      default:
        return single(name, this.#element(schema));
    }
  }

  #element(schema: Schema<unknown>): Element {
    const { type } = resolve(schema);
    switch (type.kind) {
      case 'bool':
        return bool;
      case 'int':
        return type.signed ? signed : unsigned;
      case 'str':
        return text;
      case 'dur':
        return duration;
      case 'ptr':
        return this.#element(type.of);
      case 'slice':
        return listOf(this.#element(type.of));
      case 'struct':
        return message(this.plan(schema));
      default:
        throw new Error(`${nameOf(type)} has no form in Protocol Buffers`);
    }
  }

  /** A map: a message of key and value for each entry. */
  #entries(name: string, of: Schema<unknown>): Field {
    const value = this.#element(of);
    return {
      wireType: wireTypes.bytes,
      write(writer, number, owner) {
        for (const [key, one] of Object.entries((owner[name] as Values | null) ?? {})) {
          writer.tag(number, wireTypes.bytes);
          writer.message(() => {
            writer.tag(1, wireTypes.bytes);
            writer.text(key);
            writer.tag(2, value.wireType);
            value.write(writer, one);
          });
        }
      },
      read(reader, owner) {
        let key = '';
        let one = zero(of);
        eachField(reader.message(), (number, wireType, inner) => {
          if (number === 1 && wireType === wireTypes.bytes) key = inner.text();
          else if (number === 2 && wireType === value.wireType) one = value.read(inner);
          else inner.skip(wireType);
        });
        owner[name] ??= Object.create(null);
        (owner[name] as Values)[key] = one;
      },
    };
  }
}

const nameOf = (type: Kind): string => (type.kind === 'struct' ? type.name : type.kind);

const message = (plan: Plan): Element => ({
  wireType: wireTypes.bytes,
  write: (writer, value) => writer.message(() => write(plan, writer, value as Values)),
  read: (reader) => read(plan, reader.message()),
});

/** Zeros of numbers and texts say nothing; messages are there unless they are null. */
const single = (name: string, one: Element): Field => ({
  wireType: one.wireType,
  write(writer, number, owner) {
    const value = owner[name];
    if (value === null || value === '' || value === false || (value === 0 && one !== duration)) return;
    writer.tag(number, one.wireType);
    one.write(writer, value);
  },
  read: (reader, owner) => {
    owner[name] = one.read(reader);
  },
});

const repeated = (name: string, one: Element): Field => ({
  wireType: one.wireType,
  write(writer, number, owner) {
    for (const item of (owner[name] as unknown[] | null) ?? []) {
      writer.tag(number, one.wireType);
      one.write(writer, item);
    }
  },
  read: (reader, owner) => {
    owner[name] ??= [];
    (owner[name] as unknown[]).push(one.read(reader));
  },
});

const indexes: Plan = {
  schema: { type: { kind: 'struct', name: 'RaftIndex', fields: {} } },
  fields: new Map([
    [1, single('CreateIndex', unsigned)],
    [2, single('ModifyIndex', unsigned)],
  ]),
};

/** Messages whose fields are those of their owner. */
const ownFields: Readonly<Record<string, Field>> = {
  RaftIndex: {
    wireType: wireTypes.bytes,
    write(writer, number, owner) {
      writer.tag(number, wireTypes.bytes);
      writer.message(() => write(indexes, writer, owner));
    },
    read: (reader, owner) => void Object.assign(owner, read(indexes, reader.message())),
  },
  EnterpriseMeta: {
    wireType: wireTypes.bytes,
    write(writer, number) {
      writer.tag(number, wireTypes.bytes);
      writer.message(() => {});
    },
    read: (reader) => reader.skip(wireTypes.bytes),
  },
};
