/** Who a query is for: names of nodes, and tags by regular expression (wire facts of Serf, section 6). */
import { DurationError, parseDurationMs } from '../../../../lib/duration.ts';
import { compileGoRegexp, GoRegexpError } from '../../../../lib/go-regexp.ts';
import { encode } from '../../../../lib/msgpack/index.ts';
import { decodeSerf, filterTypes, NodeFilter, prefixed, SerfWireError, TagFilter } from '../messages.ts';

export interface QueryFilters {
  readonly filterNodes?: readonly string[];
  readonly filterTags?: Readonly<Record<string, string>>;
}

export function encodeFilters({ filterNodes = [], filterTags = {} }: QueryFilters): Uint8Array[] {
  const filters: Uint8Array[] = [];
  if (filterNodes.length > 0) filters.push(prefixed(filterTypes.node, encode(NodeFilter, [...filterNodes])));
  for (const [Tag, Expr] of Object.entries(filterTags)) {
    filters.push(prefixed(filterTypes.tag, encode(TagFilter, { Tag, Expr })));
  }
  return filters;
}

/** A filter that cannot be read or compiled matches nobody. */
export function matchesFilter(filter: Uint8Array, name: string, tags: Readonly<Record<string, string>>): boolean {
  try {
    switch (filter[0]) {
      case filterTypes.node:
        return (decodeSerf(NodeFilter, filter) ?? []).includes(name);
      case filterTypes.tag: {
        const { Tag, Expr } = decodeSerf(TagFilter, filter);
        return compileGoRegexp(Expr).test(tags[Tag] ?? '');
      }
      default:
        return false;
    }
  } catch (error) {
    if (error instanceof SerfWireError || error instanceof GoRegexpError) return false;
    throw error;
  }
}

/** A member's own wish how long its failure is remembered, in Go's notation; 0 and nonsense are no wish. */
export function reconnectOverrideMs(tag: string | undefined): number | null {
  if (tag === undefined) return null;
  try {
    const ms = parseDurationMs(tag);
    return ms > 0 ? ms : null;
  } catch (error) {
    if (error instanceof DurationError) return null;
    throw error;
  }
}
