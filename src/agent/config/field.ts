/**
 * The little language in which every configuration key is defined once (`schema.ts`). One row gives the TypeScript
 * type, the weak decoding of files (`decode.ts`), merging, the command-line flag, its help line and the default.
 */

export type FieldType =
  | { readonly kind: 'string' | 'bool' | 'int' | 'float' | 'any' }
  /** A Go duration as text; it becomes milliseconds when the configuration is built, where its errors are collected. */
  | { readonly kind: 'duration' }
  | { readonly kind: 'list'; readonly of: FieldType }
  | { readonly kind: 'map'; readonly of: FieldType }
  | { readonly kind: 'block'; readonly fields: Fields };

export interface FieldOptions<T> {
  /** The command-line flag of this key, without dashes. */
  readonly flag?: string;
  /** The environment variable that is read when nothing else sets the key. */
  readonly env?: string;
  readonly default?: T;
  /** The default with `-dev`. */
  readonly dev?: T;
  /** A reload takes over a change. */
  readonly reload?: true;
  /** The key that this older name stands for; the newer name wins. */
  readonly oldNameOf?: string;
  /** Named in "… is a Consul Enterprise configuration and will have no effect". */
  readonly enterprise?: string;
  /** The warning that using the key deserves. */
  readonly deprecated?: string;
  /** A block that is left out of the settings unless somebody writes it. */
  readonly absent?: true;
  /** Other spellings that files may use. */
  readonly aliases?: readonly string[];
}

export interface Field<T = unknown, Defaulted extends boolean = boolean> extends FieldOptions<T> {
  readonly type: FieldType;
  readonly doc: string;
  /** Phantoms: they carry the TypeScript types, never present at run time. */
  readonly _t?: T;
  readonly _d?: Defaulted;
}

export type Fields = Readonly<Record<string, Field>>;

type IsDefaulted<O> = O extends { readonly default: unknown } ? true : false;
type Row<T> = <const O extends FieldOptions<T>>(doc: string, options?: O) => Field<T, IsDefaulted<O>>;

const row =
  <T>(type: FieldType): Row<T> =>
  (doc, options) => ({ type, doc, ...options });

export const str: Row<string> = row({ kind: 'string' });
export const bool: Row<boolean> = row({ kind: 'bool' });
export const int: Row<number> = row({ kind: 'int' });
export const float: Row<number> = row({ kind: 'float' });
export const duration: Row<string> = row({ kind: 'duration' });
/** A free-form value, kept as it was written. */
export const any: Row<unknown> = row({ kind: 'any' });

type ListRow<T> = (doc: string, options?: FieldOptions<readonly T[]>) => Field<readonly T[], true>;
type MapRow<T> = (doc: string, options?: FieldOptions<Readonly<Record<string, T>>>) => MapField<T>;
type MapField<T> = Field<Readonly<Record<string, T>>, true>;

/** Lists and maps that nobody sets are empty. */
export const strings: ListRow<string> = (doc, options) => ({
  type: { kind: 'list', of: { kind: 'string' } },
  doc,
  ...options,
});
export const stringMap: MapRow<string> = (doc, options) => ({
  type: { kind: 'map', of: { kind: 'string' } },
  doc,
  ...options,
});
export const durationMap: MapRow<string> = (doc, options) => ({
  type: { kind: 'map', of: { kind: 'duration' } },
  doc,
  ...options,
});
export const anyMap: MapRow<unknown> = (doc, options) => ({
  type: { kind: 'map', of: { kind: 'any' } },
  doc,
  ...options,
});
export const anyMaps: ListRow<Readonly<Record<string, unknown>>> = (doc, options) => ({
  type: { kind: 'list', of: { kind: 'map', of: { kind: 'any' } } },
  doc,
  ...options,
});

export const block = <const F extends Fields>(fields: F): Field<Settings<F>, true> => ({
  type: { kind: 'block', fields },
  doc: '',
});
/** A block whose absence means something: it stays out of the settings unless it was written. */
export const maybeBlock = <const F extends Fields>(fields: F, enterprise?: string): Field<Settings<F>, false> => ({
  type: { kind: 'block', fields },
  doc: '',
  absent: true,
  ...(enterprise !== undefined && { enterprise }),
});
export const blocks = <const F extends Fields>(
  fields: F,
  options?: Pick<FieldOptions<unknown>, 'reload' | 'enterprise'>,
): Field<readonly Settings<F>[], true> => ({
  type: { kind: 'list', of: { kind: 'block', fields } },
  doc: '',
  ...options,
});
export const blockMap = <const F extends Fields>(fields: F): MapField<Settings<F>> => ({
  type: { kind: 'map', of: { kind: 'block', fields } },
  doc: '',
});

type ValueOf<F> = F extends Field<infer T, boolean> ? T : never;
type DefaultedKeys<F extends Fields> = {
  [K in keyof F]: F[K] extends { readonly _d?: true } ? K : never;
}[keyof F];

/** What stands in the fields once defaults are filled in: keys without a default may be missing. */
export type Settings<F extends Fields> = { readonly [K in DefaultedKeys<F>]: ValueOf<F[K]> } & {
  readonly [K in Exclude<keyof F, DefaultedKeys<F>>]?: ValueOf<F[K]>;
};

/** One leaf of the table with its dotted path (`ports.http`). Lists of blocks, and blocks that may be absent, are leaves. */
export interface Leaf {
  readonly path: readonly string[];
  readonly key: string;
  readonly field: Field;
}

export function leavesOf(fields: Fields, prefix: readonly string[] = []): Leaf[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const path = [...prefix, name];
    return field.type.kind === 'block' && !field.absent
      ? leavesOf(field.type.fields, path)
      : [{ path, key: path.join('.'), field }];
  });
}
