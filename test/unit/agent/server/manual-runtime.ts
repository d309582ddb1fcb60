/** Time that stands still until a test moves it, and random numbers from a seed. */
import type { Runtime, Timer } from '../../../../src/lib/runtime.ts';

export interface ManualRuntime extends Runtime {
  /** Moves time and runs what is due, in order. */
  advance(ms: number): void;
  /** Timers that have not fired yet. */
  pending(): number;
}

export function manualRuntime(): ManualRuntime {
  let nowMs = 1_000;
  let state = 42;
  const due = new Set<{ readonly atMs: number; readonly fn: () => void }>();
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return {
    clock: {
      nowMs: () => nowMs,
      wallMs: () => 1_700_000_000_000 + nowMs,
      after(delayMs, fn): Timer {
        const entry = { atMs: nowMs + delayMs, fn };
        due.add(entry);
        return { cancel: () => due.delete(entry) };
      },
    },
    random: {
      float: next,
      int: (limit) => Math.floor(next() * limit),
      bytes: (length) => Uint8Array.from({ length }, () => Math.floor(next() * 256)),
      uuid() {
        const hex = Array.from({ length: 32 }, () => Math.floor(next() * 16).toString(16)).join('');
        return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
      },
    },
    advance(ms) {
      const untilMs = nowMs + ms;
      for (;;) {
        const first = [...due].filter((entry) => entry.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
        if (first === undefined) break;
        due.delete(first);
        nowMs = Math.max(nowMs, first.atMs);
        first.fn();
      }
      nowMs = untilMs;
    },
    pending: () => due.size,
  };
}
