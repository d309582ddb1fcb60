/** One key as clients see it: a value, and the session that holds it. */
import type { Model } from '../linearizability.ts';

export type KvInput =
  | { readonly kind: 'put'; readonly value: string }
  | { readonly kind: 'delete' }
  /** `expected`: the value that stood at the index the client gave; '' = no key. `done` is null when nobody knows. */
  | { readonly kind: 'cas'; readonly expected: string; readonly value: string; readonly done: boolean | null }
  | { readonly kind: 'read'; readonly value: string; readonly session: string }
  | { readonly kind: 'lock'; readonly value: string; readonly session: string; readonly done: boolean | null }
  | { readonly kind: 'unlock'; readonly value: string; readonly session: string; readonly done: boolean | null }
  /** A session may have ended: by its TTL, by its node, or by its owner. */
  | { readonly kind: 'end'; readonly session: string };

const stateOf = (value: string, session: string): string => `${value}\0${session}`;

export const kvModel: Model<KvInput> = {
  initial: stateOf('', ''),
  step(state, input) {
    const [value = '', session = ''] = state.split('\0');
    switch (input.kind) {
      case 'put':
        return stateOf(input.value, session);
      case 'delete':
        return stateOf('', '');
      case 'cas': {
        const fits = value === input.expected;
        if (input.done === null) return fits ? stateOf(input.value, session) : state;
        return input.done === fits ? (fits ? stateOf(input.value, session) : state) : null;
      }
      case 'read':
        return value === input.value && session === input.session ? state : null;
      case 'lock': {
        const free = session === '' || session === input.session;
        // A lock may be refused for its delay although it is free.
        if (input.done === false) return state;
        if (!free) return input.done === null ? state : null;
        return stateOf(input.value, input.session);
      }
      case 'unlock': {
        const holds = session === input.session;
        if (input.done === null) return holds ? stateOf(input.value, '') : state;
        return input.done === holds ? (holds ? stateOf(input.value, '') : state) : null;
      }
      case 'end':
        return session === input.session && session !== '' ? stateOf(value, '') : state;
    }
  },
};
