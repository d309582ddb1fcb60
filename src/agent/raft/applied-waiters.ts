/** Callers that wait until an entry is applied here. */
interface Waiting {
  readonly index: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class AppliedWaiters {
  /** By index, lowest first. */
  readonly #waiting: Waiting[] = [];

  add(index: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const at = this.#waiting.findLastIndex((waiting) => waiting.index <= index) + 1;
      this.#waiting.splice(at, 0, { index, resolve, reject });
    });
  }

  /** Everything through `index` is applied. */
  advance(index: number): void {
    while (this.#waiting.length > 0 && this.#waiting[0]!.index <= index) this.#waiting.shift()!.resolve();
  }

  rejectAll(error: () => Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error());
  }
}
