/** An immutable value that changes, and those who want to know. The only way models speak to views. */

export interface Readable<T> {
  get(): T;
  /** Calls `listener` after each change until the returned function is called. */
  subscribe(listener: () => void): () => void;
}

export interface Store<T> extends Readable<T> {
  /** Does nothing if the value is the same. */
  set(value: T): void;
  update(change: (value: T) => T): void;
}

export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();

  function set(next: T): void {
    if (Object.is(next, value)) return;
    value = next;
    for (const listener of [...listeners]) listener();
  }

  return {
    get: () => value,
    set,
    update: (change) => set(change(value)),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

interface Subscribable {
  subscribe(listener: () => void): () => void;
}

/** Subscribes to several things at once. */
export function subscribeAll(sources: readonly Subscribable[]): (listener: () => void) => () => void {
  return (listener) => {
    const stops = sources.map((source) => source.subscribe(listener));
    return () => {
      for (const stop of stops) stop();
    };
  };
}

/** A value made of others; made anew when it is asked for and one of them has changed since. */
export function derived<const Values extends readonly unknown[], T>(
  sources: { readonly [K in keyof Values]: Readable<Values[K]> },
  compute: (...values: Values) => T,
): Readable<T> {
  let inputs: readonly unknown[] | undefined;
  let value: T;
  return {
    get() {
      const now = sources.map((source) => source.get());
      if (inputs === undefined || now.some((input, index) => !Object.is(input, inputs![index]))) {
        inputs = now;
        value = compute(...(now as unknown as Values));
      }
      return value;
    },
    subscribe: subscribeAll(sources),
  };
}
