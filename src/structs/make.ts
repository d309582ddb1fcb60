/**
 * Values of a schema from nothing: every field at its Go zero. All values of one struct share one hidden class, in
 * declaration order, whoever made them (`make`, the MessagePack and the JSON decoder), so hot code stays monomorphic.
 */
import type { Kind, Schema } from './schema.ts';

export const zeroTime = '0001-01-01T00:00:00Z';

type Maker = () => unknown;
type Values = Record<string, unknown>;

/** Follows `lazy` to the schema it stands for; hints on the way are the outer one's own business. */
export function resolve(schema: Schema<unknown>): Schema<unknown> {
  let at = schema;
  while (at.type.kind === 'lazy') at = at.type.of();
  return at;
}

/** A value of the schema with every field at its Go zero ('' 0 false null, the zero time, nested structs made). */
export function zero<T>(schema: Schema<T>): T {
  return makerOf(schema)() as T;
}

/** `partial` on top of the zero value. What `partial` does not name, or names as undefined, stays zero. */
export function make<T>(schema: Schema<T>, partial?: Partial<T>): T {
  const value = makerOf(schema)() as Values;
  for (const name in partial) {
    const field = (partial as Values)[name];
    if (field !== undefined) value[name] = field;
  }
  return value as T;
}

// Keyed by `type`: wrappers such as `omitEmpty(X)` share it with X, hence also the hidden class.
const makers = new WeakMap<Kind, Maker>();

/** The cached constructor behind `zero`, for those who make many. */
export function makerOf(schema: Schema<unknown>): Maker {
  let maker = makers.get(schema.type);
  if (maker === undefined) {
    maker = compile(schema.type);
    makers.set(schema.type, maker);
  }
  return maker;
}

function compile(type: Kind): Maker {
  switch (type.kind) {
    case 'bool':
      return () => false;
    case 'int':
    case 'float':
    case 'dur':
      return () => 0;
    case 'str':
      return () => '';
    case 'time':
      return () => zeroTime;
    case 'lazy':
      return () => makerOf(type.of())();
    case 'struct':
      return structMaker(shapeOf(type));
    default:
      return () => null;
  }
}

/** The empty form of a struct, in two steps for those who fill it themselves (the decoders). */
export interface Shape {
  /** A value with every field at zero, except that nested structs are still null. */
  readonly bare: () => Values;
  readonly nested: readonly { readonly name: string; readonly make: Maker }[];
}

type StructKind = Extract<Kind, { kind: 'struct' }>;
const shapes = new WeakMap<Kind, Shape>();

export function shapeOf(type: StructKind): Shape {
  let shape = shapes.get(type);
  if (shape === undefined) {
    shape = compileShape(type);
    shapes.set(type, shape);
  }
  return shape;
}

function compileShape(type: StructKind): Shape {
  const plain: [string, unknown][] = [];
  const nested: { readonly name: string; readonly make: Maker }[] = [];
  for (const [name, schema] of Object.entries(type.fields)) {
    const make = makerOf(resolve(schema));
    const isStruct = resolve(schema).type.kind === 'struct';
    if (isStruct) nested.push({ name, make });
    plain.push([name, isStruct ? null : make()]);
  }
  // JSON.parse gives a fast-mode object however many fields there are; adding them one by one may end in a dictionary.
  const template = JSON.parse(JSON.stringify(Object.fromEntries(plain))) as Values;
  return { bare: () => ({ ...template }), nested };
}

function structMaker({ bare, nested }: Shape): Maker {
  if (nested.length === 0) return bare;
  return () => {
    const value = bare();
    for (const field of nested) value[field.name] = field.make();
    return value;
  };
}
