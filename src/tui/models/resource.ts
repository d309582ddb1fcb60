/**
 * A piece of the datacenter as it was last seen, with the honest state of the line to it: connecting, live,
 * reconnecting since when and why, or denied. An old value stays while the line is down; its age tells how stale it is.
 */
import type { Clock } from '../../lib/runtime.ts';
import { type Failure, SourceError } from '../source/source.ts';
import { createStore, type Readable } from './store.ts';

export type Link =
  | { readonly kind: 'connecting'; readonly sinceMs: number }
  | { readonly kind: 'live'; readonly sinceMs: number }
  | { readonly kind: 'no-leader'; readonly sinceMs: number }
  | { readonly kind: 'reconnecting'; readonly sinceMs: number; readonly failure: Failure }
  | { readonly kind: 'denied'; readonly sinceMs: number; readonly failure: Failure }
  | { readonly kind: 'missing'; readonly sinceMs: number; readonly failure: Failure };

export interface Resource<T> {
  readonly link: Link;
  /** Undefined until the first answer. */
  readonly value: T | undefined;
  /** When the value was last confirmed, on the monotonic clock. Moves in place: a confirmation changes nothing else. */
  readonly confirmedMs: number;
}

export interface ResourceStore<T> extends Readable<Resource<T>> {
  /** The very same value again is a confirmation and wakes nobody. */
  value(value: T, knownLeader?: boolean): void;
  failed(failure: Failure): void;
  /** Forgets the value: what follows is about something else. */
  restart(): void;
}

export function createResource<T>(clock: Clock): ResourceStore<T> {
  const fresh = (): Resource<T> => ({
    link: { kind: 'connecting', sinceMs: clock.nowMs() },
    value: undefined,
    confirmedMs: clock.nowMs(),
  });
  const store = createStore(fresh());

  /** The link keeps its `sinceMs` as long as its kind does not change. */
  function since(kind: Link['kind']): number {
    const { link } = store.get();
    return link.kind === kind ? link.sinceMs : clock.nowMs();
  }

  return {
    get: store.get,
    subscribe: store.subscribe,
    value(value, knownLeader = true) {
      const kind = knownLeader ? 'live' : 'no-leader';
      const before = store.get();
      const confirmedMs = clock.nowMs();
      if (before.link.kind === kind && Object.is(before.value, value)) Object.assign(before, { confirmedMs });
      else store.set({ link: { kind, sinceMs: since(kind) }, value, confirmedMs });
    },
    failed(failure) {
      const { value, confirmedMs } = store.get();
      const kind = failure.kind === 'denied' ? 'denied' : failure.kind === 'missing' ? 'missing' : 'reconnecting';
      // What may not be read any more is not shown any more.
      store.set({
        link: { kind, sinceMs: since(kind), failure },
        value: kind === 'denied' ? undefined : value,
        confirmedMs,
      });
    },
    restart: () => store.set(fresh()),
  };
}

/** Any thrown thing as a failure. Errors that are not the source's are our own mistakes and are thrown on. */
export function failureOf(error: unknown): Failure {
  if (error instanceof SourceError) return error.failure;
  throw error;
}
