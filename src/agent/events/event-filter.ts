/** Whom a user event is for: filters on nodes, and on services and their tags. Pure. */
import { compileGoRegexp, GoRegexpError } from '../../lib/go-regexp.ts';
import { RpcError } from '../errors.ts';
import type { UserEvent } from './user-event.ts';

/** A service of this agent, as far as filters ask. */
export interface FilteredService {
  readonly name: string;
  readonly tags: readonly string[];
}

type Filters = Pick<UserEvent, 'NodeFilter' | 'ServiceFilter' | 'TagFilter'>;

/** @throws RpcError with Consul's text for filters that cannot be used */
export function validateFilters({ NodeFilter, ServiceFilter, TagFilter }: Filters): void {
  if (TagFilter !== '' && ServiceFilter === '') throw new RpcError('Cannot provide tag filter without service filter');
  for (const [what, pattern] of [
    ['node', NodeFilter],
    ['service', ServiceFilter],
    ['tag', TagFilter],
  ] as const) {
    if (pattern === '') continue;
    try {
      compileGoRegexp(pattern);
    } catch (error) {
      if (!(error instanceof GoRegexpError)) throw error;
      throw new RpcError(`Invalid ${what} filter: ${error.message}`);
    }
  }
}

/** Filters that cannot be read match nobody: they come from others. */
export function isForUs(event: Filters, nodeName: string, services: () => Iterable<FilteredService>): boolean {
  const node = matcher(event.NodeFilter);
  const service = matcher(event.ServiceFilter);
  const tag = matcher(event.TagFilter);
  if (!node(nodeName)) return false;
  if (event.ServiceFilter === '') return true;
  for (const { name, tags } of services()) {
    if (service(name) && (event.TagFilter === '' || tags.some(tag))) return true;
  }
  return false;
}

function matcher(pattern: string): (text: string) => boolean {
  if (pattern === '') return () => true;
  try {
    const regexp = compileGoRegexp(pattern);
    return (text) => regexp.test(text);
  } catch (error) {
    if (!(error instanceof GoRegexpError)) throw error;
    return () => false;
  }
}
