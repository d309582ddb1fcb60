/**
 * Many deadlines on one timer. Those of about the same time share a slot: near ones to 10 ms, far ones to 250 ms, always late,
 * never early. Adding and removing costs the same however many there are.
 */
import type { Clock, Timer } from '../../../lib/runtime.ts';

/** Somebody with a deadline. `slotMs` belongs to `Deadlines`. */
export interface Expiring {
  slotMs: number;
  expire(): void;
}

const fineMs = 10;
const coarseMs = 250;
const farMs = 10_000;

export class Deadlines<T extends Expiring> {
  readonly #clock: Clock;
  readonly #slots = new Map<number, Set<T>>();
  #timer: Timer | null = null;
  #armedMs = Number.POSITIVE_INFINITY;
  #size = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#size;
  }

  add(item: T, delayMs: number): void {
    const grainMs = delayMs < farMs ? fineMs : coarseMs;
    const slotMs = Math.ceil((this.#clock.nowMs() + delayMs) / grainMs) * grainMs;
    item.slotMs = slotMs;
    let slot = this.#slots.get(slotMs);
    if (slot === undefined) {
      slot = new Set();
      this.#slots.set(slotMs, slot);
    }
    slot.add(item);
    this.#size++;
    if (slotMs < this.#armedMs) this.#arm(slotMs);
  }

  remove(item: T): void {
    const slot = this.#slots.get(item.slotMs);
    if (slot === undefined || !slot.delete(item)) return;
    this.#size--;
    if (slot.size === 0) this.#slots.delete(item.slotMs);
  }

  /** Forgets everybody. */
  clear(): void {
    this.#slots.clear();
    this.#size = 0;
    this.#timer?.cancel();
    this.#timer = null;
    this.#armedMs = Number.POSITIVE_INFINITY;
  }

  #arm(slotMs: number): void {
    this.#timer?.cancel();
    this.#armedMs = slotMs;
    this.#timer = this.#clock.after(Math.max(0, slotMs - this.#clock.nowMs()), () => this.#fire());
  }

  #fire(): void {
    this.#timer = null;
    this.#armedMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.nowMs();
    let next = Number.POSITIVE_INFINITY;
    for (const [slotMs, slot] of [...this.#slots]) {
      // Timers may fire a fraction of a millisecond early.
      if (slotMs > nowMs + 1) {
        next = Math.min(next, slotMs);
        continue;
      }
      this.#slots.delete(slotMs);
      this.#size -= slot.size;
      for (const item of slot) item.expire();
    }
    if (next < this.#armedMs) this.#arm(next);
  }
}
