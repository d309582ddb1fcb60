/** A question of the API that is followed while somebody runs it, as a resource. */
import type { Clock } from '../../lib/runtime.ts';
import type { Query, Source } from '../source/source.ts';
import { followInto } from './follow.ts';
import { createResource, type Resource } from './resource.ts';
import type { Readable } from './store.ts';

export interface Feed<T> extends Readable<Resource<T>> {
  readonly query: Query<T>;
  /** Follows until aborted. May be called again afterwards. */
  run(signal: AbortSignal): Promise<void>;
}

export function createFeed<T>(source: Source, clock: Clock, query: Query<T>): Feed<T> {
  const resource = createResource<T>(clock);
  return {
    query,
    get: resource.get,
    subscribe: resource.subscribe,
    run: (signal) => followInto(clock, source.follow(query, signal), resource, signal),
  };
}

/** What is made of a resource's value; its link and age stay. */
export function mapResource<T, U>(resource: Resource<T>, map: (value: T) => U): Resource<U> {
  return { ...resource, value: resource.value === undefined ? undefined : map(resource.value) };
}

/** Several lists as one: known as soon as one of them is, and as good as the worst line to those that are. */
export function mergeResources<T>(resources: readonly Resource<readonly T[]>[]): Resource<readonly T[]> {
  const known = resources.filter(({ value }) => value !== undefined);
  const [worst] = (known.length > 0 ? known : resources).toSorted(
    (a, b) => Number(a.link.kind === 'live') - Number(b.link.kind === 'live'),
  );
  return { ...worst!, value: known.length === 0 ? undefined : known.flatMap(({ value }) => value ?? []) };
}
