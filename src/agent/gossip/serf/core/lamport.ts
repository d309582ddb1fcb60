/** Logical time (Lamport 1978): orders what happened before what. */
export class LamportClock {
  #time = 1;

  get time(): number {
    return this.#time;
  }

  /** The current time for a new message; the next one is later. */
  next(): number {
    return this.#time++;
  }

  /** Time seen elsewhere: ours is later from now on. */
  witness(seen: number): void {
    if (seen >= this.#time) this.#time = seen + 1;
  }
}
