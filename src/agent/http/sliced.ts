/**
 * Work that piles up when one change wakes thousands of queries, done in slices: the event loop, and the heartbeats on
 * it, never wait for more than a slice.
 */

const sliceMs = 4;

export class SlicedQueue {
  #waiting: (() => void)[] = [];
  #next = 0;
  #scheduled = false;

  /** Runs `job` soon, in order, as part of some slice. Jobs must not throw. */
  push(job: () => void): void {
    this.#waiting.push(job);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#slice);
  }

  readonly #slice = (): void => {
    const end = performance.now() + sliceMs;
    while (this.#next < this.#waiting.length) {
      this.#waiting[this.#next++]!();
      if ((this.#next & 15) === 0 && performance.now() >= end) {
        setImmediate(this.#slice);
        return;
      }
    }
    this.#waiting = [];
    this.#next = 0;
    this.#scheduled = false;
  };
}
