/**
 * Keeps one warning or error that comes in masses from filling the disk and hiding the others: beyond a number in ten seconds,
 * every hundredth is let through, and afterwards it is said how many were not. Pure.
 */
const periodMs = 10_000;
/** Of one message in a period. */
export const floodLimit = 500;
const sampleEvery = 100;
/** Different messages that are counted in a period. */
const maxKeys = 1_000;

export interface LeftOut {
  readonly name: string;
  readonly message: string;
  readonly count: number;
}

interface Tally extends LeftOut {
  count: number;
  seen: number;
}

export class FloodGate {
  #endMs = Number.NEGATIVE_INFINITY;
  #tallies = new Map<string, Tally>();

  /** What was left out in the period that is over; to be called with every record, before `admits`. */
  tick(nowMs: number): readonly LeftOut[] {
    if (nowMs < this.#endMs) return [];
    this.#endMs = nowMs + periodMs;
    if (this.#tallies.size === 0) return [];
    const left = [...this.#tallies.values()].filter(({ count }) => count > 0);
    this.#tallies = new Map();
    return left;
  }

  /** The same message is one with the same words by the same part, whatever its fields. */
  admits(name: string, message: string): boolean {
    const key = `${name}\0${message}`;
    let tally = this.#tallies.get(key);
    if (tally === undefined) {
      if (this.#tallies.size >= maxKeys) return true;
      tally = { name, message, count: 0, seen: 0 };
      this.#tallies.set(key, tally);
    }
    tally.seen++;
    if (tally.seen <= floodLimit || (tally.seen - floodLimit) % sampleEvery === 0) return true;
    tally.count++;
    return false;
  }
}
