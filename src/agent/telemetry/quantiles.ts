/**
 * Quantiles of the last 10 to 20 seconds in constant memory: a histogram with buckets that grow by 4 %, so every answer is
 * within 2 % of a value that was there (the idea of DDSketch, Masson et al. 2019). Adding is a few float operations.
 */

const growth = 1.04;
const inverseLogGrowth = 1 / Math.log(growth);
/** Values at or below share the first bucket. */
const smallest = 1e-4;
/** Up to 10^9, eleven days in milliseconds. */
const bucketCount = Math.ceil(Math.log(1e9 / smallest) * inverseLogGrowth) + 2;

class Window {
  readonly counts = new Uint32Array(bucketCount);
  count = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;

  clear(): void {
    if (this.count > 0) this.counts.fill(0);
    this.count = 0;
    this.min = Number.POSITIVE_INFINITY;
    this.max = Number.NEGATIVE_INFINITY;
  }
}

export class Quantiles {
  #current = new Window();
  #previous = new Window();

  add(value: number): void {
    const window = this.#current;
    window.count++;
    if (value < window.min) window.min = value;
    if (value > window.max) window.max = value;
    const bucket = value <= smallest ? 0 : Math.ceil(Math.log(value / smallest) * inverseLogGrowth);
    window.counts[bucket < bucketCount ? bucket : bucketCount - 1]!++;
  }

  /** The older half is forgotten; to be called every ten seconds. */
  rotate(): void {
    const reused = this.#previous;
    this.#previous = this.#current;
    this.#current = reused;
    reused.clear();
  }

  /** NaN when nothing was added lately. */
  at(quantile: number): number {
    const total = this.#current.count + this.#previous.count;
    if (total === 0) return Number.NaN;
    const rank = Math.max(1, Math.ceil(quantile * total));
    let seen = 0;
    let bucket = 0;
    for (; bucket < bucketCount; bucket++) {
      seen += this.#current.counts[bucket]! + this.#previous.counts[bucket]!;
      if (seen >= rank) break;
    }
    const middle = smallest * growth ** (bucket - 0.5);
    const min = Math.min(this.#current.min, this.#previous.min);
    const max = Math.max(this.#current.max, this.#previous.max);
    return Math.min(Math.max(middle, min), max);
  }
}
