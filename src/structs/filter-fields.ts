/** Which fields of the structs filters may select, from their schemas. */
import { compileFilter, type Field, type Filter, type StructField } from '../lib/bexpr/index.ts';
import { resolve } from './make.ts';
import type { Kind, Schema } from './schema.ts';

/** By struct: its fields that cannot be selected. `*` stands for any struct. */
const hidden: Readonly<Record<string, readonly string[]>> = {
  '*': ['CreateIndex', 'ModifyIndex', 'Config'],
  HealthCheck: ['Definition'],
  NodeService: ['LocallyRegisteredAsSidecar'],
  ServiceConnect: ['SidecarService'],
  Upstream: ['IngressHosts'],
  Intention: ['Permissions', 'Hash'],
};

const structs = new WeakMap<Kind, StructField>();

/** Throws FilterError. */
export const compileFilterFor = <T>(schema: Schema<T>, expression: string): Filter =>
  compileFilter(expression, structField(schema));

function structField(schema: Schema<unknown>): StructField {
  const { type } = resolve(schema);
  if (type.kind !== 'struct') throw new Error('filters are for structs');
  let field = structs.get(type);
  if (field === undefined) {
    const fields = new Map<string, Field>();
    field = { kind: 'struct', fields };
    // Known before its fields are: they may lead back to it.
    structs.set(type, field);
    const never = new Set([...(hidden['*'] as readonly string[]), ...(hidden[type.name] ?? [])]);
    for (const [name, of] of Object.entries(type.fields)) {
      const inner = never.has(name) ? null : fieldOf(of);
      if (inner !== null) fields.set(name, inner);
    }
  }
  return field;
}

/** Null for what has no form in expressions. */
function fieldOf(schema: Schema<unknown>): Field | null {
  const resolved = resolve(schema);
  const { type } = resolved;
  switch (type.kind) {
    case 'str':
      return { kind: 'text' };
    case 'bool':
      return { kind: 'bool' };
    case 'int':
      return { kind: type.signed ? 'int' : 'uint' };
    case 'dur':
      return { kind: 'int' };
    case 'float':
      return { kind: 'float' };
    case 'struct':
      return structField(resolved);
    case 'ptr':
      return fieldOf(type.of);
    case 'slice':
    case 'map': {
      const of = fieldOf(type.of);
      return of === null ? null : { kind: type.kind === 'slice' ? 'list' : 'map', of };
    }
    default:
      return null;
  }
}
