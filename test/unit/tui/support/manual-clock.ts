/** Time that passes when a test says so. */
import type { Clock } from '../../../../src/lib/runtime.ts';

export interface ManualClock extends Clock {
  /** Fires what is due, in order, letting promises run in between. */
  advance(ms: number): Promise<void>;
  /** Timers that are set. */
  pending(): number;
}

/** 2026-11-22 12:00:00 UTC. */
export const startWallMs = Date.UTC(2026, 10, 22, 12, 0, 0);

export function manualClock(): ManualClock {
  let nowMs = 0;
  let nextId = 1;
  const timers = new Map<number, { atMs: number; fn: () => void }>();

  return {
    wallMs: () => startWallMs + nowMs,
    nowMs: () => nowMs,
    after(delayMs, fn) {
      const id = nextId++;
      timers.set(id, { atMs: nowMs + delayMs, fn });
      return { cancel: () => void timers.delete(id) };
    },
    async advance(ms) {
      const endMs = nowMs + ms;
      await settle();
      for (;;) {
        const [due] = [...timers].filter(([, { atMs }]) => atMs <= endMs).sort(([, a], [, b]) => a.atMs - b.atMs);
        if (due === undefined) break;
        const [id, { atMs, fn }] = due;
        timers.delete(id);
        nowMs = Math.max(nowMs, atMs);
        fn();
        await settle();
      }
      nowMs = endMs;
    },
    pending: () => timers.size,
  };
}

/** Lets everything that only waits for promises come to rest. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
