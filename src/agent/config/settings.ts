/** What happens to decoded sources on their way to `Settings`: merging, older names, defaults. All driven by the schema. */

import type { Field, Fields } from './field.ts';
import { leavesOf } from './field.ts';
import { type Settings, schema } from './schema.ts';

export type Source = Readonly<Record<string, unknown>>;

/** Later sources win; lists are appended, maps merged key by key, blocks field by field. */
export function mergeSources(sources: readonly Source[]): Source {
  return sources.reduce<Source>((merged, source) => mergeBlock(merged, source, schema), {});
}

function mergeBlock(earlier: Source, later: Source, fields: Fields): Source {
  const out: Record<string, unknown> = { ...earlier };
  for (const [key, value] of Object.entries(later)) {
    const known = out[key];
    out[key] = known === undefined ? value : mergeValue(known, value, fields[key]!);
  }
  return out;
}

function mergeValue(earlier: unknown, later: unknown, field: Field): unknown {
  switch (field.type.kind) {
    case 'list':
      return [...(earlier as readonly unknown[]), ...(later as readonly unknown[])];
    case 'map':
      return Object.assign(Object.create(null), earlier, later) as unknown;
    case 'block':
      return mergeBlock(earlier as Source, later as Source, field.type.fields);
    default:
      return later;
  }
}

/** `service` and `check` stand for one more entry of their lists, per source. */
export function withSingles(source: Source): Source {
  const { service, check, ...rest } = source;
  const append = (list: unknown, single: unknown) =>
    single === undefined ? list : [...((list as readonly unknown[] | undefined) ?? []), single];
  const services = append(rest['services'], service);
  const checks = append(rest['checks'], check);
  return { ...rest, ...(services !== undefined && { services }), ...(checks !== undefined && { checks }) };
}

const leaves = leavesOf(schema);
const oldNames = leaves.flatMap(({ key, field }) =>
  field.oldNameOf === undefined ? [] : [{ old: key, path: field.oldNameOf.split('.') }],
);

/** Moves values of older names to the newer ones, unless those are set. */
export function resolveOldNames(source: Source): Source {
  let out = source;
  for (const { old, path } of oldNames) {
    const value = source[old];
    if (value !== undefined && valueAt(out, path) === undefined) out = withValueAt(out, path, value);
  }
  return out;
}

export function valueAt(source: Source, path: readonly string[]): unknown {
  let value: unknown = source;
  for (const name of path) value = (value as Source | undefined)?.[name];
  return value;
}

export function withValueAt(source: Source, path: readonly string[], value: unknown): Source {
  const [name, ...rest] = path as [string, ...string[]];
  if (rest.length === 0) return { ...source, [name]: value };
  return { ...source, [name]: withValueAt((source[name] as Source | undefined) ?? {}, rest, value) };
}

/** Fills in what nobody set. The result has the type that the schema promises. */
export function withDefaults(source: Source, options: { readonly dev: boolean; readonly env: Env }): Settings {
  return fillBlock(source, schema, options) as unknown as Settings;
}

export type Env = Readonly<Record<string, string | undefined>>;

function fillBlock(source: Source, fields: Fields, options: { readonly dev: boolean; readonly env: Env }): Source {
  const out: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(fields)) {
    const value = fillField(source[key], field, options);
    if (value !== undefined) out[key] = value;
  }
  return out;
}

function fillField(value: unknown, field: Field, options: { readonly dev: boolean; readonly env: Env }): unknown {
  const { type } = field;
  if (type.kind === 'block') {
    return value === undefined && field.absent ? undefined : fillBlock((value ?? {}) as Source, type.fields, options);
  }
  if (value === undefined) {
    const fromEnv = field.env === undefined ? undefined : options.env[field.env];
    if (fromEnv !== undefined && fromEnv !== '') return fromEnv;
    if (options.dev && field.dev !== undefined) return field.dev;
    if (field.default !== undefined) return field.default;
    return type.kind === 'list' ? [] : type.kind === 'map' ? {} : undefined;
  }
  if (type.kind === 'list' && type.of.kind === 'block') {
    const { fields } = type.of;
    return (value as readonly Source[]).map((item) => fillBlock(item, fields, options));
  }
  return value;
}
