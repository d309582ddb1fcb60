/** `?filter=` expressions where they take hold, with the refusals of the API. */

import { FilterError, parseFilter } from '../lib/bexpr/index.ts';
import { dictOf } from '../structs/dict.ts';
import { compileFilterFor } from '../structs/filter-fields.ts';
import type { Schema } from '../structs/schema.ts';
import { RpcError } from './errors.ts';

interface Filtered {
  readonly Filter?: string;
}

/** Keeps the items that the request's filter lets through. Throws RpcError for an expression that is wrong. */
export function filterBy<T>(schema: Schema<T>, args: Filtered): (items: readonly T[]) => T[] {
  const expression = args.Filter;
  if (!expression) return (items) => items as T[];
  const filter = refusing(() => compileFilterFor(schema, expression));
  return (items) => items.filter(filter);
}

/** The same for a map: the entries whose values pass. */
export function filterMapBy<T>(schema: Schema<T>, args: Filtered, all: Readonly<Record<string, T>>): Record<string, T> {
  if (!args.Filter) return all;
  const kept = new Set(filterBy(schema, args)(Object.values(all)));
  return dictOf(Object.entries(all).filter(([, value]) => kept.has(value)));
}

/** Refuses what is no expression at all; what it selects is not looked at. */
export function refuseNoExpression({ Filter }: Filtered): void {
  if (Filter) refusing(() => parseFilter(Filter));
}

function refusing<T>(compile: () => T): T {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    throw new RpcError(`Failed to create boolean expression evaluator: ${error.message}`);
  }
}
