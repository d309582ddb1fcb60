/** Metrics that someone wants to see on the first page: four at most, the newest last. */
import { createStore, type Readable } from './store.ts';

const mostPinned = 4;

export interface PinnedMetrics extends Readable<readonly string[]> {
  /** Pins or takes away; a fifth pushes out the first. */
  toggle(name: string): void;
}

export function createPinnedMetrics(): PinnedMetrics {
  const store = createStore<readonly string[]>([]);
  return {
    get: store.get,
    subscribe: store.subscribe,
    toggle: (name) =>
      store.update((pinned) =>
        pinned.includes(name) ? pinned.filter((each) => each !== name) : [...pinned, name].slice(-mostPinned),
      ),
  };
}
