/**
 * The node's own health score (Lifeguard, section IV-A): 0 is healthy; the worse it gets, the longer this node waits before it
 * accuses others.
 */
export class Awareness {
  #score = 0;
  readonly #limit: number;

  /** @param maxMultiplier scores run from 0 to one less. */
  constructor(maxMultiplier: number) {
    this.#limit = maxMultiplier - 1;
  }

  get score(): number {
    return this.#score;
  }

  apply(delta: number): void {
    this.#score = Math.min(this.#limit, Math.max(0, this.#score + delta));
  }

  scale(timeoutMs: number): number {
    return timeoutMs * (this.#score + 1);
  }
}
